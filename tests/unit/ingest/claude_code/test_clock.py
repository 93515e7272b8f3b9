"""Time stamps: the quick way and the careful one agree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.ingest.fields import instant_from_iso
from agenttrace.ingest.formats.claude_code.clock import UNKNOWN, read_time


@given(st.datetimes())
def test_whole_milliseconds_are_read_as_the_careful_way_reads_them(moment: object) -> None:
    text = f"{moment:%Y-%m-%dT%H:%M:%S}.123Z"
    assert read_time(text) == (instant_from_iso(text) or UNKNOWN)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31T07:15:51Z",
        "2026-01-31T07:15:51.765432Z",
        "2026-01-31T07:15:51.765+02:00",
        "2026-01-31T07:15:51.7651",
        "2026-01-31 07:15:51+0200",
        "1969-12-31T23:59:59.999Z",
        "2100-01-01T00:00:00.000Z",
        "2100-01-01T00:00:00.001Z",
        "2026-01-31T07:15:60.000Z",
        "2026-01-31",
        "x" * 24,
        "",
    ],
)
def test_other_forms_are_read_with_more_effort(text: str) -> None:
    assert read_time(text) == (instant_from_iso(text) or UNKNOWN)


def test_no_time_is_unknown() -> None:
    assert read_time(None) == UNKNOWN
