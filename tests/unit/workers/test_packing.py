"""What goes from one process to another comes out as it was, and never by polars' own pickling."""

from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from agenttrace.workers.packing import pack, unpack


@dataclass(frozen=True)
class Holder:
    frame: pl.DataFrame
    series: pl.Series
    table: pa.Table


def _frame() -> pl.DataFrame:
    made = pl.DataFrame({"text": ["a", "b", None], "number": np.arange(3)})
    return made.with_columns(
        word=pl.col("text").cast(pl.Enum(["b", "a"])),
        name=pl.col("text").cast(pl.Categorical),
        hashes=pl.Series([[2**63], [], None], dtype=pl.List(pl.UInt64)),
    )


@pytest.mark.parametrize("frame", [_frame(), _frame().clear(), pl.DataFrame()], ids=["some", "none", "empty"])
def test_frames_within_anything_keep_their_values_and_types(frame: pl.DataFrame) -> None:
    held = Holder(frame, pl.Series("x", [1, None], dtype=pl.Int32), pa.table({"a": [1, 2]}))
    found, twice = unpack(pack((held, held.frame)))

    assert found.frame.equals(frame)
    assert found.frame.schema == twice.schema == frame.schema
    assert found.series.equals(held.series, check_names=True)
    assert found.series.dtype == pl.Int32
    assert found.table.equals(held.table)


def test_polars_own_pickling_which_can_wait_for_ever_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> bytes:
        raise AssertionError

    for kind in (pl.DataFrame, pl.Series):
        monkeypatch.setattr(kind, "__getstate__", never)

    assert unpack(pack([_frame(), pl.Series([1])]))[0].height == 3
