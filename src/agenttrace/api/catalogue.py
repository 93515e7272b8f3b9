"""`formats`, `schema` and `sample`: what is known, and something to try it on."""

from __future__ import annotations

from typing import Any

from agenttrace import samples
from agenttrace.ingest import registry
from agenttrace.ingest.facts import FormatFacts
from agenttrace.model.documents import json_schema
from agenttrace.model.schema import TABLES


def formats() -> dict[str, FormatFacts]:
    """What can be read, by the id of the format, and what each format tells.

    >>> import agenttrace
    >>> agenttrace.formats()["dynamo"].measured[:3]
    ('queue', 'prefill', 'decode')
    """
    return {known.id: known.facts for known in registry.formats()}


def schema() -> dict[str, dict[str, Any]]:
    """The tables of a trace by name, each as the JSON Schema of a row.

    >>> import agenttrace
    >>> list(agenttrace.schema())[:3]
    ['sessions', 'agents', 'spans']
    """
    return {table.name: json_schema(table) for table in TABLES}


def sample(name: str, *, seed: int = samples.DEFAULT_SEED, format_id: str = samples.CLAUDE_CODE) -> bytes:
    """A sample trace, made up from a seed; the same seed gives the same bytes. UsageError for an unknown name.

    >>> import agenttrace
    >>> agenttrace.sample("fan-out", format_id="dynamo") == agenttrace.sample("fan-out", format_id="dynamo")
    True
    """
    return samples.sample_bytes(name, seed=seed, format_id=format_id)
