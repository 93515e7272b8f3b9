"""docs/reference/commands.md: every command with its options, as the command line itself knows them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from enum import StrEnum

import click
import typer

from agenttrace.cli.application import app
from agenttrace.documents.markdown import GENERATED, code, table

_READER = """<!-- here: session.jsonl = claude-code/33min.jsonl, traces/session.jsonl = claude-code/33min.jsonl,
traces/served/a.jsonl.gz = dynamo/33min.jsonl.gz,
~/.claude/projects/my-project = claude-code/33min-project, logs/a.jsonl.gz = dynamo/33min.jsonl.gz,
light.jsonl = dynamo-captures/A/request-trace.000000.jsonl.gz,
loaded.jsonl = dynamo-captures/B/request-trace.000000.jsonl.gz,
main.jsonl = claude-code/33min.jsonl, pr.jsonl = claude-code/33min.jsonl,
baseline/a.jsonl = claude-code/33min.jsonl, candidate/b.jsonl = claude-code/33min.jsonl,
more/b.jsonl = claude-code/fan-out.jsonl,
run1/a.jsonl.gz = dynamo-captures/A/request-trace.000000.jsonl.gz,
run2/a.jsonl.gz = dynamo-captures/A/request-trace.000000.jsonl.gz,
run3/a.jsonl.gz = dynamo-captures/A/request-trace.000000.jsonl.gz -->
<!-- first: zstdcat --make session.jsonl > traces.jsonl.zst
agenttrace noise run1/ run2/ -o noise.json
agenttrace diff baseline/ candidate/ --save-baseline base.parquet
mkdir ci && touch ci/agenttrace.toml -->"""


def page() -> str:
    """A section for each command, in the order of the help."""
    program = typer.main.get_group(app)
    return "\n".join(["# Commands", "", _READER, "", GENERATED, "", *_sections(program, "agenttrace")]) + "\n"


def _sections(group: click.Group, path: str) -> Iterator[str]:
    yield from _about(group, path)
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _sections(command, f"{path} {name}")
        else:
            yield from _about(command, f"{path} {name}")


def _about(command: click.Command, path: str) -> Iterator[str]:
    context = click.Context(command, info_name=path)
    yield f"## {path}\n"
    yield f"`{' '.join(command.get_usage(context).split()).removeprefix('Usage: ')}`\n"
    yield inspect.cleandoc(command.help or "").replace("\f", "") + "\n"
    options = [known for known in command.get_params(context) if isinstance(known, click.Option)]
    rows = [_row(option, context) for option in options if not option.hidden]
    yield table(("option", "value", "default", "meaning"), rows)
    yield from _epilog(command.epilog or "")


def _row(option: click.Option, context: click.Context) -> tuple[str, str, str, str]:
    names = ", ".join(map(code, [*option.opts, *option.secondary_opts]))
    value = "" if option.is_flag else option.make_metavar(context)
    shown = option.get_help_extra(context)
    default = "required" if option.required else _default(option, str(shown.get("default", "")))
    limits = f" ({shown['range']})" if "range" in shown else ""
    return names, value and code(value), default and code(default), (option.help or "") + limits


def _default(option: click.Option, shown: str) -> str:
    """Of a choice its word; click writes its name."""
    return option.default.value if isinstance(option.default, StrEnum) else shown.strip("()")


def _epilog(text: str) -> Iterator[str]:
    """Examples become commands that can be copied; the exit codes have a page of their own."""
    for part in re.split(r"\n\n(?=\S)", text):
        title, _, body = part.partition("\n")
        lines = "\n".join(line.removeprefix("  ") for line in body.splitlines())
        if title == "Examples:":
            yield f"```sh\n{lines}\n```\n"
        elif title == "In Python:":
            yield f"In Python: {', '.join(code(line) for line in lines.splitlines())}.\n"
        elif title == "Exit codes:":
            yield (
                "[Exit codes](exit-codes.md): "
                + "; ".join(" ".join(line.split()) for line in lines.splitlines())
                + ".\n"
            )
        elif part:
            yield f"{part}\n"
