"""Lines of the interchange format into the recorder."""

from __future__ import annotations

from agenttrace.ingest.formats.spans_jsonl.lines import KNOWN, SPANS_JSONL
from agenttrace.ingest.formats.spans_jsonl.values import Record, Values
from agenttrace.ingest.json_values import read_lines
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.model.interchange import (
    INFERRED,
    INSTANTS,
    KEYS,
    LINK_KEYS,
    MARK_KEYS,
    OWN_NOTES,
    UNKNOWN,
)
from agenttrace.model.schema import SPAN_FACTS
from agenttrace.model.vocabulary import Evidence, LinkKind, Purpose, Severity, SpanKind

_OF_SESSION = ("task_id", "run_id", "deployment", "first_prompt_fingerprint", "truncated", "settled")

_WITH_EVIDENCE = (
    ("start_evidence", "start"),
    ("end_evidence", "end"),
    ("queue_evidence", "queue_ns"),
    ("prefill_evidence", "prefill_ns"),
    ("first_token_evidence", "first_token"),
    ("decode_evidence", "decode_ns"),
)


def read_spans(source: Source, recorder: Recorder) -> None:
    """Records a span for each line, with its links, marks, agent and session."""
    reading = _Reading(recorder)
    for line, value in read_lines(source, recorder):
        if isinstance(value, dict):
            reading.add(line, value)
        else:
            recorder.finding("not_an_object", Severity.WARNING, "a line that is no JSON object", line=line)


class _Reading:
    """One source being read."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._values = Values(recorder)

    def add(self, line: int, record: Record) -> None:
        """One line."""
        told = self._values.of(record, KEYS, line)
        for key in record:
            if key not in KNOWN and not key.startswith(OWN_NOTES):
                self._found("unknown_key", f"a key that the schema does not have: {key[:60]}", line)
        if told["session"] is None:
            self._found("no_session", "a line without a session: left out", line)
            return
        if told["kind"] is None:
            self._found("unknown_kind", "a span of no known kind: taken as other", line)
        if record.get("start") is None:
            self._found("no_start", "a span without a start", line)
        session_key = f"{SPANS_JSONL}:{told['session']}"
        span_key = told["span"] or f"line {line}"
        self._span(told, session_key, span_key, line)
        self._links(record, session_key, span_key, line)
        self._marks(record, session_key, span_key, line)
        if any(told[name] for name in _OF_SESSION):
            facts = {name: told[name] for name in _OF_SESSION}
            self._recorder.session(session_key=session_key, source_id=told["session"], **facts)

    def _span(self, told: Record, session_key: str, span_key: str, line: int) -> None:
        start, end = told["start"], told["end"]
        if start is not None and end is not None and end < start:
            self._found("end_before_start", "a span that ends before it starts: unfinished", line)
            told["end"] = None
        for evidence, of in _WITH_EVIDENCE:
            known = told[evidence] or Evidence.MEASURED.value
            told[evidence] = None if told[of] is None else known
        kind = told["kind"] or SpanKind.OTHER.value
        facts = {column.name: told[INSTANTS.get(column.name, column.name)] for column in SPAN_FACTS}
        agent = _agent_key(told["agent"] or (span_key if kind == SpanKind.AGENT.value else None))
        self._recorder.span(
            session_key=session_key,
            span_key=span_key,
            parent_key=told["parent"],
            agent_key=agent,
            line=line,
            **{**facts, "kind": kind, "purpose": told["purpose"] or Purpose.TURN.value},
        )
        if kind == SpanKind.AGENT.value:
            self._agent(told, session_key, str(agent))

    def _agent(self, told: Record, session_key: str, agent_key: str) -> None:
        spawned_by = told["spawned_by"] or told["parent"]
        self._recorder.agent(
            session_key=session_key,
            agent_key=agent_key,
            parent_agent_key=_agent_key(told["parent_agent"]),
            main=told["main"],
            source_id=told["agent"],
            name=told["name"],
            type=told["agent_type"],
            background=told["background"],
            spawn_key="" if told["spawn"] == UNKNOWN else spawned_by,
            spawn_inferred=told["spawn"] == INFERRED or None,
        )

    def _links(self, record: Record, session_key: str, span_key: str, line: int) -> None:
        for link in self._values.objects(record, "links", line):
            told = self._values.of(link, LINK_KEYS, line)
            if told["from"] is None:
                self._found("link_unusable", "a link from nowhere: left out", line)
                continue
            self._recorder.link(
                session_key=session_key,
                from_key=told["from"],
                at_ns=told["at"],
                to_key=span_key,
                kind=told["kind"] or LinkKind.FEEDS.value,
                explicit=told["explicit"] is not False,
                rule=told["rule"],
                confidence=told["confidence"],
                delay_ns=told["delay_ns"],
            )

    def _marks(self, record: Record, session_key: str, span_key: str, line: int) -> None:
        for mark in self._values.objects(record, "marks", line):
            told = self._values.of(mark, MARK_KEYS, line)
            if told["kind"] is None or told["at"] is None:
                self._found("mark_unusable", "a mark without a kind or an instant: left out", line)
                continue
            self._recorder.mark(
                session_key=session_key,
                span_key=span_key,
                kind=told["kind"],
                t_ns=told["at"],
                evidence=told["evidence"] or Evidence.MEASURED.value,
                refers_to_key=told["span"],
            )

    def _found(self, code: str, example: str, line: int) -> None:
        self._recorder.finding(code, Severity.WARNING, example, line=line)


def _agent_key(agent: str | None) -> str | None:
    """Of an agent, whose id may be that of a span, too: links name spans."""
    return None if agent is None else f"agent:{agent}"
