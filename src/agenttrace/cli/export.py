"""`agenttrace export`: sessions in the format of another tool."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from agenttrace import __version__
from agenttrace.cli import interrupts
from agenttrace.cli import options as o
from agenttrace.cli.checks import refuse_inputs_as_outputs, require_sessions
from agenttrace.cli.pages import EXIT_CODES
from agenttrace.cli.progress import working
from agenttrace.cli.streams import write_data, write_file
from agenttrace.errors import NoDataError

if TYPE_CHECKING:
    from agenttrace.model.trace import Trace

EPILOG = f"""Examples:
  agenttrace export session.jsonl --to perfetto -o session.pftrace
  agenttrace export traces/ --to perfetto --session 0a1b2c -o one.pftrace
  agenttrace export ~/.claude/projects/my-project --to otlp -o spans.jsonl
  agenttrace export traces/ --to agentic-mooncake -o plays.jsonl

Open the file in the Perfetto UI, which keeps it on your machine, or ask
Perfetto's trace processor.

{EXIT_CODES}"""

MOST_EXPORTED = 200


class Target(StrEnum):
    """What `--to` takes."""

    PERFETTO = "perfetto"
    OTLP = "otlp"
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
    GenAI conventions; no prompt or answer is in it. Of Agentic Mooncake: what was asked for, of all sessions, for
    load generators and simulators.
    """
    refuse_inputs_as_outputs(paths, {"-o": output})
    suspend_after_ns = o.parse_limit("--suspend-after", suspend_after)
    if target is not Target.PERFETTO:
        interrupts.insist()
        with working("reading", quiet=quiet, verbose=verbose):
            trace = _chosen(_read(paths, input_format, suspend_after_ns), session)
        _write(output, _LINES[target](trace, redact=redact))
        return

    from agenttrace.critical_path.analysis import analyze  # noqa: PLC0415  # heavy
    from agenttrace.report.perfetto.export import to_perfetto  # noqa: PLC0415
    from agenttrace.report.redaction import Redaction  # noqa: PLC0415
    from agenttrace.report.selection import select_sessions  # noqa: PLC0415
    from agenttrace.report.timeline.timeline import slowest_timelines  # noqa: PLC0415
    from agenttrace.serving.parting import part_queue  # noqa: PLC0415

    interrupts.insist()
    with working("reading and analysing", quiet=quiet, verbose=verbose):
        trace = _read(paths, input_format, suspend_after_ns)
        analysis = require_sessions(analyze(trace))
    if session:
        analysis = select_sessions(analysis, session)
    drawn = slowest_timelines(part_queue(trace.timed()).trace, analysis.sessions, MOST_EXPORTED)
    packets = to_perfetto(map(Redaction(analysis).timeline, drawn) if redact else drawn)
    _write(output, packets)


def _read(paths: list[str], input_format: str | None, suspend_after_ns: int) -> Trace:
    from agenttrace.ingest.reading import read  # noqa: PLC0415  # heavy

    return read(paths, input_format=input_format, suspend_after_ns=suspend_after_ns)


def _chosen(trace: Trace, sessions: list[str] | None) -> Trace:
    """The sessions whose ids begin so; all where none is named."""
    known = [str(name) for name in trace.sessions["session"].to_pylist()]
    chosen = [name for name in known if not sessions or name.startswith(tuple(sessions))]
    if not chosen:
        raise NoDataError("no session of that name" if known else "no session")
    return trace.only(chosen)


def _plays(trace: Trace, *, redact: bool) -> Iterator[bytes]:
    from agenttrace.replay.workload import read_workload  # noqa: PLC0415  # heavy
    from agenttrace.report.agentic_mooncake import to_agentic_mooncake  # noqa: PLC0415

    return to_agentic_mooncake(read_workload(trace), redact=redact)


def _spans(trace: Trace, *, redact: bool) -> Iterator[bytes]:
    from agenttrace.report.otlp_lines import to_otlp  # noqa: PLC0415  # heavy

    if not trace.timed().sessions.num_rows:
        raise NoDataError(
            "no session of which the source says how long things took",
            hint="--to agentic-mooncake takes those",
        )
    return to_otlp(trace, __version__, redact=redact)


_LINES = {Target.AGENTIC_MOONCAKE: _plays, Target.OTLP: _spans}


def _write(output: str, data: Iterable[bytes]) -> None:
    if output == o.STANDARD_OUTPUT:
        write_data(data)
    else:
        write_file(output, data)
