"""Damaged workloads are survived; rows of other sessions stay as they were."""

import json
from random import Random
from typing import Any

import pytest

from agenttrace.ingest.assembly.assemble import ReadSource, assemble
from agenttrace.ingest.registry import format_by_id
from contract.trace_files import SAMPLES, raw_of

FILES = sorted(
    path
    for known in ("mooncake", "agentic-mooncake", "weka", "applied-compute")
    for path in (SAMPLES / known).iterdir()
)
ODD: list[Any] = [None, True, -1, 2**64, 1e308, "x", "", [], {}, [[1]], {"a": 1}, "2", 0.5, [None], "\ud800"]
VARIANTS = 25


def _hit(value: Any, chance: Random) -> Any:
    """One value somewhere in it becomes another one."""
    if isinstance(value, dict) and value and chance.random() < 0.9:
        name = chance.choice(sorted(value))
        return value | {name: _hit(value[name], chance)}
    if isinstance(value, list) and value and chance.random() < 0.8:
        at = chance.randrange(len(value))
        return [*value[:at], _hit(value[at], chance), *value[at + 1 :]]
    return chance.choice(ODD)


def _damaged(content: bytes, chance: Random) -> bytes:
    kind = chance.randrange(4)
    if kind == 0:
        return content[: chance.randrange(len(content))]
    if kind == 1:
        at = chance.randrange(len(content))
        return content[:at] + chance.randbytes(chance.randint(1, 9)) + content[at + chance.randint(0, 9) :]
    lines = content.splitlines()
    at = chance.randrange(len(lines))
    lines[at] = json.dumps(_hit(json.loads(lines[at]), chance)).encode()
    return b"\n".join(lines)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_nothing_raises_and_tables_can_be_made(path: Any) -> None:
    content = path.read_bytes()
    known = format_by_id(path.parent.name)
    for number in range(VARIANTS):
        chance = Random(f"{path.name}:{number}")
        raw = raw_of(_damaged(content, chance), known.id)
        assemble([ReadSource("damaged", known.id, 0, raw)])


@pytest.mark.parametrize("number", range(20))
def test_a_damaged_line_leaves_the_rows_of_other_sessions(number: int) -> None:
    chance = Random(number)
    rows = [
        {"timestamp": at, "input_length": 600, "output_length": at + 1, "hash_ids": [at, at + 1]}
        for at in range(9)
    ]
    damaged = [*rows[:4], _hit(rows[4], chance), *rows[5:]]
    sound = _rows("\n".join(map(json.dumps, rows)).encode(), without=5)

    assert _rows("\n".join(map(json.dumps, damaged)).encode(), without=5) == sound


def _rows(content: bytes, without: int) -> list[dict[str, Any]]:
    return [row for row in raw_of(content, "mooncake").spans.to_pylist() if row["line"] != without]
