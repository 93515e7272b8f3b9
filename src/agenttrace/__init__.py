"""agenttrace tells where the time of AI-agent sessions goes.

    import agenttrace

    trace = agenttrace.read("session.jsonl")
    analysis = agenttrace.analyze(trace)
    analysis.sessions          # one row a session: wall time, phases on the critical path, counts
    analysis.segments          # the critical path itself

    agenttrace.compare("before/", "after/").verdict              # did it get worse
    agenttrace.replay_on(trace, "b200", model="glm-5").table     # the same sessions on other servers
    agenttrace.doctor("traces/")                                 # what is there, and what would tell more

Wherever sessions are asked for, a trace will do, or the paths of traces. Nothing here prints; what goes wrong is an
AgentTraceError. Names load when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` has it too, but takes longer to load than all else here
if TYPE_CHECKING:
    from agenttrace.api.analysis import analyze, calibrate
    from agenttrace.api.catalogue import formats, sample, schema
    from agenttrace.api.comparing import compare, noise, save_baseline
    from agenttrace.api.datasets import write_dataset
    from agenttrace.api.exporting import export
    from agenttrace.api.rendering import render
    from agenttrace.api.replays import fit, models, platforms, replay_on
    from agenttrace.critical_path.analysis import Analysis
    from agenttrace.diff.comparison import Comparison
    from agenttrace.diff.summaries import summarise_sessions
    from agenttrace.errors import AgentTraceError
    from agenttrace.ingest.doctor.examining import doctor
    from agenttrace.ingest.reading import read
    from agenttrace.model.storage import load, save
    from agenttrace.model.trace import Trace
    from agenttrace.model.vocabulary import Evidence, Phase, Purpose, SpanKind
    from agenttrace.report.html.of_trace import to_html

__version__ = "0.1.0"

_HOMES = {
    "AgentTraceError": "agenttrace.errors",
    "Analysis": "agenttrace.critical_path.analysis",
    "Comparison": "agenttrace.diff.comparison",
    "Evidence": "agenttrace.model.vocabulary",
    "Phase": "agenttrace.model.vocabulary",
    "Purpose": "agenttrace.model.vocabulary",
    "SpanKind": "agenttrace.model.vocabulary",
    "Trace": "agenttrace.model.trace",
    "analyze": "agenttrace.api.analysis",
    "calibrate": "agenttrace.api.analysis",
    "compare": "agenttrace.api.comparing",
    "doctor": "agenttrace.ingest.doctor.examining",
    "export": "agenttrace.api.exporting",
    "fit": "agenttrace.api.replays",
    "formats": "agenttrace.api.catalogue",
    "load": "agenttrace.model.storage",
    "models": "agenttrace.api.replays",
    "noise": "agenttrace.api.comparing",
    "platforms": "agenttrace.api.replays",
    "read": "agenttrace.ingest.reading",
    "render": "agenttrace.api.rendering",
    "replay_on": "agenttrace.api.replays",
    "sample": "agenttrace.api.catalogue",
    "save": "agenttrace.model.storage",
    "save_baseline": "agenttrace.api.comparing",
    "schema": "agenttrace.api.catalogue",
    "summarise_sessions": "agenttrace.diff.summaries",
    "to_html": "agenttrace.report.html.of_trace",
    "write_dataset": "agenttrace.api.datasets",
}

__all__ = [
    "AgentTraceError",
    "Analysis",
    "Comparison",
    "Evidence",
    "Phase",
    "Purpose",
    "SpanKind",
    "Trace",
    "analyze",
    "calibrate",
    "compare",
    "doctor",
    "export",
    "fit",
    "formats",
    "load",
    "models",
    "noise",
    "platforms",
    "read",
    "render",
    "replay_on",
    "sample",
    "save",
    "save_baseline",
    "schema",
    "summarise_sessions",
    "to_html",
    "write_dataset",
]


def __getattr__(name: str) -> object:
    """Loads a public name from its home."""
    if name in _HOMES:
        from importlib import import_module  # noqa: PLC0415  # not needed to start the program

        return getattr(import_module(_HOMES[name]), name)
    message = f"module 'agenttrace' has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    """The public names, loaded or not."""
    return [*__all__, "__version__"]
