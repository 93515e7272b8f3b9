"""Time stamps read many at once are those read one by one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.ingest.fields import instant_from_iso
from agenttrace.native import library
from agenttrace.native.instants import REFUSED, instants

pytestmark = pytest.mark.skipif(
    library() is None, reason="without kernels: there was no C compiler, or AGENTTRACE_NATIVE is off"
)

_STAMP = "2026-01-31T07:15:51.765Z"


@given(st.lists(st.datetimes(datetime(1970, 1, 1), datetime(2099, 12, 31)), min_size=1, max_size=5))  # noqa: DTZ001
def test_stamps_of_every_day_are_read(moments: list[datetime]) -> None:
    stamps = [f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z" for moment in moments]

    expected = [
        round(moment.replace(microsecond=0, tzinfo=UTC).timestamp()) * 10**9
        + moment.microsecond // 1000 * 10**6
        for moment in moments
    ]
    assert instants(stamps) == expected


@given(st.lists(st.integers(0, 23).map(lambda at: _STAMP[:at] + "9" + _STAMP[at + 1 :]), min_size=1))
def test_what_is_read_is_the_time_and_all_else_is_refused(stamps: list[str]) -> None:
    found = instants(stamps)

    assert found is not None
    for stamp, instant_ns in zip(stamps, found, strict=True):
        assert instant_ns in (REFUSED, instant_from_iso(stamp))
    assert instants([_STAMP]) == [instant_from_iso(_STAMP)]


@pytest.mark.parametrize(
    "stamp",
    [
        "2026-02-29T00:00:00.000Z",
        "2100-02-28T00:00:00.000Z",
        "1969-12-31T23:59:59.999Z",
        "2026-13-01T00:00:00.000Z",
        "2026-00-01T00:00:00.000Z",
        "2026-01-00T00:00:00.000Z",
        "2026-04-31T00:00:00.000Z",
        "2026-01-01T24:00:00.000Z",
        "2026-01-01T00:60:00.000Z",
        "2026-01-01T00:00:60.000Z",
        "2026-01-01 00:00:00.000Z",
        "2026-01-01T00:00:00.000z",
        "2026-01-01T00:00:00,000Z",
    ],
)
def test_other_stamps_of_that_length_are_refused_each_by_itself(stamp: str) -> None:
    assert instants([_STAMP, stamp, _STAMP]) == [instant_from_iso(_STAMP), REFUSED, instant_from_iso(_STAMP)]


@pytest.mark.parametrize(
    "stamps",
    [
        [],
        [_STAMP[:-1]],
        [_STAMP, ""],
        [f"{_STAMP}\n{_STAMP}"],
        [f"{_STAMP}\n{_STAMP}", ""],
        [_STAMP[:-1], f"Z{_STAMP}"],
        ["2026-01-31T07:15:51.765é"],
    ],
)
def test_stamps_of_other_lengths_are_left_to_others(stamps: list[str]) -> None:
    assert instants(stamps) is None
