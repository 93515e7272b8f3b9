"""Numbers of platforms with their units."""

from __future__ import annotations

import pytest

from agenttrace.replay.quantities import Claim, Quantity
from agenttrace.report.quantity_words import bounds_words, quantity_words


@pytest.mark.parametrize(
    ("name", "value", "unit", "words"),
    [
        ("sequences", 256, "sequences", "256"),  # said by the name
        ("step_tokens", 8192, "tokens", "8192"),
        ("gpus_linked", 72, "GPUs", "72 GPUs"),
        ("prefill_per_token", 16940, "ns/token", "16.9 µs/token"),
        ("step_per_context_token", 201.3, "ns/token", "201.3 ns/token"),
        ("memory_usable", 0.9, "1", "0.9"),
        ("step", 5_760_000, "ns", "5.76 ms"),
    ],
)
def test_a_unit_is_left_out_only_where_the_name_says_all_of_it(
    name: str, value: float, unit: str, words: str
) -> None:
    assert quantity_words(Quantity(value, unit, Claim.MEASURED, "a trace"), name) == words


@pytest.mark.parametrize(
    ("low", "high", "unit", "words"),
    [
        (9_140_000.0, 12_700_000.0, "ns", "9.14 ms – 12.7 ms"),
        (392.0, 3121.0, "blocks", "392 – 3121"),
        (4842.0, None, "tokens", "at least 4842"),
        (None, 7.0, "tokens", "at most 7"),
        (6.0, 6.0, "sequences", ""),
        (None, None, "ns", ""),
    ],
)
def test_intervals_are_said_in_short(low: float | None, high: float | None, unit: str, words: str) -> None:
    assert bounds_words(Quantity(6, unit, Claim.MEASURED, "a trace", low, high)) == words
