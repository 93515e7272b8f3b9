"""Log records of agent programs as rows, where the same sessions have no spans that say it better."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.dynamo.request_trace import RequestTrace, TraceLeft
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.telemetry import log_events
from agenttrace.ingest.telemetry.codex_rows import CodexRows
from agenttrace.ingest.telemetry.codex_turns import Turns, turn_at_instant
from agenttrace.ingest.telemetry.log_events import LogEvent, event_name, first
from agenttrace.ingest.telemetry.log_rows import LogRows
from agenttrace.ingest.telemetry.roles import Dialect
from agenttrace.ingest.telemetry.sessions import session_key
from agenttrace.model.vocabulary import Severity


@dataclass(frozen=True, slots=True)
class LogsLeft:
    """What is left of a part of a source. It can be pickled."""

    events: Sequence[LogEvent]
    parents: Mapping[str, str]
    request_trace: TraceLeft


class Logs:
    """Holds log records back until it is known which sessions have spans."""

    def __init__(self, recorder: Recorder) -> None:
        """Nothing held yet."""
        self._recorder = recorder
        self._held: list[LogEvent] = []
        self._parents: dict[str, str] = {}
        self._request_trace = RequestTrace(recorder)

    def add(
        self,
        scope: str,
        name: str | None,
        body: str | None,
        times: tuple[int, int],
        attributes: Mapping[str, Any],
        line: int,
    ) -> None:
        """A log record. `times`: that of the event and that of its observation, 0 if unknown."""
        if scope == log_events.DYNAMO_SCOPE:
            self._add_to_request_trace(attributes, line)
            return
        full = event_name(scope, fields.text(attributes.get("event.name")) or name, body)
        session = fields.text(first(attributes, log_events.SESSION))
        if full == log_events.COMMUNICATION:
            self._communicate(attributes, line)
            return
        if full is None or session is None:
            self._unused(line)
            return
        stated = fields.instant_from_iso(attributes.get("event.timestamp"))
        t_ns = stated or fields.instant(times[0]) or fields.instant(times[1])
        if t_ns is None:
            self._recorder.finding("no_time", Severity.WARNING, f"{full} without a time: left out", line=line)
            return
        dialect = log_events.DIALECTS[full.partition(".")[0]]
        self._recorder.dialect(dialect.label)
        self._held.append(LogEvent(t_ns, line, full, dialect, session, attributes))

    def _communicate(self, attributes: Mapping[str, Any], line: int) -> None:
        """A conversation that another one spawned is a subagent of that."""
        sender, receiver = (
            fields.text(attributes.get(name)) for name in (log_events.SENDER, log_events.RECEIVER)
        )
        if attributes.get("kind") != "spawn" or sender is None or receiver is None or sender == receiver:
            self._unused(line)
            return
        self._parents.setdefault(receiver, sender)

    def _add_to_request_trace(self, attributes: Mapping[str, Any], line: int) -> None:
        """Dynamo's exporter puts the whole record, as its file has it, into one attribute."""
        record = fields.text(attributes.get(log_events.DYNAMO_RECORD))
        if record is None:
            example = "a log record of Dynamo's request trace without the record itself"
            self._recorder.finding("record_unusable", Severity.WARNING, example, line=line)
        else:
            self._request_trace.add(line, record.encode())

    def _unused(self, line: int, count: int = 1) -> None:
        self._recorder.finding(
            "log_record_unused",
            Severity.INFO,
            "a log record that says nothing of time spent",
            line=line,
            count=count,
        )

    def leave(self) -> LogsLeft:
        """What is held, for another to absorb."""
        return LogsLeft(self._held, self._parents, self._request_trace.leave())

    def absorb(self, left: LogsLeft, lines_before: int) -> None:
        """Holds what another held, so many lines later."""
        self._held += [replace(event, line=event.line + lines_before) for event in left.events]
        self._parents = dict(left.parents) | self._parents
        self._request_trace.absorb(left.request_trace, lines_before)

    def release(self, sessions_with_spans: AbstractSet[str], turns: Turns) -> None:
        """Records what was held, session by session in the order of time.

        `turns`: the spans of turns, by session, where a program's spans tell of nothing else.
        """
        self._request_trace.finish()
        by_session: dict[tuple[Dialect, str], list[LogEvent]] = defaultdict(list)
        for event in self._held:
            by_session[event.dialect, event.session].append(event)
        for (dialect, session), events in sorted(by_session.items()):
            key = session_key(dialect.label, session)
            ordered = sorted(events, key=lambda event: (event.t_ns, event.line))
            beside_spans = key in sessions_with_spans
            add = self._writer(dialect, session, key, turns, beside_spans=beside_spans)
            if beside_spans and dialect is not Dialect.CODEX:
                ordered = self._beside_spans(ordered)
            for event in ordered:
                if not add(event):
                    self._unused(event.line)

    def _writer(
        self, dialect: Dialect, session: str, key: str, turns: Turns, *, beside_spans: bool
    ) -> Callable[[LogEvent], bool]:
        if dialect is not Dialect.CODEX:
            return LogRows(self._recorder, key, beside_spans=beside_spans).add
        lane = self._lane(session, key)
        turn_at = (lambda t_ns: turn_at_instant(turns.get(key, ()), t_ns)) if beside_spans else None
        return CodexRows(self._recorder, key, lane, turn_at).add

    def _lane(self, session: str, key: str) -> str | None:
        """The lane of a conversation that another one spawned; that one's lane is the main one, or such too."""
        parent = self._parents.get(session)
        if parent is None:
            return None
        self._recorder.same_session(key, session_key(Dialect.CODEX.label, parent))
        self._recorder.agent(
            session_key=key,
            agent_key=session,
            parent_agent_key=parent if parent in self._parents else None,
            source_id=session,
            main=False,
            background=True,
        )
        return session

    def _beside_spans(self, events: list[LogEvent]) -> list[LogEvent]:
        kept = [event for event in events if event.name in log_events.BESIDE_SPANS]
        if len(kept) < len(events):
            dropped = next(event for event in events if event.name not in log_events.BESIDE_SPANS)
            self._recorder.finding(
                "log_records_beside_spans",
                Severity.INFO,
                "log records of a session whose spans say the same: left out",
                line=dropped.line,
                count=len(events) - len(kept),
            )
        return kept
