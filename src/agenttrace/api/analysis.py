"""`analyze` and `calibrate`, of a trace or of any number of files."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from agenttrace.api.analyzing import Asked, analyse_all, calibration
from agenttrace.api.inputs import Sessions, named, trace_of
from agenttrace.cleanups import cleaned_by
from agenttrace.critical_path import analysis as whole
from agenttrace.critical_path.analysis import Analysis
from agenttrace.critical_path.what_if.parsing import parse
from agenttrace.critical_path.what_if.spec import Spec
from agenttrace.ingest.assembly.assemble import DEFAULT_SUSPEND_NS
from agenttrace.ingest.reading import Reading, Sharing
from agenttrace.model.trace import Trace
from agenttrace.report.rendering import Manner
from agenttrace.report.selection import select_sessions
from agenttrace.serving.service import Service


def analyze(
    sessions: Sessions,
    what_if: Sequence[str | Spec] = (),
    *,
    service: Service | None = None,
    only: Sequence[str] = (),
    input_format: str | None = None,
    suspend_after_ns: int = DEFAULT_SUSPEND_NS,
    jobs: int = 1,
    engine: str = "local",
) -> Analysis:
    """Where the time of sessions went, along the critical path.

    `sessions`: a trace, or paths as `read` takes them. Paths may hold more than memory does: they are analysed piece
    by piece, by so many processes as `jobs` says or by a cluster that `engine` names, and of many sessions the long
    lists are kept for the slowest. Workloads, which have no times, are left out; the result may be empty.

    `what_if`: changes in the grammar of `--what-if`. `service`: of `calibrate`. `only`: beginnings of ids of
    sessions. UsageError where a change cannot be read, or a beginning is of no session.

    >>> import agenttrace
    >>> analysis = agenttrace.analyze("sample_traces/claude-code/fan-out.jsonl", ["tool*0.5"])
    >>> analysis.sessions.select("wall_ns", "path_tool_ns", "requests").row(0)
    (95984000000, 24885000000, 15)
    >>> analysis.what_if.select("change", "saved_ns").row(0)
    ('tool*0.5', 12442500000)
    """
    changes = [parse(spec) if isinstance(spec, str) else spec for spec in what_if]
    if isinstance(sessions, Trace):
        found = whole.analyze(sessions, changes, service=service)
        return select_sessions(found, only) if only else found
    with ExitStack() as stack:
        reading = Reading(
            sessions,
            input_format=input_format,
            suspend_after_ns=suspend_after_ns,
            jobs=jobs,
            sharing=Sharing(engine),
        )
        stack.enter_context(reading)
        stack.enter_context(cleaned_by(reading.close))
        asked = Asked(Manner(), (), list(only), changes, service)
        return analyse_all(reading, asked, stack).chosen(only).analysis


def calibrate(sessions: Sessions) -> Service:
    """How long prefill takes on the server of these sessions without load, for `analyze(..., service=...)`.

    What waits of other sessions exceed is queue there. InputError where too few requests of a model tell their
    tokens and their first token.

    >>> import agenttrace
    >>> service = agenttrace.calibrate("sample_traces/dynamo-captures/A/request-trace.000000.jsonl.gz")
    >>> loaded = "sample_traces/dynamo-captures/B/request-trace.000000.jsonl.gz"
    >>> agenttrace.analyze(loaded, service=service).summary.critical_path_ns["queue"] > 0
    True
    """
    return calibration(trace_of(sessions), named(sessions)[0] if named(sessions) else "trace")
