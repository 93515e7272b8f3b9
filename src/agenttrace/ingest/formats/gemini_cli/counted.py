"""Tokens of requests in the outfile: the spans have the times, and log records beside them the counts.

The record of an answer is written when its span ends, and states the same length.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.telemetry.plain import PlainSpan
from agenttrace.ingest.telemetry.values import Scalar

_SESSION = "gen_ai.conversation.id"
_APART_NS = 50_000_000
_MOST_AT_ONCE = 64
"""Records that end with a span, of which one is looked for: nobody has as many requests at once."""

_LONG = ("gen_ai.system_instructions", "gen_ai.tool.definitions")
"""Attributes that repeat the same long text, of which nothing is read."""


@dataclass(frozen=True, slots=True)
class _Count:
    end_ns: int
    length_ns: int
    tokens: dict[str, Scalar]


@dataclass(slots=True)
class CountedRequests:
    """Spans of requests until the file ends, for the counts may stand behind them."""

    _spans: list[tuple[PlainSpan, int]] = field(default_factory=list)
    _counts: dict[str, list[_Count]] = field(default_factory=lambda: defaultdict(list))

    def hold(self, span: PlainSpan, line: int) -> bool:
        """Keeps a span if it is of a request without tokens."""
        is_request = span.attributes.get("gen_ai.operation.name") == "llm_call"
        if not is_request or "gen_ai.usage.input_tokens" in span.attributes:
            return False
        attributes = {name: value for name, value in span.attributes.items() if name not in _LONG}
        self._spans.append((replace(span, attributes=attributes), line))
        return True

    def note(self, attributes: dict[str, Any], end_ns: int) -> None:
        """A log record: of an answer it has the counts."""
        session = fields.text(attributes.get("session.id"))
        length_ns = fields.duration_from_ms(attributes.get("duration_ms"))
        if attributes.get("event.name") != "gemini_cli.api_response" or session is None:
            return
        if end_ns and length_ns is not None:
            self._counts[session].append(_Count(end_ns, length_ns, _tokens(attributes)))

    def spans(self) -> Iterator[tuple[PlainSpan, int]]:
        """All that were kept, in their order, with the counts of the record that fits best."""
        for counts in self._counts.values():
            counts.sort(key=_end_of)
        used: set[int] = set()
        for span, line in self._spans:
            counts = self._counts.get(str(span.attributes.get(_SESSION)), [])
            low = bisect_left(counts, span.end_ns - _APART_NS, key=_end_of)
            high = bisect_right(counts, span.end_ns + _APART_NS, key=_end_of)
            near = [count for count in counts[low : min(high, low + _MOST_AT_ONCE)] if id(count) not in used]
            best = min(near, key=lambda count: _apart_ns(span, count), default=None)
            if best is None or _apart_ns(span, best) > _APART_NS:
                yield span, line
                continue
            used.add(id(best))
            yield replace(span, attributes={**span.attributes, **best.tokens}), line


def _end_of(count: _Count) -> int:
    return count.end_ns


def _apart_ns(span: PlainSpan, count: _Count) -> int:
    return max(abs(span.end_ns - count.end_ns), abs(span.start_ns - (count.end_ns - count.length_ns)))


def _tokens(attributes: dict[str, Any]) -> dict[str, Scalar]:
    """As attributes of a span. Thoughts are counted beside the output."""
    output = fields.count(attributes.get("output_token_count"))
    thoughts = fields.count(attributes.get("thoughts_token_count"))
    found: dict[str, int | None] = {
        "gen_ai.usage.input_tokens": fields.count(attributes.get("input_token_count")),
        "gen_ai.usage.cache_read.input_tokens": fields.count(attributes.get("cached_content_token_count")),
        "gen_ai.usage.output_tokens": None if output is None else output + (thoughts or 0),
        "gen_ai.usage.reasoning.output_tokens": thoughts,
    }
    return {name: value for name, value in found.items() if value is not None}
