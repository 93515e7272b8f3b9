"""Sentences in lines."""

import pytest

from agenttrace.report.wrapping import wrapped


@pytest.mark.parametrize("width", range(12, 60))
def test_a_quantity_stays_in_one_line(width: int) -> None:
    lines = wrapped(
        "it took 12 h 01 m, of which 1 m 34 s were queue, 4.08 s tool, 9 % 350 kB", width
    ).splitlines()

    assert max(map(len, lines)) <= width
    told = [
        part
        for part in ("12 h 01 m", "1 m 34 s", "4.08 s", "9 %", "350 kB")
        if not any(part in line for line in lines)
    ]
    assert told == []
