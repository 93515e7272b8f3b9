"""The records of one source: which there are, and who turns each into what."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agenttrace.ingest.dynamo.hash_text import CutLine, cut_hashes
from agenttrace.ingest.dynamo.identity import Owner, Owners
from agenttrace.ingest.dynamo.prefixes import Prompt
from agenttrace.ingest.dynamo.records import BrokenLineError, Record, record_of
from agenttrace.ingest.dynamo.requests import Requests
from agenttrace.ingest.dynamo.tools import Tools, ToolStart
from agenttrace.ingest.recorder import Recorder
from agenttrace.model.vocabulary import Severity

_SCHEMAS = frozenset({"dynamo.request.trace.v1", "dynamo.agent.trace.v1"})


@dataclass(frozen=True, slots=True)
class TraceLeft:
    """What is left of a part of a source. It can be pickled."""

    owners: Mapping[tuple[Hashable, ...], Owner | None]
    tools: Mapping[str, Sequence[ToolStart]]
    schemas: frozenset[str]


class RequestTrace:
    """One span for each request and each tool call; agents and their parents from `agent_context`."""

    def __init__(self, recorder: Recorder) -> None:
        """Rows go to `recorder`, whose count of records is the format's."""
        self._recorder = recorder
        self.owners = Owners(recorder)
        self.requests = Requests(recorder)
        self.tools = Tools(recorder)
        self.schemas: set[str] = set()

    def add(self, number: int, text: bytes) -> None:
        """Takes in the JSON text of one record, which is `number` in its source."""
        cut = cut_hashes(text)
        if cut is not None and self._add_cut(number, cut):
            return
        try:
            record = record_of(text)
        except BrokenLineError as broken:
            self._warn(broken.code, str(broken), number)
            return
        schema = record.get("schema")
        if type(schema) is str:
            self.schemas.add(schema)
        event = record.get("event_type")
        if event == "request_end":
            self._add_request(number, record)
        elif event in ("tool_start", "tool_end", "tool_error"):
            self._add_tool(number, record)
        elif event == "request_payload":
            example = "request_payload: prompts and answers are not read"
            self._recorder.finding("payload_not_read", Severity.INFO, example, line=number)
            self.requests.note_payload(record.get("payload"))
        else:
            self._warn("unknown_event", "an event_type that is not known", number)

    def _add_cut(self, number: int, cut: CutLine) -> bool:
        """Takes in a record whose hashes were cut out; False, and nothing done, if it is not as they all are."""
        try:
            record = record_of(cut.rest)
        except BrokenLineError:
            return False
        request, context, schema = record.get("request"), record.get("agent_context"), record.get("schema")
        if (
            record.get("event_type") != "request_end"
            or type(request) is not dict
            or type(context) is not dict
        ):
            return False
        owner = self.owners.known(context)
        prompt = self.requests.read_prompt(request, owner, cut.hashes)
        if prompt is None:
            return False
        if type(schema) is str:
            self.schemas.add(schema)
        self._add_owned(number, record, context, owner or self.owners.of(context, number), prompt)
        return True

    def _add_request(self, number: int, record: Record) -> None:
        request = record.get("request")
        if type(request) is not dict:
            self._warn("record_unusable", "request_end without request", number)
            return
        context = self._context(number, record)
        self._add_owned(number, record, context, self.owners.of(context, number))

    def _add_owned(
        self,
        number: int,
        record: Record,
        context: Record,
        owner: Owner | None,
        prompt: Prompt | None = None,
    ) -> None:
        if owner is not None:
            owner.asked = True
            if headers := context.get("agent_headers"):
                self.owners.note_headers(owner, headers)
        self.requests.add(number, record, owner, context, prompt)

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
        owner = self.owners.of(self._context(number, record), number)
        if owner is None:
            self._warn("tool_without_agent", "a tool event that names no agent", number)
            return
        self.tools.add(number, record, tool, owner)

    def leave(self) -> TraceLeft:
        """Records what can be, and returns what waits for records that may come later."""
        self.requests.flush()
        return TraceLeft(self.owners.leave(), self.tools.leave(), frozenset(self.schemas))

    def absorb(self, left: TraceLeft, lines_before: int) -> None:
        """Takes over what another left of a part that begins after so many lines."""
        self.owners.absorb(left.owners, lines_before)
        self.tools.absorb(left.tools, lines_before)
        self.schemas |= left.schemas

    def finish(self) -> None:
        """Records what waited for records that may have come later."""
        self.requests.flush()
        self.tools.finish()
        self.owners.record()
        for schema in sorted(self.schemas & _SCHEMAS):
            self._recorder.dialect(schema)
        if self.schemas - _SCHEMAS:
            self._recorder.finding(
                "unknown_schema", Severity.WARNING, "a schema other than the known ones: read as one of them"
            )
