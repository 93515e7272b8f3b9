"""A value that is not what it should be is None; one that is comes out exactly."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.ingest import fields

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=4,
)
READERS = [
    fields.text, fields.integer, fields.count, fields.small_count, fields.unsigned, fields.number,
    fields.boolean, fields.instant, fields.instant_from_ms, fields.instant_from_iso,
    fields.duration_from_ms, fields.duration_from_s,
]  # fmt: skip


@given(ANYTHING)
def test_no_value_makes_a_reader_raise(value: Any) -> None:
    for reader in READERS:
        reader(value)


@given(st.integers(0, 2**64 - 1))
def test_unsigned_integers_are_exact(value: int) -> None:
    assert fields.unsigned(value) == fields.unsigned(str(value)) == value


@pytest.mark.parametrize(
    ("reader", "value", "expected"),
    [
        (fields.integer, "17", 17),
        (fields.integer, 17.0, 17),
        (fields.integer, 17.5, None),
        (fields.integer, True, None),
        (fields.integer, 2**63, None),
        (fields.count, -1, None),
        (fields.unsigned, 2**64, None),
        (fields.number, float("nan"), None),
        (fields.number, 10**400, None),
        (fields.text, "", None),
        (fields.text, "\ud800", "?"),
        (fields.instant_from_ms, 1795417720167, 1795417720167 * 10**6),
        (fields.instant_from_ms, 1795417720167.25, 1795417720167250000),
        (fields.instant, 0, None),
        (fields.instant, 2**62, None),
        (fields.instant_from_iso, "2026-09-14T09:00:00.123Z", 1789376400123 * 10**6),
        (fields.instant_from_iso, "2026-09-14T11:00:00.123+02:00", 1789376400123 * 10**6),
        (fields.instant_from_iso, "yesterday", None),
        (fields.duration_from_ms, -1, None),
        (fields.duration_from_ms, 0.5, 500_000),
        (fields.duration_from_s, "0.044279541", 44_279_541),
        (fields.boolean, "True", True),
    ],
)
def test_values(reader: Any, value: Any, expected: Any) -> None:
    assert reader(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1_795_000_002.1, 1_795_000_002_100_000_000),
        ("1795000002.1", 1_795_000_002_100_000_000),
        (1_795_000_002, 1_795_000_002_000_000_000),
        (0, None),
        (-1.5, None),
        (1_795_000_002_000, None),
        (float("inf"), None),
        (True, None),
        (None, None),
    ],
)
def test_seconds_are_instants_to_the_decimals_that_they_are_written_with(
    value: object, expected: int | None
) -> None:
    assert fields.instant_from_s(value) == expected
