"""Which session a trace belongs to: every trace is a key, and the ids that its spans carry join traces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from agenttrace.ingest.formats.otlp import names
from agenttrace.ingest.formats.otlp.classify import Classes
from agenttrace.ingest.formats.otlp.concepts import holds, text
from agenttrace.ingest.formats.otlp.notes import Notes
from agenttrace.ingest.formats.otlp.roles import Dialect
from agenttrace.ingest.formats.otlp.spans import Origin, Spans
from agenttrace.ingest.formats.otlp.values import Mask, Texts, certain
from agenttrace.ingest.recorder import Recorder
from agenttrace.model.vocabulary import Severity

PLACEHOLDERS = frozenset({"default", "none", "null", "undefined", "unknown", "anonymous", "test"})
"""Values that stand for no id: they would join sessions that have nothing to do with each other."""

_PROGRAMS = (Dialect.CLAUDE_CODE, Dialect.CODEX, Dialect.GEMINI_CLI)
"""Programs whose session ids are known under the program's own name, whatever the service is called."""


def session_key(namespace: str, session_id: str) -> str:
    """The key of a session that a source names."""
    return f"session:{namespace}:{session_id}"


@dataclass(slots=True)
class _Told:
    """What the spans of a trace say of its session. The least of all (not of a root, id) is its name."""

    ids: set[tuple[bool, str]] = field(default_factory=set)
    facts: dict[str, str] = field(default_factory=dict)


class Sessions:
    """Joins traces to sessions, over all chunks of a source."""

    def __init__(self, recorder: Recorder) -> None:
        """Nothing seen yet."""
        self._recorder = recorder
        self._traces: dict[str, _Told] = {}
        self.keys: set[str] = set()

    def add(self, spans: Spans, classes: Classes, origins: Sequence[Origin], notes: Notes) -> None:
        """Notes the session ids of a chunk."""
        ids = pc.coalesce(text(spans, names.SESSION), _codex_threads(spans, classes), _of_resource(spans, origins))
        self._placeholders(ids, spans, notes)
        self._projects(spans, notes)
        known = np.asarray(pc.and_(pc.is_valid(ids), pc.is_valid(spans.trace_id)))
        self._facts(spans, origins)
        if not known.any():
            return
        space = _namespaces(spans, classes, origins)
        rootless = np.asarray(pc.is_valid(spans.parent_id))
        table = pa.table(
            {"trace": spans.trace_id, "id": ids, "space": space, "inner": pa.array(rootless)}
        ).filter(pa.array(known))
        for row in table.group_by(["trace", "id", "space"]).aggregate([("inner", "min")]).to_pylist():
            self._join(row["trace"], row["id"], row["space"], inner=row["inner_min"])

    def _join(self, trace: str, session_id: str, space: str, *, inner: bool) -> None:
        told = self._traces.setdefault(trace, _Told())
        told.ids.add((inner, session_id))
        if session_id.lower() not in PLACEHOLDERS:
            key = session_key(space, session_id)
            self.keys.add(key)
            self._recorder.same_session(f"trace:{trace}", key)

    def _facts(self, spans: Spans, origins: Sequence[Origin]) -> None:
        tables = {"task_id": names.TASK_ID, "run_id": names.RUN_ID, "deployment": names.DEPLOYMENT}
        for column, table in tables.items():
            of_resource = [
                next((origin.resource[name] for name in table if name in origin.resource), None)
                for origin in origins
            ]
            shared = pa.array(of_resource, pa.string()).take(pa.array(spans.origin))
            found = pc.coalesce(text(spans, table), shared)
            if found.null_count == len(found):
                continue
            pairs = pa.table({"trace": spans.trace_id, "value": found}).drop_null()
            for row in pairs.group_by(["trace"]).aggregate([("value", "min")]).to_pylist():
                told = self._traces.setdefault(row["trace"], _Told())
                told.facts[column] = min(told.facts.get(column, row["value_min"]), row["value_min"])

    def _placeholders(self, ids: Texts, spans: Spans, notes: Notes) -> None:
        found = pc.is_in(pc.utf8_lower(ids), pa.array(sorted(PLACEHOLDERS)))
        notes.note(
            "placeholder_session_id",
            Severity.WARNING,
            "a session id that names no session: traces are not joined by it",
            spans.line,
            certain(found),
        )

    def _projects(self, spans: Spans, notes: Notes) -> None:
        notes.note(
            "project_not_session",
            Severity.INFO,
            f"{names.PROJECT} names a project: traces are not joined by it",
            spans.line,
            holds(spans, names.PROJECT),
        )

    def record(self) -> None:
        """Writes a row for each trace of which something is known."""
        for trace, told in self._traces.items():
            name = min(told.ids)[1] if told.ids else None
            self._recorder.session(session_key=f"trace:{trace}", source_id=name, **told.facts)


def _codex_threads(spans: Spans, classes: Classes) -> Texts:
    """A Codex turn names its session as its thread; a number is a thread of the runtime."""
    threads = text(spans, (names.CODEX_THREAD,), classes.speaks(Dialect.CODEX))
    named = pc.match_substring(threads, "-")
    return pc.if_else(named, threads, pa.scalar(None, pa.string()))


def _of_resource(spans: Spans, origins: Sequence[Origin]) -> Texts:
    ids = pa.array([origin.resource.get("session.id") for origin in origins], pa.string())
    return ids.take(pa.array(spans.origin))


def _namespaces(spans: Spans, classes: Classes, origins: Sequence[Origin]) -> Texts:
    """The program where it is known, else the service: a session id is unique in that."""
    services = pa.array([origin.resource.get("service.name") or "otlp" for origin in origins], pa.string())
    found = services.take(pa.array(spans.origin))
    for dialect in _PROGRAMS:
        spoken: Mask = classes.speaks(dialect)
        if spoken.any():
            found = pc.if_else(pa.array(spoken), dialect.label, found)
    return found
