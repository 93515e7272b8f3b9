"""Tokens of requests, with one meaning: the input includes what was read from and written to a cache."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from agenttrace.ingest import fields
from agenttrace.ingest.telemetry import names
from agenttrace.ingest.telemetry.arrow import Ints, Mask, labelled
from agenttrace.ingest.telemetry.classify import Classes
from agenttrace.ingest.telemetry.concepts import counts, holds, nullable
from agenttrace.ingest.telemetry.notes import Notes
from agenttrace.ingest.telemetry.roles import Dialect, Role
from agenttrace.ingest.telemetry.spans import Spans
from agenttrace.ingest.telemetry.usage import langfuse_counts
from agenttrace.ingest.telemetry.values import UNKNOWN, texts
from agenttrace.model.vocabulary import Severity, TokenQuality

_CONCEPTS = {
    "input": names.INPUT_TOKENS,
    "output": names.OUTPUT_TOKENS,
    "cache_read": names.CACHE_READ_TOKENS,
    "cache_write": names.CACHE_WRITE_TOKENS,
    "reasoning": names.REASONING_TOKENS,
}
_QUALITY = tuple(TokenQuality)


def count_tokens(spans: Spans, classes: Classes, ended: Mask, notes: Notes) -> Mapping[str, Any]:
    """Columns of RAW_SPANS. Only requests have tokens: what agents and roots carry are sums of them."""
    requests = classes.has_role(Role.REQUEST)
    found = {concept: counts(spans, table, notes) for concept, table in _CONCEPTS.items()}
    _from_documents(spans, found)
    _from_langfuse(spans, found)
    uncached = counts(spans, names.UNCACHED_TOKENS, notes)
    known = {concept: np.where(requests, values, UNKNOWN) for concept, values in found.items()}
    whole = _whole_input(known, uncached, classes, spans, notes)
    final = (known["output"] != UNKNOWN) & ended
    quality = np.where(final, _QUALITY.index(TokenQuality.FINAL), UNKNOWN)
    guessed = holds(spans, names.ESTIMATED_USAGE) & (known["output"] != UNKNOWN)
    quality = np.where(guessed, _QUALITY.index(TokenQuality.ESTIMATED), quality)
    return {
        "input_tokens": nullable(whole),
        "cache_read_tokens": nullable(known["cache_read"]),
        "cache_write_tokens": nullable(known["cache_write"]),
        "output_tokens": nullable(known["output"]),
        "reasoning_tokens": nullable(known["reasoning"]),
        "output_quality": labelled(quality, _QUALITY, UNKNOWN),
    }


def _whole_input(
    known: Mapping[str, Ints], uncached: Ints, classes: Classes, spans: Spans, notes: Notes
) -> Ints:
    """Claude Code leaves cached tokens out; so did anyone whose parts are more than their whole."""
    said = known["input"]
    cached = np.maximum(known["cache_read"], 0) + np.maximum(known["cache_write"], 0)
    claude = classes.speaks(Dialect.CLAUDE_CODE)
    exceeded = ~claude & (said != UNKNOWN) & (cached > said)
    notes.note(
        "input_without_cache",
        Severity.INFO,
        "more cached tokens than input tokens: the input was given without them, and they are added",
        spans.line,
        exceeded,
    )
    whole = np.where((claude | exceeded) & (said != UNKNOWN), said + cached, said)
    parts = np.where((uncached != UNKNOWN) & (whole == UNKNOWN), uncached + cached, whole)
    return np.where(classes.has_role(Role.REQUEST), parts, UNKNOWN)


def _from_documents(spans: Spans, found: dict[str, Ints]) -> None:
    """Counts that stand in a JSON object, where no attribute of their own has them."""
    for name, keys in names.USAGE_DOCUMENTS:
        attribute = spans.attributes.get(name)
        if attribute is None:
            continue
        for row, text in zip(attribute.rows.tolist(), texts(attribute.values).to_pylist(), strict=True):
            for concept, count in _usage(text, keys):
                if found[concept][row] == UNKNOWN:
                    found[concept][row] = count


def _from_langfuse(spans: Spans, found: dict[str, Ints]) -> None:
    """Counts in Langfuse's own object, whose parts are beside each other and not in each other."""
    attribute = spans.attributes.get(names.LANGFUSE_USAGE)
    if attribute is None:
        return
    for row, text in zip(attribute.rows.tolist(), texts(attribute.values).to_pylist(), strict=True):
        for concept, count in langfuse_counts(_document(text)).items():
            if found[concept][row] == UNKNOWN:
                found[concept][row] = count


def _document(text: str | None) -> dict[str, Any]:
    try:
        document = msgspec.json.decode(text or "{}")
    except (msgspec.DecodeError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _usage(text: str | None, keys: Mapping[str, str]) -> list[tuple[str, int]]:
    document = _document(text)
    read = [(concept, fields.count(document.get(key))) for key, concept in keys.items()]
    return [(concept, count) for concept, count in read if count is not None]
