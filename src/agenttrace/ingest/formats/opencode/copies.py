"""Messages that a fork copied: their times are those of the session that they come from, their ids are new.

An id tells when it was made: its first twelve digits are milliseconds, of which the lowest 36 bits are kept, and
a counter of twelve bits. (id/id.ts)
"""

from __future__ import annotations

import re

_ID = re.compile(r"msg_([0-9a-f]{12})[0-9A-Za-z]{14}")
_COUNTER_BITS, _KEPT_BITS = 12, 36
_LATEST_MS = 5_000
"""A message of the session's own has its id when it is made."""


def is_copy(message_id: str, created_ns: int | None) -> bool:
    """Whether the id is younger than the message."""
    found = _ID.fullmatch(message_id)
    if found is None or created_ns is None:
        return False
    made_ms = int(found[1], 16) >> _COUNTER_BITS
    later_ms = (made_ms - created_ns // 1_000_000) % (1 << _KEPT_BITS)
    return _LATEST_MS < later_ms < 1 << (_KEPT_BITS - 1)
