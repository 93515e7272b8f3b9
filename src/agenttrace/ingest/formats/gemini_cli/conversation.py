"""A chat as a whole: its ids, and its messages in the order in which they first appeared.

The newer form appends: a message again when more of it is known, changes of the chat's own fields, rewinds,
and snapshots of all messages after the history was rewritten. What was rewound or summed up took its time
all the same, so nothing is taken away here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from agenttrace.ingest.formats.gemini_cli.messages import Message, read_message
from agenttrace.ingest.json_values import read_values
from agenttrace.ingest.record_fields import FieldReader
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.model.vocabulary import Severity

_NO_ID = "unknown"


@dataclass(slots=True)
class Conversation:
    """One chat; `subagent`: it is that of a subagent, whose id is its `session_id`."""

    session_id: str = _NO_ID
    subagent: bool = False
    messages: list[Message] = field(default_factory=list)


def read_conversation(source: Source, recorder: Recorder) -> Conversation:
    """The chat in a file of either form."""
    collector = _Collector(recorder)
    for line, value in read_values(source, recorder):
        if isinstance(value, dict):
            collector.take(line, value)
        else:
            recorder.finding("not_an_object", Severity.WARNING, "JSON, but not an object", line=line)
    said = collector.finish()
    if not recorder.records:
        recorder.records = max(len(said.messages), 1)
    return said


class _Collector:
    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._reader = FieldReader(recorder)
        self._facts: dict[str, Any] = {}
        self._latest: dict[str, tuple[int, dict[str, Any]]] = {}

    def take(self, line: int, record: dict[str, Any]) -> None:
        """One line; the older form is one record that holds all messages."""
        if isinstance(record.get("$rewindTo"), str):
            what = "the chat was taken back to an earlier message: what came after it keeps its time"
            self._recorder.finding("rewound", Severity.INFO, what, line=line)
        elif isinstance(record.get("id"), str) and record["id"]:
            self._keep(line, record)
        elif isinstance(record.get("$set"), dict):
            self._describe(line, record["$set"])
        elif "sessionId" in record or "messages" in record:
            self._describe(line, record)
        else:
            what = "a record of no known kind"
            self._recorder.finding("unknown_record", Severity.WARNING, what, line=line)

    def finish(self) -> Conversation:
        """The messages, each in its last form, at the place where it stood first."""
        said = Conversation(
            self._facts.get("sessionId", _NO_ID), subagent=self._facts.get("kind") == "subagent"
        )
        said.messages = [read_message(self._reader, record, line) for line, record in self._latest.values()]
        return said

    def _describe(self, line: int, facts: dict[str, Any]) -> None:
        for name in ("sessionId", "kind"):
            if isinstance(facts.get(name), str) and facts[name]:
                self._facts[name] = facts[name]
        for message in self._reader.objects(facts, "messages", line):
            if isinstance(message.get("id"), str) and message["id"]:
                self._keep(line, message)
            else:
                what = "a message without an id: left out"
                self._recorder.finding("message_without_id", Severity.WARNING, what, line=line)

    def _keep(self, line: int, message: dict[str, Any]) -> None:
        first, _ = self._latest.get(message["id"], (line, None))
        self._latest[message["id"]] = first, message
