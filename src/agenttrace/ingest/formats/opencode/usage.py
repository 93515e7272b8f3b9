"""Tokens as opencode keeps them: the prompt without what was read from or written to a cache."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.usage import Tokens


def read_tokens(stated: Mapping[str, Any], *, reasoning_beside: bool = False) -> Tokens:
    """Of one step. All zeros mean that it was never finished.

    Later versions count reasoning beside the output, earlier ones as the provider did; the total tells
    which, or an output that is too small to hold it, unless it is known (`reasoning_beside`).
    """
    cache = stated.get("cache")
    cache = cache if isinstance(cache, dict) else {}
    given, output = fields.count(stated.get("input")), fields.count(stated.get("output"))
    read, written = fields.count(cache.get("read")), fields.count(cache.get("write"))
    reasoning = fields.count(stated.get("reasoning"))
    if not any((given, output, read, written)):
        return Tokens()
    if given is None:
        read = None
    else:
        given += (read or 0) + (written or 0)
    if output is not None and reasoning:
        beside = fields.count(stated.get("total")) == (given or 0) + output + reasoning
        output += reasoning if reasoning_beside or beside or reasoning > output else 0
    return Tokens(given, read, written, output, reasoning)
