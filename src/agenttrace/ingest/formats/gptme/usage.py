"""Tokens as gptme notes them with an answer: the prompt without what a cache was read or written for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agenttrace.ingest import fields
from agenttrace.model.vocabulary import TokenQuality


def tokens_of(about: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a request. Early versions note the counts beside the model, later ones in `usage`."""
    usage = about.get("usage")
    told: Mapping[str, Any] = usage if isinstance(usage, dict) else about
    names = (
        "input_tokens",
        "cache_read_tokens",
        "cache_creation_tokens",
        "output_tokens",
        "reasoning_tokens",
    )
    given, read, written, output, reasoning = (fields.count(told.get(name)) for name in names)
    return {
        "input_tokens": None if given is None else given + (read or 0) + (written or 0),
        "cache_read_tokens": None if given is None else read,
        "cache_write_tokens": written,
        "output_tokens": output,
        "reasoning_tokens": reasoning,
        "output_quality": None if output is None else TokenQuality.FINAL,
    }
