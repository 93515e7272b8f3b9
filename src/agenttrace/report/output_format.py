"""The forms in which `analyze` answers; alone, so that naming one loads nothing."""

from __future__ import annotations

from enum import StrEnum


class OutputFormat(StrEnum):
    """What `--format` takes."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    MD = "md"

    @property
    def is_for_people(self) -> bool:
        """Whether it is read, and so shows findings by itself."""
        return self in {OutputFormat.TABLE, OutputFormat.MD}
