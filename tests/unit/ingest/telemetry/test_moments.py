"""Instants in every notation that exports have, exact to what they say."""

from typing import Any

import pytest

from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.telemetry.moments import Moments

S = 10**9
AT = 1_772_442_001 * S
"""2026-03-02 09:00:01 UTC."""


def _read(value: Any, *, zone_is_told: bool = False) -> tuple[int, dict[str, int]]:
    recorder = Recorder()
    found = Moments(recorder, zone_is_told=zone_is_told).read(value, "start", 1)
    return found, {row["code"]: row["count"] for row in recorder.trace().findings.to_pylist()}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-03-02T09:00:01Z", AT),
        ("2026-03-02T09:00:01.5+00:00", AT + 500_000_000),
        ("2026-03-02T09:00:01.123456789Z", AT + 123_456_789),
        ("2026-03-02T09:00:01.1234567891234Z", AT + 123_456_789),
        ("2026-03-02 10:00:01,25+01:00", AT + 250_000_000),
        ("2026-03-02 09:00:01.000001 UTC", AT + 1000),
        ("2026-03-02T04:00:01-0500", AT),
        (AT // S, AT),
        (AT // 10**6, AT),
        (AT // 10**3, AT),
        (AT, AT),
        (str(AT // 10**6), AT),
        (AT / S + 0.5, AT + 500_000_000),
        (None, 0),
        ("", 0),
    ],
)
def test_notations(value: Any, expected: int) -> None:
    assert _read(value) == (expected, {})


def test_a_time_without_a_zone_is_utc_and_said_to_be_assumed() -> None:
    assert _read("2026-03-02 09:00:01") == (AT, {"no_time_zone": 1})
    assert _read("2026-03-02 09:00:01", zone_is_told=True) == (AT, {})


@pytest.mark.parametrize(
    "value",
    [
        "soon",
        "2026-02-30T00:00:00Z",
        "9999-12-31T23:59:59Z",
        -5,
        0,
        True,
        [],
        {},
        float("nan"),
        1e300,
        10**40,
    ],
)
def test_what_is_no_instant_is_none_and_told(value: Any) -> None:
    assert _read(value) == (0, {"unusable_value": 1})
