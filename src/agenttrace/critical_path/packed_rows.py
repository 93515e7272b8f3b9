"""Rows of many sessions, compressed until all of them are there."""

from __future__ import annotations

import polars as pl

_PACKED_ROWS = 1 << 14
"""So many rows are compressed together: enough to find what repeats."""


class PackedRows:
    """Frames of one schema, put below each other. Text comes back as categories where it came as such."""

    def __init__(self) -> None:
        """Nothing in it yet."""
        self._loose: list[pl.DataFrame] = []
        self._rows = 0
        self._packed: list[bytes] = []

    def add(self, frame: pl.DataFrame) -> None:
        """Some more rows."""
        self._loose.append(frame)
        self._rows += frame.height
        if self._rows >= _PACKED_ROWS:
            self._pack()

    def _pack(self) -> None:
        rows = pl.concat(self._loose, how="vertical_relaxed")
        stream = rows.write_ipc_stream(None, compression="zstd")
        self._packed.append(stream.getvalue())
        self._loose, self._rows = [], 0

    def frame(self) -> pl.DataFrame:
        """All rows, in the order in which they came; there are none here any more."""
        packed, self._packed = self._packed, []
        loose, self._loose = self._loose, []
        frames = [pl.read_ipc_stream(data) for data in packed]
        return pl.concat([*frames, *loose], how="vertical_relaxed")
