"""The transcripts of coding agents, damaged at random: nothing raises, and what was read can be analysed."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from agenttrace.errors import AgentTraceError
from agenttrace.ingest.assembly.assemble import ReadSource, assemble
from agenttrace.ingest.reading import read
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.registry import format_by_id
from agenttrace.ingest.source import Source
from unit.ingest.raw_reading import SAMPLES

FORMATS = ("gemini-cli", "openhands", "swe-agent", "mini-swe-agent", "opencode", "cline", "pi", "gptme")
ROUNDS = 24
WHOLE_EVERY = 4
ODD: tuple[Any, ...] = (
    None, True, -1, 0, 1.5, 2**70, 1e308, "", "x", "NaN", "2026-13-40T99:00:00Z", "\ud800", [], {}, [[]], [{}],
    {"a": []}, [None], "9" * 400, -(2**63),
)  # fmt: skip


def _files(format_id: str) -> list[Path]:
    known = format_by_id(format_id)
    found = (path for path in (SAMPLES / format_id).rglob("*") if path.is_file())
    return sorted(path for path in found if path.name not in known.companions)


SAMPLE_FILES = [
    pytest.param(path, id=f"{path.parent.name}/{path.name}") for f in FORMATS for path in _files(f)
]
every_sample = pytest.mark.parametrize("path", SAMPLE_FILES)
every_sample_of_json = pytest.mark.parametrize(
    "path", [sample for sample in SAMPLE_FILES if not str(sample.id).endswith(".db")]
)


def _format_of(path: Path) -> str:
    return path.relative_to(SAMPLES).parts[0]


def _read(path: Path, content: bytes) -> Recorder:
    recorder = Recorder()
    format_by_id(_format_of(path)).read(Source(str(path), content), recorder)
    return recorder


@every_sample_of_json
def test_values_of_other_types_cost_no_more_than_findings(path: Path) -> None:
    chance = Random(path.name)  # seeded, not secret
    units = _units(path.read_bytes())
    for number in range(ROUNDS):
        values = json.loads(json.dumps(units))
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(values))
            values[place] = _with_odd_value(values[place], chance)
        content = b"\n".join(json.dumps(value).encode() for value in values)
        raw = _read(path, content).trace()
        if number % WHOLE_EVERY == 0:
            assert assemble([ReadSource("x", _format_of(path), len(content), raw)]).spans is not None


@every_sample
def test_a_file_cut_off_anywhere_is_read_as_far_as_it_goes(path: Path) -> None:
    chance = Random(path.name)  # seeded, not secret
    whole = path.read_bytes()
    for _ in range(ROUNDS):
        assert _read(path, whole[: chance.randrange(len(whole))]).trace().findings is not None


@every_sample
def test_bytes_overwritten_at_random_are_survived(path: Path, tmp_path: Path) -> None:
    chance = Random(path.name)  # seeded, not secret
    for _ in range(ROUNDS // 6):
        damaged = bytearray(path.read_bytes())
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(damaged))
            damaged[at : at + chance.randint(0, 30)] = bytes(
                chance.randrange(256) for _ in range(chance.randint(0, 12))
            )
        (tmp_path / path.name).write_bytes(damaged)
        try:
            trace = read(tmp_path / path.name, input_format=_format_of(path))
        except AgentTraceError:
            continue
        assert trace.spans.num_rows >= 0


def _units(content: bytes) -> list[Any]:
    """The JSON values that follow each other in it."""
    decoder, text, at, found = json.JSONDecoder(), content.decode().strip(), 0, []
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        found.append(value)
        at += len(text[at:]) - len(text[at:].lstrip())
    return found


def _with_odd_value(value: Any, chance: Random) -> Any:
    """The value with something in it, or itself, replaced."""
    if isinstance(value, dict) and value and chance.random() < 0.93:
        name = chance.choice(sorted(value))
        return {**value, name: _with_odd_value(value[name], chance)}
    if isinstance(value, list) and value and chance.random() < 0.93:
        place = chance.randrange(len(value))
        return [*value[:place], _with_odd_value(value[place], chance), *value[place + 1 :]]
    return chance.choice(ODD)
