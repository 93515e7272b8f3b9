"""Where a run keeps the model that answered and its tokens: LangSmith's columns, LangChain's messages, metadata.

Inputs include cached tokens: LangChain's usage is defined so, and LangSmith's wrappers add what providers leave out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agenttrace.ingest import fields

_WRITES = ("cache_creation", "cache_write")
_LIFETIMES = ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens", "ephemeral_1hr_input_tokens")


def model_of(run: Mapping[str, Any], extra: Mapping[str, Any], metadata: Mapping[str, Any]) -> str | None:
    """The model as the answer names it, else as it was asked for."""
    answer = _object(run.get("outputs"))
    asked = _object(extra.get("invocation_params"))
    told = (
        _object(_message(answer).get("response_metadata")).get("model_name"),
        _object(answer.get("llm_output")).get("model_name"),
        answer.get("model"),
        metadata.get("ls_model_name"),
        asked.get("model"),
        asked.get("model_name"),
    )
    return next((found for each in told if (found := fields.text(each)) is not None), None)


def tokens_of(run: Mapping[str, Any], metadata: Mapping[str, Any]) -> dict[str, int]:
    """Attributes with the counts. LangSmith's own columns first; a detail from wherever it stands."""
    answer = _object(run.get("outputs"))
    older = _object(_object(answer.get("llm_output")).get("token_usage"))
    sources = [
        _columns(run),
        _object(answer.get("usage_metadata")),
        _object(_message(answer).get("usage_metadata")),
        _object(metadata.get("usage_metadata")),
        {"input_tokens": older.get("prompt_tokens"), "output_tokens": older.get("completion_tokens")},
    ]
    found: dict[str, int] = {}
    for source in sources:
        for name, count in _counts(source).items():
            found.setdefault(f"gen_ai.usage.{name}", count)
    return found


def _columns(run: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "input_tokens": run.get("prompt_tokens"),
        "output_tokens": run.get("completion_tokens"),
        "input_token_details": run.get("prompt_token_details"),
        "output_token_details": run.get("completion_token_details"),
    }


def _counts(usage: Mapping[str, Any]) -> dict[str, int]:
    """Names as in OpenTelemetry. A call without any token, as pages of the API give it, is an unknown one."""
    prompt, answer = _details(usage.get("input_token_details")), _details(usage.get("output_token_details"))
    writes = [prompt.get(name) for name in _WRITES] + [_sum(prompt, _LIFETIMES)]
    told = {
        "input_tokens": fields.count(usage.get("input_tokens")),
        "output_tokens": fields.count(usage.get("output_tokens")),
        "cache_read.input_tokens": fields.count(prompt.get("cache_read")),
        "cache_write.input_tokens": next((n for each in writes if (n := fields.count(each))), None),
        "reasoning.output_tokens": fields.count(answer.get("reasoning")),
    }
    if not told["input_tokens"] and not told["output_tokens"]:
        return {}
    return {name: count for name, count in told.items() if count is not None}


def _details(value: Any) -> dict[str, Any]:
    """Counts by category; the newer API puts them a level deeper."""
    details = _object(value)
    return _object(details.get("raw")) or details


def _sum(counts: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    found = [count for name in names if (count := fields.count(counts.get(name))) is not None]
    return sum(found) if found else None


def _message(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The first message that LangChain's model gave, with or without its envelope."""
    generations = answer.get("generations")
    while isinstance(generations, list) and generations:
        generations = generations[0]
    message = _object(_object(generations).get("message"))
    return _object(message.get("kwargs")) or message


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
