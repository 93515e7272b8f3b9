"""Whether content is a transcript: by the fields that its records have in common."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Raw, Struct
from msgspec.json import Decoder

from agenttrace.ingest.formats.claude_code.documents import is_document
from agenttrace.ingest.formats.claude_code.kinds import BOOKKEEPING, CHAINED
from agenttrace.ingest.formats.claude_code.records import NOTHING

_LINES = 32
_CUT = 2_000
_CUT_SIGNS = (b'"parentUuid":', b'"isSidechain":')


class _Signs(Struct, gc=False, rename="camel"):
    """Fields by which a record is known."""

    type: str | None = None
    uuid: str | None = None
    session_id: str | None = None
    leaf_uuid: str | None = None
    message_id: str | None = None
    parent_uuid: Raw = NOTHING


_DECODER = Decoder(_Signs)


def is_transcript(head: bytes) -> bool:
    """Whether one of the first lines is a record of a transcript, or the whole is a list of them."""
    if is_document(head):
        return True
    if any(map(_is_record, _first_lines(head))):
        return True
    start = next(_first_lines(head))[:_CUT].lstrip()
    return start.startswith(b"{") and all(sign in start for sign in _CUT_SIGNS)


def _first_lines(head: bytes) -> Iterator[bytes]:
    """One after the other, for the first ones tell it mostly; the last one is all the rest."""
    begin = 0
    for _ in range(_LINES):
        end = head.find(b"\n", begin)
        if end < 0:
            break
        yield head[begin:end]
        begin = end + 1
    yield head[begin:]


def _is_record(line: bytes) -> bool:
    try:
        signs = _DECODER.decode(line)
    except (ValueError, RecursionError):
        return False
    if signs.type in CHAINED:
        return bool(signs.uuid and signs.session_id) and signs.parent_uuid is not NOTHING
    if signs.type in BOOKKEEPING:
        return bool(signs.session_id or signs.leaf_uuid or signs.message_id)
    return False
