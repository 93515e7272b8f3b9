"""Time stamps: the quick way and the careful one agree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.ingest.fields import instant_from_iso
from agenttrace.ingest.formats.claude_code.clock import UNKNOWN, Clock


@given(st.datetimes())
def test_whole_milliseconds_are_read_as_the_careful_way_reads_them(moment: object) -> None:
    text = f"{moment:%Y-%m-%dT%H:%M:%S}.123Z"
    clock = Clock()
    assert clock.read(text) == clock.read(text) == (instant_from_iso(text) or UNKNOWN)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31T07:15:51Z",
        "2026-01-31T07:15:51.765432Z",
        "2026-01-31T07:15:51.765+02:00",
        "2026-01-31",
        "x" * 24,
        "",
    ],
)
def test_other_forms_are_read_with_more_effort(text: str) -> None:
    clock = Clock()
    clock.read("2026-01-31T07:15:00.000Z")
    assert clock.read(text) == (instant_from_iso(text) or UNKNOWN)


def test_no_time_is_unknown() -> None:
    assert Clock().read(None) == UNKNOWN
