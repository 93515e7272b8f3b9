"""agenttrace tells where the time of AI-agent sessions goes.

    import agenttrace

    trace = agenttrace.read("session.jsonl")
    analysis = agenttrace.analyze(trace)
    analysis.sessions          # one row a session: wall time, phases on the critical path, counts
    analysis.segments          # the critical path itself

Names load when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` has it too, but takes longer to load than all else here
if TYPE_CHECKING:
    from agenttrace.critical_path.analysis import Analysis, analyze
    from agenttrace.diff.comparison import Comparison, compare
    from agenttrace.diff.summaries import summarise_sessions
    from agenttrace.errors import AgentTraceError
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
    "analyze": "agenttrace.critical_path.analysis",
    "compare": "agenttrace.diff.comparison",
    "load": "agenttrace.model.storage",
    "read": "agenttrace.ingest.reading",
    "save": "agenttrace.model.storage",
    "to_html": "agenttrace.report.html.of_trace",
    "summarise_sessions": "agenttrace.diff.summaries",
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
    "compare",
    "load",
    "read",
    "save",
    "summarise_sessions",
    "to_html",
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
