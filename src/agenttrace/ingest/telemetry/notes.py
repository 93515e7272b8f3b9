"""What a chunk of spans gave reason to note: findings, with the line of the first one."""

from __future__ import annotations

import numpy as np

from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.telemetry.arrow import Ints, Mask
from agenttrace.model.vocabulary import Severity


class Notes:
    """Writes findings for all rows that a mask marks."""

    def __init__(self, recorder: Recorder) -> None:
        """Findings go to `recorder`."""
        self._recorder = recorder

    def note(self, code: str, severity: Severity, example: str, lines: Ints, where: Mask) -> None:
        """A finding for each marked row, if there are any."""
        if where.any():
            line = int(lines[int(np.argmax(where))])
            self._recorder.finding(code, severity, example, line=line, count=int(where.sum()))

    def unusable(self, name: str, lines: Ints, rows: Ints) -> None:
        """Values, of these rows, that are not of the type that the attribute's name promises."""
        self._of_rows(
            "unusable_value", Severity.WARNING, f"{name} is not what it should be: left out", lines, rows
        )

    def negative(self, name: str, lines: Ints, rows: Ints) -> None:
        """Negative durations, of these rows."""
        self._of_rows("negative_value", Severity.INFO, f"{name} is negative: unknown", lines, rows)

    def _of_rows(self, code: str, severity: Severity, example: str, lines: Ints, rows: Ints) -> None:
        if len(rows):
            line = int(lines[int(rows.min())])
            self._recorder.finding(code, severity, example, line=line, count=len(rows))
