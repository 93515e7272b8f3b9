"""What a format makes of one file, with instants in seconds: raw rows by key."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agenttrace.ingest.source import Source
from unit.ingest.readings import Reading, Row, lines, read_source

__all__ = ["Row", "lines"]

SECOND = 10**9
EPOCH = datetime(2026, 3, 1, 12, tzinfo=UTC)
EPOCH_NS = int(EPOCH.timestamp()) * SECOND
SAMPLES = Path(__file__).resolve().parents[3] / "sample_traces"


def ns(seconds: float) -> int:
    """Unix nanoseconds of an instant, whole milliseconds."""
    return EPOCH_NS + round(seconds * 1000) * 10**6


def ms(seconds: float) -> int:
    """The same in Unix milliseconds."""
    return ns(seconds) // 10**6


def iso(seconds: float) -> str:
    """The same as JavaScript writes it."""
    moment = EPOCH + timedelta(milliseconds=round(seconds * 1000))
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


@dataclass(frozen=True)
class RawReading(Reading):
    """The raw rows of a file whose instants are seconds after EPOCH."""

    def of(self, kind: str) -> list[Row]:
        """The spans of a kind, in order of their end."""
        return sorted(super().of(kind), key=lambda span: span["end_ns"] or 0)

    def seconds(self, key: str) -> tuple[float | None, float | None]:
        """Start and end of a span in seconds."""
        return self.bounds(key, EPOCH_NS)

    def evidence(self, key: str) -> tuple[str, str]:
        """Evidence of start and end of a span."""
        return self.spans[key]["start_evidence"], self.spans[key]["end_evidence"]


def read_raw(format_id: str, content: bytes | Path) -> RawReading:
    """The raw rows of content, or of a file, which may have others beside it."""
    source = Source("test", content) if isinstance(content, bytes) else Source(str(content))
    found = read_source(format_id, source)
    return RawReading(**{field.name: getattr(found, field.name) for field in fields(found)})
