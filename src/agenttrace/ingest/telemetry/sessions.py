"""Which session a trace belongs to: every trace is a key, and the ids that its spans carry join traces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.telemetry import names
from agenttrace.ingest.telemetry.arrow import Mask, Texts, contains, known, where
from agenttrace.ingest.telemetry.classify import Classes
from agenttrace.ingest.telemetry.concepts import holds, text
from agenttrace.ingest.telemetry.notes import Notes
from agenttrace.ingest.telemetry.roles import Dialect
from agenttrace.ingest.telemetry.spans import Origin, Spans
from agenttrace.ingest.text_columns import encoded, first_known, taken
from agenttrace.model.vocabulary import Severity

PLACEHOLDERS = frozenset({"default", "none", "null", "undefined", "unknown", "anonymous", "test"})
"""Values that stand for no id: they would join sessions that have nothing to do with each other."""

_PROGRAMS = (Dialect.CLAUDE_CODE, Dialect.CODEX, Dialect.GEMINI_CLI)
"""Programs whose session ids are known under the program's own name, whatever the service is called."""
_FACTS = {
    "task_id": names.TASK_ID,
    "run_id": names.RUN_ID,
    "deployment": names.DEPLOYMENT,
    "first_prompt_fingerprint": names.FINGERPRINT,
    "truncated": names.TRUNCATED,
    "settled": names.SETTLED,
}
_FLAGS = ("truncated", "settled")


def session_key(namespace: str, session_id: str) -> str:
    """The key of a session that a source names."""
    return f"session:{namespace}:{session_id}"


@dataclass(slots=True)
class Told:
    """What the spans of a trace say of its session: (whether it is no root that says it, id), and facts."""

    ids: set[tuple[bool, str]] = field(default_factory=set)
    facts: dict[str, str] = field(default_factory=dict)


class Sessions:
    """Joins traces to sessions, over all chunks of a source."""

    def __init__(self, recorder: Recorder) -> None:
        """Nothing seen yet."""
        self._recorder = recorder
        self.traces: dict[str, Told] = {}
        self.keys: set[str] = set()

    def add(self, spans: Spans, classes: Classes, origins: Sequence[Origin], notes: Notes) -> None:
        """Notes the session ids of a chunk."""
        notes.note(
            "project_not_session",
            Severity.INFO,
            f"{names.PROJECT} names a project: traces are not joined by it",
            spans.line,
            holds(spans, names.PROJECT),
        )
        ids = first_known(
            text(spans, names.SESSION),
            _codex_threads(spans, classes),
            _of_origin(spans, [origin.resource.get("session.id") for origin in origins]),
        )
        inner = known(spans.parent_id)
        for trace, session, row in _pairs(spans.trace_id, ids, inner):
            space = _namespace(spans, classes, origins, row)
            self.tell(trace, session, space, int(spans.line[row]), inner=bool(inner[row]))
        for column, table in _FACTS.items():
            of_origin = [
                next((origin.resource[name] for name in table if name in origin.resource), None)
                for origin in origins
            ]
            found = first_known(text(spans, table), _of_origin(spans, of_origin))
            for trace, value, _ in _pairs(spans.trace_id, found, inner):
                facts = self.traces.setdefault(trace, Told()).facts
                facts[column] = min(facts.get(column, value), value)

    def tell(self, trace: str, session: str, space: str, line: int, *, inner: bool = False) -> None:
        """A trace is of this session, whose id is unique in `space`. `inner`: no root says it."""
        self.traces.setdefault(trace, Told()).ids.add((inner, session))
        if session.lower() in PLACEHOLDERS:
            what = "a session id that names no session: traces are not joined by it"
            self._recorder.finding("placeholder_session_id", Severity.WARNING, what, line=line)
            return
        key = session_key(space, session)
        self.keys.add(key)
        self._recorder.same_session(f"trace:{trace}", key)

    def absorb(self, traces: Mapping[str, Told], keys: AbstractSet[str]) -> None:
        """Knows what another knew, too."""
        self.keys |= keys
        for trace, told in traces.items():
            known = self.traces.setdefault(trace, Told())
            known.ids |= told.ids
            for name, value in told.facts.items():
                known.facts[name] = min(known.facts.get(name, value), value)

    def record(self) -> None:
        """Writes a row for each trace of which something is known; a root knows the name best."""
        for trace, told in self.traces.items():
            name = min(told.ids)[1] if told.ids else None
            facts = {**told.facts, **{flag: told.facts.get(flag) == "true" or None for flag in _FLAGS}}
            self._recorder.session(session_key=f"trace:{trace}", source_id=name, **facts)


def _pairs(traces: Texts, values: Texts, inner: Mask) -> Iterator[tuple[str, str, int]]:
    """Each (trace, value) that occurs, with the first row of it, that of a root if there is one."""
    rows = np.flatnonzero(known(traces) & known(values))
    if not len(rows):
        return
    rows = rows[np.argsort(inner[rows], kind="stable")]
    trace_names, trace = encoded(traces)
    value_names, value = encoded(values)
    _, first = np.unique(trace[rows].astype(np.int64) * len(value_names) + value[rows], return_index=True)
    for row in rows[np.sort(first)].tolist():
        yield str(trace_names[trace[row]]), str(value_names[value[row]]), row


def _codex_threads(spans: Spans, classes: Classes) -> Texts:
    """A Codex turn names its session as its thread; a number is a thread of the runtime."""
    threads = text(spans, (names.CODEX_THREAD,), classes.speaks(Dialect.CODEX))
    return where(contains(threads, "-"), threads)


def _of_origin(spans: Spans, values: Sequence[str | None]) -> Texts:
    found: Texts = taken(pa.array(values, pa.string()), spans.origin)
    return found


def _namespace(spans: Spans, classes: Classes, origins: Sequence[Origin], row: int) -> str:
    """The program where it is known, else the service: a session id is unique in that."""
    if (dialect := int(classes.dialect[row])) in _PROGRAMS:
        return Dialect(dialect).label
    return origins[int(spans.origin[row])].resource.get("service.name") or "otlp"
