"""One line as a row: its values under the names that different writers use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.workload.blocks import block_hashes
from agenttrace.ingest.workload.rows import Values


@dataclass(frozen=True, slots=True)
class Row:
    """What a line says; `input_tokens` is the whole prompt or what is added, as its writer has it.

    `chat` and `parent_chat`: of Bailian traces, whose times are seconds.
    """

    line: int
    request_id: str | None
    session_id: str | None
    arrival_ns: int | None
    delay_ns: int | None
    input_tokens: int | None
    output_tokens: int | None
    hashes: list[int] | None
    priority: int | None
    context_mode: str | None
    chat: str | None
    parent_chat: str | None

    @property
    def digest(self) -> str:
        """What tells it from other rows, wherever it stands."""
        said = (
            self.request_id, self.session_id, self.chat, self.arrival_ns, self.input_tokens,
            self.output_tokens, self.hashes,
        )  # fmt: skip
        return blake2b(repr(said).encode(), digest_size=12).hexdigest()


def row_of(recorder: Recorder, value: Mapping[str, Any], line: int) -> Row | None:
    """The row, or None where it has neither a prompt nor an answer."""
    values = Values(recorder, value, line)
    hashes = block_hashes(value.get("hash_ids"))
    if hashes is None and value.get("hash_ids") is not None:
        values.unusable("hash_ids", "a list of block hashes")
    given, made = values.count("input_length", "input_tokens"), values.count("output_length", "output_tokens")
    if given is None and made is None and not hashes:
        return None
    chat = values.text("chat_id")
    return Row(
        line=line,
        request_id=values.text("request_id"),
        session_id=values.text("session_id"),
        arrival_ns=values.offset_ms("timestamp", "created_time") if chat is None else _seconds(value, values),
        delay_ns=values.duration_ms("delay", "delay_ms"),
        input_tokens=given,
        output_tokens=made,
        hashes=hashes,
        priority=values.priority("priority"),
        context_mode=values.text("context_mode"),
        chat=chat,
        parent_chat=values.text("parent_chat_id") if chat is not None else None,
    )


def _seconds(value: Mapping[str, Any], values: Values) -> int | None:
    stated = value.get("timestamp")
    found = fields.duration_from_s(stated)
    if found is None and stated is not None:
        values.unusable("timestamp", "a time")
    return found
