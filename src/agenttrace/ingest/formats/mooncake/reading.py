"""Reads Mooncake lines: which session a row belongs to, and whether rows tell whole prompts or what is added.

The words are those of kvcache-ai's published traces; AIPerf and Dynamo add sessions of several turns, and
Alibaba's Bailian traces chains of chats.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice

from agenttrace.ingest.formats.mooncake.prompts import Prompt, Prompts, prompt_manner
from agenttrace.ingest.formats.mooncake.rows import Row, row_of
from agenttrace.ingest.formats.mooncake.sessions import Session, Sessions
from agenttrace.ingest.json_values import read_lines
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.ingest.workload.blocks import USUAL_BLOCK_TOKENS, likely_block_size
from agenttrace.ingest.workload.rows import Link, WorkloadRows
from agenttrace.model.vocabulary import Evidence, HashScope, LinkKind, Severity

_ROWS_LOOKED_AT = 4096
"""What holds for a whole file is told from so many of its rows."""


def read_rows(source: Source, recorder: Recorder) -> None:
    """One request for each row; a session for each `session_id`, each chain of chats, each other row."""
    rows = _rows(source, recorder)
    first = list(islice(rows, _ROWS_LOOKED_AT))
    reading = _Reading(recorder, first)
    for row in chain(first, rows):
        reading.add(row)


def _rows(source: Source, recorder: Recorder) -> Iterator[Row]:
    for line, value in read_lines(source, recorder):
        row = row_of(recorder, value, line) if isinstance(value, dict) else None
        if row is None:
            recorder.finding(
                "record_unusable", Severity.WARNING, "a line that asks for no tokens: left out", line=line
            )
        else:
            yield row


class _Reading:
    """One source being read."""

    def __init__(self, recorder: Recorder, first: list[Row]) -> None:
        """`first`: the rows that the block size and the manner of prompts are told from."""
        self._rows = WorkloadRows(recorder, HashScope.SOURCE)
        self._sessions = Sessions(self._rows)
        self._block_tokens = _block_tokens(recorder, first)
        self._manner = prompt_manner(recorder, first)
        self._prompts: dict[str, Prompts] = {}
        self._recorder = recorder
        if any(row.chat for row in first):
            recorder.dialect("bailian")

    def add(self, row: Row) -> None:
        session = self._sessions.of(row)
        span_key = f"{session.turns}:{row.request_id or ''}"
        prompt = self._prompt(session, row)
        self._rows.request(
            session.key,
            span_key,
            row.line,
            self._start(session, row),
            evidence=Evidence.BOUNDED if row.arrival_ns is None else Evidence.MEASURED,
            input_tokens=prompt.tokens,
            output_tokens=row.output_tokens,
            priority=row.priority,
        )
        if prompt.hashes is not None:
            self._rows.prefix(session.key, span_key, self._block_tokens, prompt.hashes)
        if prompt.too_long:
            what = "a prompt that adds up to more than any model holds: left without its blocks"
            self._recorder.finding("prompt_too_long", Severity.WARNING, what, line=row.line)
        if session.last_key is not None:
            rule = "delay" if row.delay_ns is not None else "session_id"
            self._rows.wait(
                session.key, Link(session.last_key, span_key, LinkKind.CONTINUES, rule, row.delay_ns)
            )
        session.go_on(span_key, self._start(session, row))

    def _start(self, session: Session, row: Row) -> int:
        """The arrival; else not before the last turn began, and its pause had passed."""
        if row.arrival_ns is not None:
            return row.arrival_ns
        return session.last_start_ns + (row.delay_ns or 0)

    def _prompt(self, session: Session, row: Row) -> Prompt:
        prompts = self._prompts.get(session.key)
        if prompts is None:
            prompts = Prompts(session.key, self._block_tokens, self._manner)
            if session.lasts:
                self._prompts[session.key] = prompts
        return prompts.next(row)


def _block_tokens(recorder: Recorder, rows: Iterable[Row]) -> int:
    told = [(row.input_tokens, len(row.hashes)) for row in rows if row.input_tokens and row.hashes]
    if not told:
        return USUAL_BLOCK_TOKENS
    found = likely_block_size(told)
    example = f"no block size is stated: {found.tokens} tokens, with which {found.agreeing} of {found.asked} rows agree"
    severity = Severity.INFO if found.agreeing == found.asked else Severity.WARNING
    recorder.finding("block_size_assumed", severity, example)
    return found.tokens
