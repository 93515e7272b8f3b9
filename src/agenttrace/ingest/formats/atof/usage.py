"""What a model's answer says of its tokens and of the calls in it, in the words of several providers.

Only counts and ids are looked at. The provider's own words come before Relay's annotation, whose counts do not
say whether they include what came from a cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agenttrace.ingest import fields

_USAGE = ("usage", "token_usage", "usageMetadata", "usage_metadata")
_INPUT = ("prompt_tokens", "input_tokens", "promptTokenCount", "prompt_token_count")
_OUTPUT = ("completion_tokens", "output_tokens", "candidatesTokenCount", "candidates_token_count")
_CACHE_READ = ("cache_read_tokens", "cached_tokens", "cachedContentTokenCount", "cached_content_token_count")
_REASONING = ("reasoning_tokens", "thoughtsTokenCount", "thoughts_token_count")
_DETAILS = ("prompt_tokens_details", "input_tokens_details")
_OUTPUT_DETAILS = ("completion_tokens_details", "output_tokens_details")
_ANTHROPIC_READ, _ANTHROPIC_WRITE = "cache_read_input_tokens", "cache_creation_input_tokens"
_ID = ("id", "call_id", "tool_call_id")
_CALLS = ("tool_use", "function_call", "tool_call")

Found = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tokens:
    """Counts of an answer; the input includes what came from the cache."""

    input: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    output: int | None = None
    reasoning: int | None = None


NO_TOKENS = Tokens()


def tokens_of(annotation: Found, answer: Found) -> Tokens:
    """The counts of the first of both that has any."""
    for held in (answer, _object(answer.get("response")), _object(answer.get("message")), annotation):
        for name in _USAGE:
            found = _counts(_object(held.get(name)))
            if found != NO_TOKENS:
                return found
    return NO_TOKENS


def _counts(usage: Found) -> Tokens:
    whole = _first(usage, _INPUT)
    read, write = fields.count(usage.get(_ANTHROPIC_READ)), fields.count(usage.get(_ANTHROPIC_WRITE))
    if whole is not None and (read is not None or write is not None):
        whole += (read or 0) + (write or 0)
    if read is None:
        read = _first(usage, _CACHE_READ)
    if read is None:
        read = _detail(usage, _DETAILS, "cached_tokens")
    if write is None:
        write = fields.count(usage.get("cache_write_tokens"))
    reasoning = _first(usage, _REASONING)
    if reasoning is None:
        reasoning = _detail(usage, _OUTPUT_DETAILS, "reasoning_tokens")
    return Tokens(whole, read, write, _first(usage, _OUTPUT), reasoning)


def call_ids(annotation: Found, answer: Found) -> Iterator[str]:
    """The ids of the tool calls in an answer, each once."""
    seen: set[str] = set()
    for held in (annotation, answer, _object(answer.get("response"))):
        for call in _calls(held):
            found = next((name for key in _ID if (name := fields.text(call.get(key)))), None)
            if found is not None and found not in seen:
                seen.add(found)
                yield found


def _calls(answer: Found) -> Iterator[Found]:
    yield from _objects(answer.get("tool_calls"))
    for choice in _objects(answer.get("choices")):
        yield from _objects(_object(choice.get("message")).get("tool_calls"))
    for blocks in ("content", "output"):
        for block in _objects(answer.get(blocks)):
            if block.get("type") in _CALLS:
                yield {"id": block["call_id"]} if "call_id" in block else block


def _objects(value: Any) -> Iterator[Found]:
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def _object(value: Any) -> Found:
    return value if isinstance(value, dict) else {}


def _first(held: Found, names: tuple[str, ...]) -> int | None:
    return next((found for name in names if (found := fields.count(held.get(name))) is not None), None)


def _detail(usage: Found, places: tuple[str, ...], name: str) -> int | None:
    found = (fields.count(_object(usage.get(place)).get(name)) for place in places)
    return next((value for value in found if value is not None), None)
