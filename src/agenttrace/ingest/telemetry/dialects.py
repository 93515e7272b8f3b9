"""The dialect layer: chunks of spans in, rows of every raw table out, and at the end what needs the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.telemetry.agents import agent_keys, record_agents
from agenttrace.ingest.telemetry.arrow import Mask, Texts, kept, known
from agenttrace.ingest.telemetry.calls import record_calls
from agenttrace.ingest.telemetry.classify import Classes, classify
from agenttrace.ingest.telemetry.codex_turns import Turn, is_working, note_turns
from agenttrace.ingest.telemetry.held import Held
from agenttrace.ingest.telemetry.ids import present_ids
from agenttrace.ingest.telemetry.notes import Notes
from agenttrace.ingest.telemetry.own_links import link_facts, marks_of
from agenttrace.ingest.telemetry.pending import Pending, is_pending
from agenttrace.ingest.telemetry.roles import Dialect, Role
from agenttrace.ingest.telemetry.rows import Columns, only, span_columns
from agenttrace.ingest.telemetry.sessions import Sessions, Told
from agenttrace.ingest.telemetry.sglang import Engine
from agenttrace.ingest.telemetry.spans import Origin, Spans, narrowed
from agenttrace.ingest.telemetry.timing import attempts_in
from agenttrace.ingest.telemetry.values import UNKNOWN, Scalar
from agenttrace.ingest.text_columns import joined, taken
from agenttrace.model.vocabulary import Evidence, LinkKind, MarkKind, Severity


@dataclass(frozen=True, slots=True)
class LayerLeft:
    """What is left of a part of a source. It can be pickled."""

    engine: Held
    pending: tuple[Held, list[Texts]]
    traces: Mapping[str, Told]
    session_keys: AbstractSet[str]
    turns: Mapping[str, Sequence[Turn]]


class DialectLayer:
    """Records chunks of spans. One instance serves one source."""

    def __init__(self, recorder: Recorder) -> None:
        """Nothing recorded yet."""
        self._recorder = recorder
        self._notes = Notes(recorder)
        self._sessions = Sessions(recorder)
        self._engine = Engine(recorder)
        self._pending = Pending(recorder)
        self.turns: dict[str, list[Turn]] = {}

    def add(self, spans: Spans, origins: Sequence[Origin]) -> None:
        """Records a chunk."""
        spans = self._with_trace(spans)
        classes = classify(spans, origins)
        if (noise := classes.has_role(Role.NOISE)).any():
            what = "a worker's own query, which is part of no session: left out"
            self._notes.note("worker_bookkeeping", Severity.INFO, what, spans.line, noise)
            spans, classes = _without(noise, spans, classes)
        if (workings := is_working(classes)).any():
            what = "a span of Codex's own workings: left out, its log records tell requests and tools"
            self._notes.note("program_workings", Severity.INFO, what, spans.line, workings)
            spans, classes = _without(workings, spans, classes)
        for dialect in np.unique(classes.dialect[classes.dialect != UNKNOWN]).tolist():
            self._recorder.dialect(Dialect(dialect).label)
        columns = span_columns(spans, classes, self._notes)
        columns["agent_key"] = agent_keys(spans, classes, columns)
        note_turns(self.turns, spans, classes, columns)
        self._sessions.add(spans, classes, origins, self._notes)
        record_calls(spans, classes, columns, self._recorder)
        record_agents(spans, classes, columns, self._recorder)
        self._marks(spans, columns)
        self._links(spans, classes, columns)
        self._record(spans, classes, columns)

    def _record(self, spans: Spans, classes: Classes, columns: Columns) -> None:
        sglang, pending = classes.speaks(Dialect.SGLANG), is_pending(spans)
        self._pending.hold(spans, columns, pending)
        if sglang.any():
            self._engine.hold(spans, columns, sglang, self._notes)
        later = sglang | pending
        if not later.any():
            self._recorder.extend_spans(columns)
        elif not later.all():
            self._recorder.extend_spans(only(columns, ~later))

    def tell_session(self, trace: str, session: str, space: str, line: int) -> None:
        """A container says which session a trace is of; the session's id is unique in `space`."""
        self._sessions.tell(trace, session, space, line)

    @property
    def session_keys(self) -> AbstractSet[str]:
        """The sessions that spans have named so far."""
        return self._sessions.keys

    def leave(self) -> LayerLeft:
        """What only the whole source tells what to do with, for another to absorb."""
        sessions = self._sessions
        return LayerLeft(
            self._engine.leave(), self._pending.leave(), sessions.traces, sessions.keys, self.turns
        )

    def absorb(self, left: LayerLeft, lines_before: int) -> None:
        """Takes over what another left, whose lines begin after these."""
        self._engine.absorb(left.engine, lines_before)
        self._pending.absorb(left.pending, lines_before)
        self._sessions.absorb(left.traces, left.session_keys)
        for session, turns in left.turns.items():
            self.turns.setdefault(session, []).extend(turns)

    def finish(self) -> None:
        """Records what only the whole source tells."""
        self._engine.release(self._notes)
        self._pending.release(self._notes)
        self._sessions.record()

    def _with_trace(self, spans: Spans) -> Spans:
        homeless = ~known(spans.trace_id)
        self._notes.note(
            "no_trace_id", Severity.WARNING, "a span without a trace id: left out", spans.line, homeless
        )
        return narrowed(spans, ~homeless) if homeless.any() else spans

    def _marks(self, spans: Spans, columns: Columns) -> None:
        rows, times = attempts_in(spans)
        if len(rows):
            self._recorder.extend_marks(
                {
                    "session_key": taken(columns["session_key"], rows),
                    "span_key": taken(columns["span_key"], rows),
                    "kind": [MarkKind.ATTEMPT.value] * len(rows),
                    "t_ns": times.tolist(),
                    "evidence": [Evidence.MEASURED.value] * len(rows),
                }
            )

        if (own := marks_of(spans, columns)) is not None:
            self._recorder.extend_marks(own)

    def _links(self, spans: Spans, classes: Classes, columns: Columns) -> None:
        """Spans that follow from others wait for them; other links say nothing of waiting."""
        links = spans.links
        if not links.rows:
            return
        rows, follows = np.array(links.rows, np.int64), np.array(links.follows, np.bool_)
        traces = present_ids(pa.array(links.traces, pa.string()))
        targets = present_ids(pa.array(links.spans, pa.string()))
        self._answered(classes, columns, rows, traces)
        flow = classes.speaks(Dialect.SGLANG)[rows] | classes.speaks(Dialect.CLAUDE_CODE)[rows]
        self._notes.note(
            "span_link",
            Severity.INFO,
            "a link that does not say what waits for what: not used",
            spans.line[rows],
            ~follows & ~flow & np.array([each is None for each in links.own], np.bool_),
        )
        told = known(traces) & known(targets)
        for place in np.flatnonzero(told).tolist():
            if (own := links.own[place]) is not None:
                self._own_link(rows[place], f"{traces[place]}/{targets[place]}", own, columns)
                told[place] = False
        told &= follows
        if told.any():
            self._follow(rows[told], kept(traces, told), kept(targets, told), columns)

    def _own_link(self, row: int, whence: str, own: Mapping[str, Scalar], columns: Columns) -> None:
        session_key, span_key = (columns[name][row].as_py() for name in ("session_key", "span_key"))
        if session_key is not None and span_key is not None:
            self._recorder.link(session_key=session_key, from_key=whence, to_key=span_key, **link_facts(own))

    def _follow(self, rows: Any, traces: Any, targets: Any, columns: Columns) -> None:
        size = len(rows)
        self._recorder.extend_links(
            {
                "session_key": taken(columns["session_key"], rows),
                "from_key": joined("/", traces, targets),
                "to_key": taken(columns["span_key"], rows),
                "kind": [LinkKind.CONTINUES.value] * size,
                "explicit": [True] * size,
                "rule": ["span link follows_from"] * size,
            }
        )

    def _answered(self, classes: Classes, columns: Columns, rows: Any, traces: Any) -> None:
        """A request of Claude Code links to the trace in which the server answered it."""
        asked = classes.speaks(Dialect.CLAUDE_CODE)[rows]
        if asked.any():
            here = taken(columns["session_key"], rows[asked]).to_pylist()
            for session_key, trace in zip(here, kept(traces, asked).to_pylist(), strict=True):
                if trace is not None and session_key is not None:
                    self._recorder.same_session(session_key, f"trace:{trace}")


def _without(out: Mask, spans: Spans, classes: Classes) -> tuple[Spans, Classes]:
    return narrowed(spans, ~out), Classes(classes.role[~out], classes.dialect[~out])
