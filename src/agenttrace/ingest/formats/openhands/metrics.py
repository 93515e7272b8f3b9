"""What is known of each request by the id of its response: how long it took, what it read and wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.record_fields import listed

_DEPTH = 6


@dataclass(frozen=True, slots=True)
class Tokens:
    """Of one request; `given` holds the cached ones."""

    given: int | None = None
    read: int | None = None
    written: int | None = None
    output: int | None = None
    reasoning: int | None = None


@dataclass(slots=True)
class Metrics:
    """Metrics that name their response, as early versions and the newer SDK keep them."""

    latency_ns: dict[str, int] = field(default_factory=dict)
    tokens: dict[str, Tokens] = field(default_factory=dict)

    def take(self, record: Mapping[str, Any]) -> None:
        """Whatever metrics an event holds."""
        for part in (record.get("llm_metrics"), record.get("value")):
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


def _metrics_in(value: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    if not isinstance(value, dict) or not depth:
        return
    if "token_usages" in value or "response_latencies" in value:
        yield value
    for inner in value.values():
        yield from _metrics_in(inner, depth - 1)


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in listed(value) or [] if isinstance(item, dict)]


def from_usage(usage: Mapping[str, Any]) -> Tokens:
    """Usage as the model's client reports it: its prompt holds what was read from the cache."""
    prompt, output = usage.get("prompt_tokens_details"), usage.get("completion_tokens_details")
    cached = prompt.get("cached_tokens") if isinstance(prompt, dict) else None
    reasoning = output.get("reasoning_tokens") if isinstance(output, dict) else None
    read = fields.count(cached)
    return _tokens(
        usage,
        fields.count(usage.get("cache_read_input_tokens")) if read is None else read,
        fields.count(usage.get("cache_creation_input_tokens")),
        fields.count(reasoning),
    )


def from_totals(usage: Mapping[str, Any]) -> Tokens:
    """Usage as OpenHands itself keeps it."""
    read, written = usage.get("cache_read_tokens"), usage.get("cache_write_tokens")
    reasoning = fields.count(usage.get("reasoning_tokens"))
    return _tokens(usage, fields.count(read), fields.count(written), reasoning)


def _tokens(usage: Mapping[str, Any], read: int | None, written: int | None, reasoning: int | None) -> Tokens:
    """A prompt smaller than what was read from the cache for it was counted without that."""
    given = fields.count(usage.get("prompt_tokens"))
    if given is None:
        read = None
    elif read is not None and read > given:
        given += read + (written or 0)
    return Tokens(given, read, written, fields.count(usage.get("completion_tokens")), reasoning)


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
