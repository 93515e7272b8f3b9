"""Records the sessions of an Agentic Mooncake file: lanes, requests, tools, and what waits for what."""

from __future__ import annotations

from agenttrace.ingest.formats.agentic_mooncake.plays import Plays
from agenttrace.ingest.formats.agentic_mooncake.rows import Row
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.workload.rows import Link, WorkloadRows
from agenttrace.model.vocabulary import Evidence, HashScope, LinkKind


class Recording:
    """Writes plays into a recorder."""

    def __init__(self, recorder: Recorder, plays: Plays, block_tokens: int, scope: HashScope) -> None:
        """`block_tokens`: the size of all blocks; `scope`: where else equal hashes mean equal tokens."""
        self._recorder = recorder
        self._plays = plays
        self._rows = WorkloadRows(recorder, scope)
        self._block_tokens = block_tokens

    def record(self) -> None:
        """All sessions."""
        for key, name, numbers in self._plays:
            timed = all(self._plays.row(number).length_ns is not None for number in numbers)
            self._rows.session(key, name, timed=timed)
            self._record_lanes(key, numbers)
            for number in numbers:
                self._record_request(key, number)

    def _record_lanes(self, key: str, numbers: list[int]) -> None:
        lanes = self._plays.lanes(numbers)
        for lane, (parent, unwaited) in lanes.items():
            if not lane:
                continue
            main = parent is None and lane == next(iter(lanes))
            self._recorder.agent(
                session_key=key,
                agent_key=lane,
                source_id=lane,
                parent_agent_key=parent,
                main=True if main else None,
                background=None if main else unwaited,
            )

    def _record_request(self, key: str, number: int) -> None:
        row, start_ns = self._plays.row(number), self._plays.starts[number]
        self._rows.request(
            key,
            _span(row),
            row.line,
            start_ns,
            evidence=Evidence.BOUNDED if row.not_before_ns is None or row.dependencies else Evidence.MEASURED,
            length_ns=row.length_ns,
            agent_key=row.lane,
            model=row.model,
            input_tokens=row.input_tokens,
            output_tokens=row.output_tokens,
            priority=row.priority,
        )
        if row.hashes is not None:
            self._rows.prefix(key, _span(row), self._block_tokens, row.hashes)
        self._record_waits(key, number)
        self._record_tools(key, number)

    def _record_waits(self, key: str, number: int) -> None:
        row = self._plays.row(number)
        for dependency in row.dependencies:
            other = self._plays.of(dependency)
            if not self._plays.together(number, other):
                continue
            from_key = _span(self._plays.row(other))
            link = Link(from_key, _span(row), dependency.kind, dependency.rule, dependency.delay_ns)
            sent_ns = self._plays.starts[other] if dependency.dispatch else None
            self._rows.wait(key, link, dispatched_ns=sent_ns)

    def _record_tools(self, key: str, number: int) -> None:
        """The tools run after what the request waits for, and within the pause that follows."""
        row = self._plays.row(number)
        if not row.tools:
            return
        delay_ns = row.dependencies[0].delay_ns if row.dependencies else row.tool_wait_ns
        begin_ns = max(0, self._plays.starts[number] - delay_ns)
        for place, tool in enumerate(row.tools):
            span_key = f"tool:{row.request_id}:{place}"
            self._rows.tool(
                key,
                span_key,
                row.line,
                begin_ns + tool.offset_ns,
                tool.length_ns,
                agent_key=row.lane,
                call_id=tool.call_id,
                name=tool.name,
                status=tool.status,
                tool_output_tokens=tool.output_tokens,
            )
            for dependency in row.dependencies:
                source = _span(self._plays.row(self._plays.of(dependency)))
                self._rows.wait(key, Link(source, span_key, LinkKind.FEEDS, "tool_events", tool.offset_ns))
            rest_ns = max(0, delay_ns - tool.offset_ns - tool.length_ns)
            self._rows.wait(key, Link(span_key, _span(row), LinkKind.FEEDS, "tool_events", rest_ns))


def _span(row: Row) -> str:
    return f"request:{row.request_id}"
