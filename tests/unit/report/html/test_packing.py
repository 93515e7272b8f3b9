"""Integers as text, and back."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.report.html.packing import packed, packed_known
from unit.report.html.unpacking import unpacked

NUMBERS = st.lists(st.integers(0, 2**63 - 1), max_size=30)


def test_small_numbers_take_a_byte_each() -> None:
    assert packed(pl.Series([0, 1, 127])) == "AAF/"


def test_a_number_of_two_bytes_begins_with_its_lowest_bits() -> None:
    assert packed(pl.Series([300])) == "rAI="


@given(NUMBERS)
def test_what_is_packed_is_unpacked_again(values: list[int]) -> None:
    assert unpacked(packed(pl.Series(values, dtype=pl.Int64)), len(values)) == values


@given(st.lists(st.none() | st.integers(0, 2**62), max_size=30))
def test_null_is_told_from_zero(values: list[int | None]) -> None:
    told = unpacked(packed_known(pl.Series(values, dtype=pl.Int64)), len(values))
    assert [value - 1 if value else None for value in told] == values
