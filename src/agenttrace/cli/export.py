"""`agenttrace export`: sessions in the format of another tool."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from agenttrace.cli import interrupts
from agenttrace.cli import options as o
from agenttrace.cli.checks import refuse_inputs_as_outputs
from agenttrace.cli.pages import EXIT_CODES
from agenttrace.cli.progress import working
from agenttrace.cli.streams import write_data, write_file
from agenttrace.errors import NoDataError

if TYPE_CHECKING:
    from agenttrace.model.trace import Trace

EPILOG = f"""Examples:
  agenttrace export session.jsonl --to perfetto -o session.pftrace
  agenttrace export traces/ --to perfetto --session 0a1b2c -o one.pftrace
  agenttrace export traces/ --to agentic-mooncake -o plays.jsonl

Open the file in the Perfetto UI, which keeps it on your machine, or ask
Perfetto's trace processor.

{EXIT_CODES}"""

MOST_EXPORTED = 200


class Target(StrEnum):
    """What `--to` takes."""

    PERFETTO = "perfetto"
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
    go into one file. Of Agentic Mooncake: what was asked for, of all sessions, for load generators and simulators.
    """
    refuse_inputs_as_outputs(paths, {"-o": output})
    suspend_after_ns = o.parse_limit("--suspend-after", suspend_after)
    interrupts.insist()

    from agenttrace.cli.exporting import opened, slowest_drawn, trace_of  # noqa: PLC0415  # heavy
    from agenttrace.report.perfetto.export import to_perfetto  # noqa: PLC0415

    with opened(paths, input_format, suspend_after_ns) as reading:
        with working("reading and analysing", quiet=quiet, verbose=verbose):
            if target is Target.AGENTIC_MOONCAKE:
                data = _plays(trace_of(reading, session or []), session, redact=redact)
            else:
                data = to_perfetto(slowest_drawn(reading, session or [], MOST_EXPORTED, redact=redact))
        _write(output, data)


def _plays(trace: Trace, sessions: list[str] | None, *, redact: bool) -> Iterator[bytes]:
    from agenttrace.replay.workload import read_workload  # noqa: PLC0415  # heavy
    from agenttrace.report.agentic_mooncake import to_agentic_mooncake  # noqa: PLC0415

    known = [str(name) for name in trace.sessions["session"].to_pylist()]
    chosen = [name for name in known if not sessions or name in sessions]
    if not chosen:
        raise NoDataError("no session of that name" if known else "no session")
    return to_agentic_mooncake(read_workload(trace.only(chosen)), redact=redact)


def _write(output: str, data: Iterable[bytes]) -> None:
    if output == o.STANDARD_OUTPUT:
        write_data(data)
    else:
        write_file(output, data)
