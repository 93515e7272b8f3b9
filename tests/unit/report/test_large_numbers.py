"""JSON of numbers beyond 64 bits, as the sum of damaged lengths over many sessions is."""

from __future__ import annotations

import json

import orjson
import pytest

from agenttrace.report.large_numbers import dumped

DOCUMENT = {"a": [1, {"b": "ü", "c": None}], "d": [], "e": 0.5, "f": {}}


@pytest.mark.parametrize("option", [0, orjson.OPT_INDENT_2, orjson.OPT_APPEND_NEWLINE])
def test_a_large_number_changes_nothing_around_it(option: int) -> None:
    small, large = dumped({"n": 7, **DOCUMENT}, option), dumped({"n": 2**64, **DOCUMENT}, option)

    assert small == orjson.dumps({"n": 7, **DOCUMENT}, option=option)
    assert large == small.replace(b"7", str(2**64).encode(), 1)
    assert json.loads(large)["n"] == 2**64
