"""docs/reference/json.md against what commands write: no key is untold, none is told that never comes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agenttrace.cli.application import main
from agenttrace.documents.findings import themes
from agenttrace.documents.json_outputs import DOCUMENTS, SIMPLE, shapes
from house.repository import ROOT

SAMPLES = ROOT / "sample_traces"
A, B = (str(SAMPLES / "dynamo-captures" / run / "request-trace.000000.jsonl.gz") for run in "AB")
TYPES = {"integer": int, "number": int | float, "text": str, "boolean": bool, "any": object}
SETTINGS = """
[[budget]]
metric = "session.active_time"
stat = "p50"
max = "10m"
"""
# No sample has priorities.
URGENT = json.dumps(
    {
        "session": "s", "kind": "request", "priority": 1, "output_tokens": 5, "first_token": 1_000_000_001_000_000_000,
        "start": 1_000_000_000_000_000_000, "end": 1_000_000_004_000_000_000, "model": "m", "input_tokens": 9,
    }
)  # fmt: skip


class Walk:
    """Compares documents with the shapes, and keeps what it met."""

    def __init__(self) -> None:
        self.met: set[str] = set()
        self.wrong: set[str] = set()

    def through(self, value: Any, kind: str, place: str, null: str) -> None:
        """A value of a type of json_keys."""
        if value is None:
            self.wrong |= set() if null or kind == "any" else {f"{place} is null"}
        elif kind.startswith("list "):
            for one in value:
                self.through(one, kind.removeprefix("list "), place, "")
        elif kind.startswith("map "):
            for one in value.values():
                self.through(one, kind.removeprefix("map "), place, "")
        elif kind in SIMPLE:
            self._simple(value, kind, place)
        else:
            self._object(value, kind)

    def _simple(self, value: Any, kind: str, place: str) -> None:
        if not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind in {"integer", "number"}):
            self.wrong.add(f"{place} is no {kind}: {value!r}")

    def _object(self, value: dict[str, Any], shape: str) -> None:
        keys = shapes()[shape]
        for name, inside in value.items():
            known = name if name in keys else "*"
            if known not in keys:
                self.wrong.add(f"{shape}.{name} is not documented")
                continue
            self.met.add(f"{shape}.{known}")
            self.through(inside, keys[known].type, f"{shape}.{name}", keys[known].null)
        self.wrong |= {
            f"{shape}.{name} is missing"
            for name, key in keys.items()
            if not key.optional and name not in value and name != "*"
        }


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, Any]]:
    """Shape and document of what every command writes over the samples."""
    folder = tmp_path_factory.mktemp("json")
    (folder / "agenttrace.toml").write_text(SETTINGS)
    asked = list(_asked(folder))
    for _, file, arguments in asked:
        assert main([*arguments, *([] if "-o" in arguments else ["--json", str(file)])]) in {0, 1}, arguments
    return [(shape, json.loads(file.read_text(encoding="utf-8"))) for shape, file, _ in asked]


def _asked(folder: Path) -> Iterator[tuple[str, Path, list[str]]]:
    whatever = ["--what-if", "tool:Bash*0.5", "--what-if", "cache=1.0", "--label", "a=b"]
    yield "analyze", folder / "all.json", ["analyze", str(SAMPLES), *whatever]
    (folder / "urgent.jsonl").write_text(URGENT)
    yield "analyze", folder / "urgent.json", ["analyze", str(folder / "urgent.jsonl")]
    yield "analyze", folder / "few.json", ["analyze", A, "--session", "A-s003"]
    yield "diff", folder / "diff.json", ["diff", A, B, "--config", str(folder / "agenttrace.toml")]
    apart = ["--pair-by", "none", "--no-config"]
    one = str(SAMPLES / "claude-code" / "33min.jsonl")
    yield "diff", folder / "apart.json", ["diff", one, str(SAMPLES / "claude-code" / "fan-out.jsonl"), *apart]
    yield "noise", folder / "noise.json", ["noise", A, B, "-o", str(folder / "noise.json"), "--no-config"]
    assert main(["fit", A, "-o", str(folder / "fit.toml"), "-q"]) == 0
    on = ["--draws", "2", "--model", "gpt-oss-120b", "--platform"]
    money = ["--set", "price=9", "--set", "power=5"]
    yield (
        "replay",
        folder / "replay.json",
        ["replay", B, *on, str(folder / "fit.toml"), "--platform", "vr-nvl72"],
    )
    yield "replay", folder / "one.json", ["replay", one, *on, "b200", *money, "--load", "isolated"]
    workload = str(SAMPLES / "mooncake" / "chats.jsonl")
    big = ["--draws", "2", "--model", "kimi-k2-instruct", "--platform", "h100", "--platform", "vr-nvl72-lpx"]
    yield "replay", folder / "big.json", ["replay", workload, *big]


def test_every_key_is_documented_and_every_documented_key_comes(
    written: list[tuple[str, Any]], capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    walk = Walk()
    for shape, document in [*written, *_listed(capsysbinary, tmp_path)]:
        walk.through(document, shape, shape, "")

    documented = {f"{shape}.{name}" for shape, keys in shapes().items() for name in keys}
    assert sorted(walk.wrong) == []
    assert sorted(documented - walk.met) == []


def _listed(capture: pytest.CaptureFixture[bytes], folder: Path) -> Iterator[tuple[str, Any]]:
    def told(*arguments: str) -> bytes:
        capture.readouterr()
        assert main([*arguments]) == 0
        return capture.readouterr().out

    yield "doctor", json.loads(told("doctor", str(SAMPLES), "--format", "json"))
    for shape in ("formats", "platforms", "schema"):
        yield shape, json.loads(told(shape, "--format", "json"))
    yield "settings", json.loads(told("config", "show", "--format", "json", "--no-config"))
    assert main(["fit", A, B, "-o", str(folder / "fit.toml"), "-q"]) == 0
    yield "platform", json.loads(told("platforms", str(folder / "fit.toml"), "--format", "json"))
    lines = told("analyze", str(SAMPLES / "claude-code" / "fan-out.jsonl"), "--format", "jsonl").splitlines()
    yield from (("session", json.loads(line)) for line in lines[:-1])
    yield "analyze-last-line", json.loads(lines[-1])


def test_findings_of_all_commands_are_documented(written: list[tuple[str, Any]]) -> None:
    codes = {finding["code"] for _, document in written for finding in document.get("findings", [])}

    assert len(codes) > 30
    assert sorted(codes - {code for theme in themes().values() for code in theme}) == []


def test_every_shape_is_part_of_a_document() -> None:
    used = set(DOCUMENTS) | {key.type.split()[-1] for keys in shapes().values() for key in keys.values()}
    assert set(shapes()) - used - {"by-evidence"} == set()
