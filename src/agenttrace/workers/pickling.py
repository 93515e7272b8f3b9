"""Pieces and results as bytes. Frames of polars travel as Arrow streams: its own serialisation may wait for ever."""

from __future__ import annotations

import copyreg
import io
import pickle
import sys
from typing import Any


def packed(value: object) -> bytes:
    """The value as bytes. Raises what pickle raises where it cannot be."""
    stream = io.BytesIO()
    pickler = pickle.Pickler(stream, pickle.HIGHEST_PROTOCOL)
    polars = sys.modules.get("polars")
    if polars is not None:
        reducers: dict[Any, Any] = {polars.DataFrame: _reduced_frame, polars.Series: _reduced_series}
        pickler.dispatch_table = {**copyreg.dispatch_table, **reducers}
    pickler.dump(value)
    return stream.getvalue()


def unpacked(data: bytes) -> Any:  # noqa: ANN401  # whatever was packed
    """The value in these bytes, which come from a process of this program."""
    return pickle.loads(data)  # noqa: S301


def _reduced_frame(frame: Any) -> tuple[Any, ...]:  # noqa: ANN401  # polars may not be loaded
    stream = io.BytesIO()
    frame.write_ipc_stream(stream)
    return _frame, (stream.getvalue(),)


def _frame(stream: bytes) -> Any:  # noqa: ANN401
    import polars as pl  # noqa: PLC0415  # only where there are frames

    return pl.read_ipc_stream(io.BytesIO(stream))


def _reduced_series(series: Any) -> tuple[Any, ...]:  # noqa: ANN401
    return _series, (series.to_frame(),)


def _series(frame: Any) -> Any:  # noqa: ANN401
    return frame.to_series()
