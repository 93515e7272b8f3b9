"""Token counts as Langfuse keeps them: an object of parts, from which its own pages add up input and output.

Everything with `input` in its name is beside the rest of the input, not in it: `input_cached_tokens` of the
OpenAI and OpenTelemetry paths, which Langfuse takes out of `input` when it stores them, and
`cache_read_input_tokens` of Anthropic, which never was in it. Details under another name (`prompt_details.*`,
as stored before that) are in it already. A stored `total` that is `input` and `output` alone says that the
writer counted its details as parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agenttrace.ingest import fields

_WHOLE = {
    "input": ("input", "prompt_tokens", "promptTokens", "input_tokens"),
    "output": ("output", "completion_tokens", "completionTokens", "output_tokens"),
}
_CACHE_READ = (
    "input_cache_read", "input_cached_tokens", "cache_read_input_tokens", "input_cache_read_tokens",
    "prompt_details.cache_read", "prompt_tokens_details.cached_tokens", "input_tokens_details.cached_tokens",
)  # fmt: skip
_CACHE_WRITE = (
    "input_cache_creation", "input_cache_creation_5m", "input_cache_creation_1h", "input_cache_write",
    "cache_creation_input_tokens", "prompt_details.cache_write",
)  # fmt: skip
_REASONING = (
    "output_reasoning", "output_reasoning_tokens", "completion_details.reasoning", "reasoning_tokens",
    "completion_tokens_details.reasoning_tokens", "output_tokens_details.reasoning_tokens",
)  # fmt: skip


def langfuse_counts(details: Mapping[str, Any]) -> dict[str, int]:
    """`input` with all that is cached, `output` with reasoning, and the parts, as far as they are told."""
    parts = _parts(details)
    found: dict[str, int] = {}
    for concept in _WHOLE:
        whole = _sum(parts, concept)
        if whole is not None:
            found[concept] = whole
    bare = [_bare(parts, concept) for concept in _WHOLE]
    told = [count for count in bare if count is not None]
    if told and sum(told) == parts.get("total") != sum(found.values()):
        found |= {concept: count for concept, count in zip(_WHOLE, bare, strict=True) if count is not None}
    reads = [parts[name] for name in _CACHE_READ if name in parts]
    writes = [parts[name] for name in _CACHE_WRITE if name in parts]
    reasoning = [parts[name] for name in _REASONING if name in parts]
    found |= {"cache_read": reads[0]} if reads else {}
    found |= {"cache_write": sum(writes)} if writes else {}
    found |= {"reasoning": reasoning[0]} if reasoning else {}
    return found


def _parts(details: Mapping[str, Any]) -> dict[str, int]:
    """The counts by name; those in an object of details with the object's name before theirs."""
    flat: dict[str, Any] = {}
    for name, value in details.items():
        nested = value.items() if isinstance(value, Mapping) else ()
        flat |= {f"{name}.{inner}": each for inner, each in nested} or {name: value}
    read = ((name, fields.count(value)) for name, value in flat.items())
    return {name: count for name, count in read if count is not None}


def _bare(parts: Mapping[str, int], concept: str) -> int | None:
    return next((parts[name] for name in _WHOLE[concept] if name in parts), None)


def _sum(parts: Mapping[str, int], concept: str) -> int | None:
    """What is beside each other. Details in an object of their own are in the whole."""
    bare = _bare(parts, concept)
    beside = [
        count
        for name, count in parts.items()
        if concept in name and name not in _WHOLE[concept] and "." not in name
    ]
    return (bare or 0) + sum(beside) if bare is not None or beside else None
