"""One record, one request: when it was sent, when it was answered, how much was read and written.

Facts of the format: the models `MetricRecordMetadata` and `MetricRecordInfo` of ai-dynamo/aiperf, and its metrics
reference. Start and end are wall-clock nanoseconds; the metrics are differences of a performance counter.
"""

from __future__ import annotations

from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.formats.aiperf.metrics import Metrics
from agenttrace.ingest.stretches import Stretch
from agenttrace.model.vocabulary import Evidence, SpanKind, Status

Record = dict[str, Any]


def request_of(
    record: Record, metadata: Record, line: int, session_key: str, agent_key: str | None
) -> Stretch | None:
    """The request; None where the record does not say when it was sent."""
    metrics = Metrics(record.get("metrics"))
    start_ns = _start(metadata, metrics)
    if start_ns is None:
        return None
    latency_ns = metrics.duration_ns("request_latency")
    end_ns = fields.instant(metadata.get("request_end_ns"))
    stated = end_ns is not None and end_ns >= start_ns
    if not stated:
        end_ns = start_ns + latency_ns if latency_ns is not None else None
    first_ns, evidence = _first_token(record, metrics, start_ns)
    request_id = fields.text(metadata.get("x_request_id"))
    return Stretch(
        session_key=session_key,
        key=_key(request_id, agent_key, metadata, start_ns),
        kind=SpanKind.REQUEST,
        line=line,
        agent_key=agent_key,
        start_ns=start_ns,
        end_ns=end_ns,
        end_evidence=Evidence.MEASURED if stated else Evidence.DERIVED,
        status=_status(record, metadata),
        error=_error(record.get("error")),
        client_request_id=request_id,
        first_token_ns=first_ns,
        first_token_evidence=evidence,
        last_token_ns=_last_token(start_ns, latency_ns, end_ns),
        itl_ns=metrics.duration_ns("inter_token_latency"),
        input_tokens=metrics.tokens("usage_prompt_tokens", "input_sequence_length", "error_isl"),
        cache_read_tokens=metrics.tokens("usage_prompt_cache_read_tokens"),
        cache_write_tokens=metrics.tokens("usage_prompt_cache_write_tokens"),
        output_tokens=metrics.tokens("usage_completion_tokens", "output_sequence_length"),
        reasoning_tokens=metrics.tokens("usage_reasoning_tokens", "reasoning_token_count"),
    )


def _start(metadata: Record, metrics: Metrics) -> int | None:
    """Files of October 2025 call it `timestamp_ns`."""
    for name in ("request_start_ns", "timestamp_ns"):
        if (found := fields.instant(metadata.get(name))) is not None:
            return found
    return metrics.instant_ns("min_request_timestamp")


def _key(request_id: str | None, agent_key: str | None, metadata: Record, start_ns: int) -> str:
    if request_id is not None:
        return f"aiperf:{request_id}"
    turn = fields.small_count(metadata.get("turn_index"))
    return f"{agent_key or 'aiperf'}:{turn}@{start_ns}"


def _last_token(start_ns: int, latency_ns: int | None, end_ns: int | None) -> int | None:
    """The latency ends with the last answer; the end of the connection is a little later."""
    if latency_ns is None:
        return None
    last_ns = start_ns + latency_ns
    return last_ns if end_ns is None or last_ns <= end_ns else end_ns


def _first_token(record: Record, metrics: Metrics, start_ns: int) -> tuple[int | None, Evidence]:
    """Stated as a duration; in raw records there is only the first chunk, which need not hold a token yet."""
    duration_ns = metrics.duration_ns("time_to_first_token", "ttft")
    if duration_ns is not None:
        return start_ns + duration_ns, Evidence.MEASURED
    sent = fields.integer(record.get("start_perf_ns"))
    answers = record.get("responses")
    if sent is None or not isinstance(answers, list):
        return None, Evidence.UNKNOWN
    came = [fields.integer(answer.get("perf_ns")) for answer in answers if isinstance(answer, dict)]
    known = [instant for instant in came if instant is not None and instant >= sent]
    if len(known) < 2:
        return None, Evidence.UNKNOWN
    return fields.instant(start_ns + min(known) - sent), Evidence.BOUNDED


def _status(record: Record, metadata: Record) -> Status:
    if metadata.get("was_cancelled") is True:
        return Status.CANCELLED
    return Status.ERROR if record.get("error") else Status.OK


def _error(error: Any) -> str | None:
    if not isinstance(error, dict):
        return None
    code = fields.integer(error.get("code"))
    return fields.text(error.get("type")) or (f"HTTP {code}" if code is not None else None)
