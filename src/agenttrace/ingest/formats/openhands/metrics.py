"""What is known of each request by the id of its response: how long it took, what it read and wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.record_fields import listed
from agenttrace.ingest.usage import Tokens, made_alike

_DEPTH = 6


@dataclass(slots=True)
class Metrics:
    """Metrics that name their response, as early versions and the newer SDK keep them."""

    latency_ns: dict[str, int] = field(default_factory=dict)
    tokens: dict[str, Tokens] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)

    def take(self, record: Mapping[str, Any]) -> None:
        """Whatever metrics an event holds, or the state of a conversation."""
        for part in (record.get("llm_metrics"), record.get("value"), record.get("stats")):
            for metrics in _metrics_in(part, _DEPTH):
                self._take(metrics)

    def _take(self, metrics: Mapping[str, Any]) -> None:
        for latency in _objects(metrics.get("response_latencies")):
            name = fields.text(latency.get("response_id"))
            length = fields.duration_from_s(latency.get("latency"))
            if name is not None and length is not None:
                self.latency_ns[name] = length
        for usage in _objects(metrics.get("token_usages")):
            if (name := fields.text(usage.get("response_id"))) is not None:
                self.tokens[name] = from_totals(usage)
                if (model := fields.text(usage.get("model"))) is not None:
                    self.models[name] = model


def _metrics_in(value: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    if not isinstance(value, dict) or not depth:
        return
    if "token_usages" in value or "response_latencies" in value:
        yield value
    for inner in value.values():
        yield from _metrics_in(inner, depth - 1)


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in listed(value) or [] if isinstance(item, dict)]


def from_totals(usage: Mapping[str, Any]) -> Tokens:
    """Usage as OpenHands itself keeps it."""
    names = (
        "prompt_tokens",
        "cache_read_tokens",
        "cache_write_tokens",
        "completion_tokens",
        "reasoning_tokens",
    )
    return made_alike(*(fields.count(usage.get(name)) for name in names))


def between(before: Tokens, after: Tokens) -> Tokens | None:
    """What was added to running totals; None where they did not grow, for then they are of something else."""
    given, output = _added(before.given, after.given), _added(before.output, after.output)
    if not given or output is None:
        return None
    read, written = _added(before.read, after.read), _added(before.written, after.written)
    return Tokens(given, read if read is None or read <= given else None, written, output)


def _added(before: int | None, after: int | None) -> int | None:
    if after is None or after < (before or 0):
        return None
    return after - (before or 0)
