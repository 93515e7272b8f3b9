"""Token usage as the APIs of models and their common clients report it, made alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agenttrace.ingest import fields


@dataclass(frozen=True, slots=True)
class Tokens:
    """Of one request; `given` holds the cached ones, `output` those of reasoning."""

    given: int | None = None
    read: int | None = None
    written: int | None = None
    output: int | None = None
    reasoning: int | None = None


def from_usage(usage: Mapping[str, Any]) -> Tokens:
    """Usage of chat completions or of responses, also as a client writes it that speaks to all providers."""
    given = _first(usage, "prompt_tokens", "input_tokens")
    prompt = _inner(usage, "prompt_tokens_details", "input_tokens_details")
    output = _inner(usage, "completion_tokens_details", "output_tokens_details")
    read = fields.count(prompt.get("cached_tokens"))
    return made_alike(
        given,
        fields.count(usage.get("cache_read_input_tokens")) if read is None else read,
        fields.count(usage.get("cache_creation_input_tokens")),
        _first(usage, "completion_tokens", "output_tokens"),
        fields.count(output.get("reasoning_tokens")),
    )


def made_alike(
    given: int | None, read: int | None, written: int | None, output: int | None, reasoning: int | None
) -> Tokens:
    """A prompt smaller than what was read from the cache for it was counted without that."""
    if given is None:
        read = None
    elif read is not None and read > given:
        given += read + (written or 0)
    return Tokens(given, read, written, output, reasoning)


def _first(usage: Mapping[str, Any], *names: str) -> int | None:
    found = (fields.count(usage.get(name)) for name in names)
    return next((count for count in found if count is not None), None)


def _inner(usage: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    return next((inner for name in names if isinstance(inner := usage.get(name), dict)), {})
