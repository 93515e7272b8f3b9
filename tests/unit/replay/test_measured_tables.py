"""Which rows of a table of measured steps are predicted, and how what they state of their layout is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from measured_layouts import TOO_MANY, WHOLE_RACK, spread
from measured_steps import read_rows, usable

_ROW = {
    "model": "deepseek-ai/DeepSeek-R1",
    "hw": "b200_sxm",
    "backend": "vllm 0.19.0",
    "precision": "fp8",
    "mode": "agg",
    "tp": "8",
    "moe_tp": "8",
    "ep": "1",
    "attn_dp": "1",
    "concurrency": "16",
    "isl": "1024",
    "osl": "1024",
    "tpot_ms": "10",
    "ttft_ms": "200",
}


def _row(**changed: Any) -> dict[str, str]:
    return {**_ROW, **{name: str(value) for name, value in changed.items()}}


@pytest.mark.parametrize(
    ("tensor", "groups", "expert_tensor", "experts", "expected"),
    [
        (8, 1, 8, 1, (8, 1)),
        (1, 8, 1, 8, (1, 8)),
        (4, 2, 1, 8, (4, 2)),
        (64, 1, 8, 8, (8, 1)),
        (16, 1, 4, 4, (4, 1)),
        (1, 64, 8, 8, (1, 8)),
        (1, 16, 4, 4, (1, 4)),
        (4, 4, 1, 16, (1, 4)),
        (4, 1, 2, 2, (4, 1)),
        (1, "", 2, 1, (1, 2)),
        (2, "0.0", 1, 4, (2, 2)),
    ],
)
def test_a_layout_is_what_is_stated_or_where_that_cannot_be_the_root_of_it(
    tensor: int, groups: int | str, expert_tensor: int, experts: int, expected: tuple[int, int]
) -> None:
    row = _row(tp=tensor, attn_dp=groups, moe_tp=expert_tensor, ep=experts)
    assert spread(row, 128, rack=False) == expected


@pytest.mark.parametrize(
    "stated", [{"tp": 16, "moe_tp": 16}, {"tp": 64, "moe_tp": 1, "ep": 64}, {"attn_dp": 2}]
)
def test_more_gpus_than_are_linked_are_refused(stated: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=TOO_MANY):
        spread(_row(**stated), 128, rack=False)


def test_in_a_rack_there_are_as_many_as_are_stated_but_for_the_whole_of_it() -> None:
    assert spread(_row(tp=36, moe_tp=36), 128, rack=True) == (1, 36)
    assert spread(_row(tp=64, moe_tp=8, ep=8), 128, rack=True) == (1, 64)
    with pytest.raises(ValueError, match=WHOLE_RACK):
        spread(_row(tp=72, moe_tp=72), 128, rack=True)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"hw": "abacus"}, "hardware not known"),
        ({"model": "acme/abacus"}, "model not known"),
        ({"precision": ""}, "precision not stated"),
        ({"precision": "fp3"}, "precision not known"),
        ({"tpot_ms": "-1"}, "no time between tokens, parallelism or concurrency"),
        ({"tp": "nan"}, "no time between tokens, parallelism or concurrency"),
        ({"concurrency": "many"}, "no time between tokens, parallelism or concurrency"),
        ({"ttft_ms": 20_000}, "requests queued longer than they decoded: the concurrency is not the batch"),
    ],
)
def test_a_row_that_cannot_be_predicted_is_counted_with_the_reason(
    changed: dict[str, Any], reason: str
) -> None:
    rows, excluded = usable([_row(), _row(**changed), _row(mode="disagg")], "agg")
    assert len(rows) == 1
    assert [dict(reasons) for reasons in excluded.values()] == [{reason: 1}]


def test_a_table_needs_its_columns_and_other_ones_are_empty(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    names = ("model", "hw", "precision", "mode", "tp", "concurrency", "isl", "osl", "tpot_ms")
    table.write_text(",".join(names) + "\n" + ",".join(_ROW[name] for name in names) + "\n")
    (row,), _ = usable(read_rows(table), "agg")
    assert (row.tensor, row.data, row.backend, row.ttft_ms) == (8, 1, "unknown", None)
    table.write_text("model,hw\na,b\n")
    with pytest.raises(SystemExit, match=r"table.csv: no column 'precision', expected model, hw"):
        read_rows(table)


def test_what_was_measured_twice_with_times_far_apart_is_left_out_both_times() -> None:
    """Speculation is not stated, and halves them; a version of the server does not."""
    fast, other, near = (
        _row(tpot_ms=5),
        _row(concurrency=8),
        _row(concurrency=8, tpot_ms=8, backend="vllm 0.20"),
    )
    rows, excluded = usable([_row(), fast, other, near], "agg")
    assert [row.itl_ms for row in rows] == [10, 8]
    assert list(excluded["b200_sxm"].values()) == [2]


def test_a_checkpoint_is_the_model_that_it_is_one_of() -> None:
    names = ("nvidia/DeepSeek-R1-NVFP4", "deepseek-ai/deepseek-r1", "DeepSeek-R1-FP8")
    rows, _ = usable([_row(model=name, concurrency=place) for place, name in enumerate(names, 1)], "agg")
    assert {row.model.name for row in rows} == {"deepseek-r1"}
    assert len(rows) == 3
