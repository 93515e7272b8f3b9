"""Tokens as the text of a request's announcement has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.usage import Tokens


def read_tokens(told: Mapping[str, Any]) -> Tokens:
    """Of one request. All zeros mean that nothing was counted.

    Cline keeps the prompt without what was read from or written to a cache; Roo Code with it, since it names
    the protocol (`apiProtocol`): unless its prompt is too small to hold that.
    """
    given, output = fields.count(told.get("tokensIn")), fields.count(told.get("tokensOut"))
    read, written = fields.count(told.get("cacheReads")), fields.count(told.get("cacheWrites"))
    if not any((given, output, read, written)):
        return Tokens()
    if given is None:
        return Tokens(None, None, written, output)
    cached = (read or 0) + (written or 0)
    if "apiProtocol" not in told or given < cached:
        given += cached
    return Tokens(given, read, written, output)
