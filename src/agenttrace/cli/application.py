"""The program: its commands, and what becomes of whatever goes wrong in them."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import click
import typer

from agenttrace import __version__
from agenttrace.cli import (
    analyze,
    completion,
    config,
    diff,
    doctor,
    export,
    failures,
    fit,
    formats,
    ingest,
    noise,
    platforms,
    replay,
    sample,
    schema,
)
from agenttrace.cli.pages import ALL_EXIT_CODES, FrontPage, Page
from agenttrace.cli.streams import can_speak, discard_output, discard_unwritten
from agenttrace.errors import AgentTraceError

_ABOUT = """Where the time of AI-agent sessions goes: their critical path through models, tools and subagents.

Start with `agenttrace analyze FILE`; without a trace at hand, with `agenttrace sample`."""

_EPILOG = f"""Examples:
  agenttrace analyze session.jsonl
  agenttrace sample claude-code-33min -o session.jsonl
  agenttrace analyze --help

{ALL_EXIT_CODES}"""

app = typer.Typer(
    name="agenttrace",
    cls=FrontPage,
    help=_ABOUT,
    epilog=_EPILOG,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    suggest_commands=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"agenttrace {__version__}")
        raise typer.Exit


@app.callback()
def _program(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    pass


app.command(cls=Page, epilog=analyze.EPILOG)(analyze.analyze)
app.command(cls=Page, epilog=diff.EPILOG)(diff.diff)
app.command(cls=Page, epilog=noise.EPILOG)(noise.noise)
app.command(cls=Page, epilog=ingest.EPILOG)(ingest.ingest)
app.command(cls=Page, epilog=export.EPILOG)(export.export)
app.command(cls=Page, epilog=replay.EPILOG)(replay.replay)
app.command(cls=Page, epilog=fit.EPILOG)(fit.fit)
app.command(cls=Page, epilog=platforms.EPILOG)(platforms.platforms)
app.command(cls=Page, epilog=doctor.EPILOG)(doctor.doctor)
app.command(cls=Page, epilog=formats.EPILOG)(formats.formats)
app.command(cls=Page, epilog=schema.EPILOG)(schema.schema)
app.command(cls=Page, epilog=sample.EPILOG)(sample.sample)
app.command(cls=Page, epilog=completion.EPILOG)(completion.completion)
app.add_typer(config.app)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns the exit code; no exception but SystemExit leaves it."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not can_speak():
        failures.complain("standard output is closed", hint="> /dev/null takes what nobody wants")
        return AgentTraceError.exit_code
    try:
        code = _run(given)
        sys.stdout.flush()
    except BrokenPipeError:
        discard_output()
        return 0
    except BaseException as error:  # noqa: BLE001  # the one place where everything ends
        code = failures.report(error, given)
        discard_unwritten()
    return code


def _run(arguments: list[str]) -> int:
    if "_AGENTTRACE_COMPLETE" in os.environ:
        app(prog_name="agenttrace")
    command = typer.main.get_command(app)
    try:
        with command.make_context("agenttrace", list(arguments)) as context:
            command.invoke(context)
    except click.exceptions.Exit as end:
        return end.exit_code
    return 0
