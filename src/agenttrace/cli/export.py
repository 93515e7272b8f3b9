"""`agenttrace export`: sessions in the format of another tool."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from agenttrace.cli import interrupts
from agenttrace.cli import options as o
from agenttrace.cli.checks import refuse_inputs_as_outputs
from agenttrace.cli.pages import EXIT_CODES
from agenttrace.cli.progress import working
from agenttrace.cli.streams import write_data, write_file

EPILOG = f"""Examples:
  agenttrace export session.jsonl --to perfetto -o session.pftrace
  agenttrace export traces/ --to perfetto --session 5e22d6 -o one.pftrace
  agenttrace export ~/.claude/projects/my-project --to otlp -o spans.jsonl
  agenttrace export traces/ --to spans-jsonl --redact -o spans.jsonl
  agenttrace export traces/ --to agentic-mooncake -o plays.jsonl

Open the file in the Perfetto UI, which keeps it on your machine, or ask
Perfetto's trace processor.

{EXIT_CODES}"""


class Target(StrEnum):
    """What `--to` takes."""

    PERFETTO = "perfetto"
    OTLP = "otlp"
    SPANS_JSONL = "spans-jsonl"
    AGENTIC_MOONCAKE = "agentic-mooncake"


def export(
    *,
    paths: o.Paths,
    target: Annotated[Target, typer.Option("--to", help="The format to write.")],
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="FILE", help="Where to; - is standard output.")
    ],
    session: o.SessionIds = None,
    input_format: o.InputFormat = None,
    suspend_after: o.SuspendAfter = "30m",
    redact: o.Redact = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
    debug: o.Debug = False,  # noqa: ARG001  # `main` looks for it
) -> None:
    """Sessions for another tool.

    A PATH is what it is for analyze. Of Perfetto: a process for each session, a track for its critical path
    and one for each lane, arrows where agents are spawned and joined. No more than the 200 slowest sessions
    go into one file. Of OTLP, as JSON lines for any backend of OpenTelemetry: a trace for each session, after the
    GenAI conventions. Of spans-jsonl: all spans, as the tables have them, a line each. Of Agentic Mooncake: what
    was asked for, of all sessions, for load generators and simulators. No prompt or answer is in any of them.
    """
    refuse_inputs_as_outputs(paths, {"-o": output})
    suspend_after_ns = o.parse_limit("--suspend-after", suspend_after)
    interrupts.insist()

    from agenttrace.api.stored_sessions import opened, pieces_exported  # noqa: PLC0415  # heavy
    from agenttrace.replay.caution import Caution  # noqa: PLC0415

    said: list[Caution] = []
    with (
        opened(paths, input_format, suspend_after_ns) as reading,
        working("reading and analysing", quiet=quiet, verbose=verbose),
    ):
        pieces = pieces_exported(reading, target.value, session or (), redact=redact, said=said)
    if output == o.STANDARD_OUTPUT:
        write_data(pieces)
    else:
        write_file(output, pieces)
    if not quiet:
        sys.stderr.writelines(f"{one.severity}: {one.example}\n" for one in said)
