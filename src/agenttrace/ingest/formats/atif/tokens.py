"""The metrics of a step, as tokens of a request."""

from __future__ import annotations

from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.formats.atif.steps import RELAY, Step
from agenttrace.ingest.recorder import Recorder
from agenttrace.model.vocabulary import Severity

_WRITTEN = ("cache_creation_input_tokens", "cache_write_tokens")


def tokens_of(step: Step, line: int, recorder: Recorder) -> dict[str, int | None]:
    """Columns of tokens. Prompt tokens include cached ones; NeMo Relay counts those written among the cached."""
    held, extra = step.metrics, step.metrics.get("extra")
    more: dict[str, Any] = extra if isinstance(extra, dict) else {}
    cached = fields.count(held.get("cached_tokens"))
    if cached and step.ran.framework == RELAY:
        what = "cached tokens that hold those written to the cache: not used"
        recorder.finding("cached_tokens_hold_writes", Severity.INFO, what, line=line)
        cached = None
    details = more.get("completion_tokens_details")
    nested = details.get("reasoning_tokens") if isinstance(details, dict) else None
    reasoning = fields.count(more.get("reasoning_tokens"))
    return {
        "input_tokens": fields.count(held.get("prompt_tokens")),
        "output_tokens": fields.count(held.get("completion_tokens")),
        "cache_read_tokens": cached,
        "cache_write_tokens": next(
            (found for name in _WRITTEN if (found := fields.count(more.get(name))) is not None), None
        ),
        "reasoning_tokens": reasoning if reasoning is not None else fields.count(nested),
    }
