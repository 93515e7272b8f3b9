"""Reads a request trace line by line: which rows there are, and who turns each into what."""

from __future__ import annotations

import re
from typing import Any

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.formats.dynamo.identity import Owners
from agenttrace.ingest.formats.dynamo.lines import BrokenLineError, Record, record_of
from agenttrace.ingest.formats.dynamo.requests import Requests
from agenttrace.ingest.formats.dynamo.tools import Tools
from agenttrace.ingest.head import Head
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import DamagedEnd, Source
from agenttrace.model.vocabulary import Severity

_SCHEMAS = frozenset({"dynamo.request.trace.v1", "dynamo.agent.trace.v1"})
_FAMILY = re.compile(r"dynamo\.(?:request|agent)\.trace\.v\d+")
_TORN = re.compile(
    rb'\s*\{\s*(?:"timestamp"\s*:\s*[-\d.eE+]+\s*,\s*"event"\s*:\s*\{\s*)?'
    rb'"schema"\s*:\s*"dynamo\.(?:request|agent)\.trace\.v\d'
)
_SNIFFED_LINES = 64
_PREFILL_HOLDS_QUEUE = (
    "prefill_time_ms runs from dispatch to first token: under load it holds the engine's queue"
)


class Dynamo:
    """NVIDIA Dynamo request and agent traces."""

    id = "dynamo"
    companions: tuple[str, ...] = ()
    facts = FormatFacts(
        about="request and agent traces of NVIDIA Dynamo",
        containers=("JSON lines", "gzip (many members)", "zstd", "bare or in the envelope"),
        measured=(
            "queue",
            "prefill",
            "decode",
            "tools (where tool events are on)",
            "cache reads",
            "subagents",
            "workers",
        ),
        derived=(
            "tools from gaps (where tool events are off)",
            "compactions",
            "retries",
            "user waits",
            "joins",
        ),
        untold=("network", "cache writes", "text"),
    )

    def sniff(self, head: Head) -> bool:
        """A line of the head is a record of the schema; records inside other records do not count."""
        lines = head.data.removeprefix(b"\xef\xbb\xbf").split(b"\n")[:_SNIFFED_LINES]
        return any(map(_is_record, lines)) or _TORN.match(lines[-1]) is not None

    def read(self, source: Source, recorder: Recorder) -> None:
        """One span for each request and each tool call; agents and their parents from `agent_context`."""
        reading = _Reading(recorder)
        try:
            for number, line in source.lines():
                reading.add(number, line)
        except DamagedEnd:
            recorder.finding(
                "truncated_stream",
                Severity.WARNING,
                "the compressed stream ends in the middle: what came before is used",
                line=recorder.records + 1,
            )
        reading.finish()


def _is_record(line: bytes) -> bool:
    if b".trace.v" not in line:
        return False
    try:
        schema = record_of(line).get("schema")
    except BrokenLineError:
        return False
    return type(schema) is str and _FAMILY.fullmatch(schema) is not None


class _Reading:
    """One source being read."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._owners = Owners(recorder)
        self._requests = Requests(recorder)
        self._tools = Tools(recorder)
        self._schemas: set[str] = set()

    def add(self, number: int, line: bytes) -> None:
        self._recorder.records += 1
        try:
            record = record_of(line)
        except BrokenLineError as broken:
            self._warn(broken.code, str(broken), number)
            return
        schema = record.get("schema")
        if type(schema) is str:
            self._schemas.add(schema)
        event = record.get("event_type")
        if event == "request_end":
            self._add_request(number, record)
        elif event in ("tool_start", "tool_end", "tool_error"):
            self._add_tool(number, record)
        elif event == "request_payload":
            example = "request_payload: prompts and answers are not read"
            self._recorder.finding("payload_not_read", Severity.INFO, example, line=number)
            self._requests.note_payload(record.get("payload"))
        else:
            self._warn("unknown_event", "an event_type that is not known", number)

    def _add_request(self, number: int, record: Record) -> None:
        request = record.get("request")
        if type(request) is not dict:
            self._warn("record_unusable", "request_end without request", number)
            return
        context = self._context(number, record)
        owner = self._owners.of(context, number)
        if owner is not None:
            owner.asked = True
            if headers := context.get("agent_headers"):
                self._owners.note_headers(owner, headers)
        if "prefill_time_ms" in request:
            self._recorder.finding("prefill_holds_queue", Severity.INFO, _PREFILL_HOLDS_QUEUE, line=number)
        self._requests.add(number, record, request, owner, context)

    def _context(self, number: int, record: Record) -> dict[str, Any]:
        """Of flat rows, as harnesses send tool events, the row itself."""
        context = record.get("agent_context")
        if type(context) is dict:
            return context
        if context is None:
            return record
        self._warn("identity_unusable", "agent_context is no object", number)
        return {}

    def _warn(self, code: str, example: str, number: int) -> None:
        self._recorder.finding(code, Severity.WARNING, example, line=number)

    def _add_tool(self, number: int, record: Record) -> None:
        tool = record.get("tool")
        if type(tool) is not dict:
            self._warn("record_unusable", "a tool event without tool", number)
            return
        owner = self._owners.of(self._context(number, record), number)
        if owner is None:
            self._warn("tool_without_agent", "a tool event that names no agent", number)
            return
        self._tools.add(number, record, tool, owner)

    def finish(self) -> None:
        self._requests.flush()
        self._tools.finish()
        self._owners.record()
        for schema in sorted(self._schemas & _SCHEMAS):
            self._recorder.dialect(schema)
        if self._schemas - _SCHEMAS:
            self._recorder.finding(
                "unknown_schema", Severity.WARNING, "a schema other than the known ones: read as one of them"
            )
