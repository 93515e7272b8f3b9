"""What goes from one process to another, as bytes.

polars' own pickling holds the interpreter's lock while its threads drop what they no longer need, and a buffer
that numpy made cannot be dropped without that lock: both then wait for ever. So frames go as Arrow IPC, which
is written without the lock, and is faster.
"""

from __future__ import annotations

import io
import pickle
from typing import Any

import polars as pl


def pack(thing: object) -> bytes:
    """Bytes for `unpack`. Raises what pickling raises."""
    packed = io.BytesIO()
    _Packer(packed, pickle.HIGHEST_PROTOCOL).dump(thing)
    return packed.getvalue()


def unpack(packed: bytes) -> Any:  # noqa: ANN401  # whatever it was
    """What was packed, by a process of this program."""
    return pickle.loads(packed)  # noqa: S301  # it comes from the program that started this process, or from there


class _Packer(pickle.Pickler):
    def reducer_override(self, thing: object) -> Any:  # noqa: ANN401  # as pickle has it
        if isinstance(thing, pl.DataFrame):
            return _frame, (_as_ipc(thing),)
        if isinstance(thing, pl.Series):
            return _series, (_as_ipc(thing.to_frame()),)
        return NotImplemented


def _as_ipc(frame: pl.DataFrame) -> bytes:
    written = io.BytesIO()
    frame.write_ipc(written)
    return written.getvalue()


def _frame(written: bytes) -> pl.DataFrame:
    return pl.read_ipc(io.BytesIO(written))


def _series(written: bytes) -> pl.Series:
    return _frame(written).to_series()
