"""`agenttrace sample`: a trace to try things on."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from agenttrace.cli import completing, interrupts
from agenttrace.cli import options as o
from agenttrace.cli.pages import EXIT_CODES
from agenttrace.errors import UsageError, meant

EPILOG = f"""Examples:
  agenttrace sample claude-code-33min -o session.jsonl
  agenttrace sample claude-code-33min --format otlp -o - | agenttrace analyze -

{EXIT_CODES}"""


def _known(name: str) -> str:
    """Complains of a name before anything is said of other options."""
    from agenttrace import samples  # noqa: PLC0415  # tells whole stories

    if name not in samples.names():
        raise UsageError(f"there is no sample named {name!r}", hint=meant(name, samples.names()))
    return name


def sample(
    *,
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", hidden=True, autocompletion=completing.samples, callback=_known, is_eager=True
        ),
    ],
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="FILE", help="Where to; - is standard output.")
    ],
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="N", min=0, help="The same number gives the same bytes.")
    ] = None,
    format_id: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="ID",
            help="The format to write it in, claude-code if left out.",
            autocompletion=completing.sample_formats,
        ),
    ] = None,
    debug: o.Debug = False,  # noqa: ARG001  # `main` looks for it
) -> None:
    """A sample trace, made up from a seed.

    NAME is claude-code-33min: 33 minutes, 283 requests, five fan-outs, one compaction. Or fan-out: one
    prompt, three subagents, one of them late.
    """
    from agenttrace import samples  # noqa: PLC0415  # tells whole stories

    target = sys.stdout.buffer if output == "-" else output
    try:
        with interrupts.raised():
            samples.write_sample(
                name,
                target,
                seed=samples.DEFAULT_SEED if seed is None else seed,
                format_id=format_id or samples.CLAUDE_CODE,
            )
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror or error}", where=output) from error
