"""Whether content is a transcript: by the fields that its records have in common."""

from __future__ import annotations

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
    *lines, cut = head.split(b"\n", _LINES)
    if any(_is_record(line) for line in [*lines, cut]):
        return True
    start = (lines[0] if lines else cut)[:_CUT].lstrip()
    return start.startswith(b"{") and all(sign in start for sign in _CUT_SIGNS)


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
