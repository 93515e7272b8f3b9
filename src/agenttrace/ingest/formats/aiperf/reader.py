"""The format as the rest of agenttrace sees it. What reads it is loaded where a file needs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.head import Head
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source

_IDS = ("x_request_id", "x_correlation_id", "worker_id")

_STARTS = ("request_start_ns", "timestamp_ns")


class AiPerf:
    """The records that AIPerf exports of a benchmark."""

    id = "aiperf"
    companions: tuple[str, ...] = ()
    facts = FormatFacts(
        about="AIPerf: profile_export.jsonl, and the raw records of profile_export_raw.jsonl",
        containers=("JSON lines",),
        measured=("requests", "time to first token", "tokens", "errors", "cancellations"),
        derived=("decode", "conversations as sessions, with subagents"),
        untold=(
            "queue and prefill apart",
            "tools and users: what a conversation waits for between its turns",
            "the model's name",
            "warmup is left out, and said",
        ),
    )

    def sniff(self, head: Head) -> bool:
        """A line with `metadata` of a request, and `metrics` or raw `responses` beside it."""
        return any(map(_is_record, head.objects))

    def read(self, source: Source, recorder: Recorder) -> None:
        """One request for each record of the profiling phase."""
        from agenttrace.ingest.formats.aiperf.reading import read_records  # noqa: PLC0415

        read_records(source, recorder)


def _is_record(record: Mapping[str, Any]) -> bool:
    metadata = record.get("metadata")
    if not isinstance(metadata, dict) or not any(name in metadata for name in _IDS):
        return False
    raw = "start_perf_ns" in record and isinstance(record.get("responses"), list)
    return any(name in metadata for name in _STARTS) and (isinstance(record.get("metrics"), dict) or raw)
