"""The files of the storage beside each other: the parts of a message lie in a folder named after it.

`message/<session>/<message>.json` and `part/<message>/<part>.json`; early versions have the session's folder
around that of the message, too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from agenttrace.ingest.json_text import parsed
from agenttrace.ingest.record_fields import FieldReader
from agenttrace.ingest.source import Source
from agenttrace.model.vocabulary import Severity

_SAFE = re.compile(r"[A-Za-z0-9_-]{1,100}")


def parts_of(source: Source, message: Mapping[str, Any], reader: FieldReader) -> list[dict[str, Any]]:
    """The parts of a message in the storage, in the order of their ids."""
    session_id, message_id = message.get("sessionID"), message.get("id")
    if not (_is_safe(session_id) and _is_safe(message_id)):
        return []
    for folder in (f"../../part/{message_id}", f"../../part/{session_id}/{message_id}"):
        names = [name for name in source.siblings(folder) if name.endswith(".json")]
        if names:
            found = [parsed(source.sibling(f"{folder}/{name}") or b"") for name in names]
            broken = sum(not isinstance(part, dict) for part in found)
            if broken:
                what = "a part of a message that cannot be read: left out"
                reader.recorder.finding("broken_document", Severity.WARNING, what, count=broken)
            return [part for part in found if isinstance(part, dict)]
    return []


def message_exists(source: Source, part: Mapping[str, Any]) -> bool:
    """Whether the message of a part is in the same storage."""
    session_id, message_id = part.get("sessionID"), part.get("messageID")
    if not (_is_safe(session_id) and _is_safe(message_id)):
        return False
    paths = (f"{up}/message/{session_id}/{message_id}.json" for up in ("../..", "../../.."))
    return any(source.sibling(path) is not None for path in paths)


def _is_safe(value: Any) -> bool:
    """An id becomes a part of a path, so it may hold nothing that leads elsewhere."""
    return isinstance(value, str) and _SAFE.fullmatch(value) is not None
