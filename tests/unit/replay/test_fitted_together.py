"""Traces of several deployments are not one platform: a fit of them says so, and so do its file and its replays."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from agenttrace.api.inputs import trace_of
from agenttrace.replay.caution import Caution
from agenttrace.replay.cautions import cautions
from agenttrace.replay.fitting.platform import Fitted, fit_platform
from agenttrace.replay.measured_target import measured_target
from agenttrace.replay.platforms.toml_text import measured_platform, parse_toml, to_toml
from agenttrace.replay.policies import Policies
from agenttrace.replay.workload import Workload, read_workload
from house.repository import ROOT
from unit.replay.virtual_agents import Told, Work, World, main_agent
from unit.replay.virtual_server import Clock, VirtualServer

CAPTURES = ROOT / "sample_traces" / "dynamo-captures"
START, MS = 1_767_225_600_000_000_000, 1_000_000


def _read(*files: Path) -> Workload:
    return read_workload(trace_of([str(file) for file in files], input_format=None))


def _capture(name: str) -> Path:
    return CAPTURES / name / "request-trace.000000.jsonl.gz"


def _fitted(workload: Workload) -> Fitted:
    found = fit_platform(workload)
    assert found is not None
    return found


def _codes(workload: Workload) -> list[str]:
    return [one.code for one in _fitted(workload).platform.findings]


@pytest.fixture(scope="module")
def both() -> tuple[Workload, Fitted]:
    workload = _read(_capture("A"), _capture("B"))
    return workload, _fitted(workload)


def test_two_deployments_are_told_with_what_differs(both: tuple[Workload, Fitted]) -> None:
    (said,) = both[1].platform.findings

    assert (said.code, said.severity, said.count) == ("not_served_alike", "warning", 1)
    assert said.example.startswith("fit each on its own")
    assert "workers 1 against 2" in said.example
    one, other = (
        _fitted(_read(_capture(name))).platform.value("step_per_context_token") for name in ("B", "A")
    )
    assert f"step_per_context_token {one:.4g} against {other:.4g} ns/token" in said.example
    assert one > 8 * other


def test_the_file_says_so_and_so_does_a_replay_on_it(both: tuple[Workload, Fitted]) -> None:
    workload, fitted = both
    text = to_toml(fitted.platform)
    again = measured_platform(parse_toml(text, "x.toml"), "x.toml")
    found = cautions(workload, [measured_target(again, Policies(), None)])

    assert again.findings == fitted.platform.findings
    assert [one.code for one in found if one.example.startswith("fitted: fit each")] == ["not_served_alike"]


def _halves(name: str, folder: Path, second: Callable[[int, int], bool]) -> Workload:
    """A capture in two files: `second` says of a session's place among so many whether it goes into the second."""
    lines = gzip.decompress(_capture(name).read_bytes()).decode().splitlines(keepends=True)
    keys = [str(json.loads(line)["event"].get("agent_context", {}).get("session_id")) for line in lines]
    order = list(dict.fromkeys(keys))
    for half in (False, True):
        part = [
            line
            for line, key in zip(lines, keys, strict=True)
            if second(order.index(key), len(order)) is half
        ]
        (folder / f"{half}.jsonl").write_text("".join(part))
    return _read(folder / "False.jsonl", folder / "True.jsonl")


@pytest.mark.parametrize("name", ["A", "B"])
@pytest.mark.parametrize(
    "second",
    [lambda place, _: place % 2 == 1, lambda place, count: 2 * place >= count],
    ids=["each", "later"],
)
def test_halves_of_one_capture_are_one_deployment(
    name: str, second: Callable[[int, int], bool], tmp_path: Path
) -> None:
    workload = _halves(name, tmp_path, second)

    assert len(set(workload.requests.source.tolist())) == 2
    assert _codes(workload) == []


def _written(
    file: Path, *, at_s: int, step_ms: float, prefill_ms: float = 20, worker: int = 1, **told: object
) -> Path:
    """Sixty requests one after the other, of 4 sessions: a prefill, then a token a step."""
    rows = []
    for place in range(60):
        start = START + (at_s + place) * 1000 * MS
        prompt, answer = 500 + 37 * place % 400, 10 + place % 7
        first = start + round(prefill_ms * MS * (1 + prompt / 1000))
        rows.append(
            {"session": f"{file.stem}{place % 4}", "span": place + 1, "kind": "request", "start": start}
            | {"end": first + round((answer - 1) * step_ms * MS), "first_token": first, "worker": worker}
            | {
                "name": "chat",
                "input_tokens": prompt,
                "cache_read_tokens": 0,
                "output_tokens": answer,
                **told,
            }
        )
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def _two(folder: Path, **second: object) -> list[Caution]:
    a = _written(folder / "a.jsonl", at_s=0, step_ms=5)
    b = _written(folder / "b.jsonl", **{"at_s": 100, "step_ms": 5, **second})  # type: ignore[arg-type]
    return list(_fitted(_read(a, b)).platform.findings)


def test_what_is_served_alike_is_one(tmp_path: Path) -> None:
    assert _two(tmp_path) == []


def test_slower_steps_are_told_by_file(tmp_path: Path) -> None:
    (said,) = _two(tmp_path, step_ms=8)

    assert said.code == "not_served_alike"
    assert "decodes take" in said.example
    assert "b.jsonl" in said.example


def test_slower_prefills_alone_are_told(tmp_path: Path) -> None:
    (said,) = _two(tmp_path, prefill_ms=60)

    assert "prefills take" in said.example
    assert "decodes take" not in said.example


def test_a_little_slower_is_no_other_deployment(tmp_path: Path) -> None:
    assert _two(tmp_path, step_ms=5.5) == []


def test_models_of_one_file_are_told_apart(tmp_path: Path) -> None:
    a = _written(tmp_path / "a.jsonl", at_s=0, step_ms=5, model="large")
    b = _written(tmp_path / "b.jsonl", at_s=100, step_ms=2, model="small")
    one = tmp_path / "one.jsonl"
    one.write_text(a.read_text() + b.read_text())
    (said,) = _fitted(_read(one)).platform.findings

    assert said.code == "not_served_alike"
    assert "one.jsonl, large" in said.example
    assert "one.jsonl, small" in said.example


def test_workers_of_a_restart_are_counted_once(tmp_path: Path) -> None:
    (said,) = _two(tmp_path, worker=2)

    assert (said.code, said.count) == ("workers_not_at_once", 1)
    assert "2 workers are named, but no more than 1 served at the same time" in said.example


def test_workers_of_traces_of_one_time_are_together(tmp_path: Path) -> None:
    assert _two(tmp_path, worker=2, at_s=0) == []


def _virtual(file: Path, *, places: int, slower: float, lanes: int, worker: int) -> Path:
    """Sessions of agents that one virtual server serves."""
    server = VirtualServer(Clock(), places=places, slower=slower)
    World(server, lanes, Work(main_agent), Told(queue=True)).write(file)
    text = file.read_text().replace('_worker_id": 7', f'_worker_id": {worker}')
    file.write_text(text.replace('session_id": "', f'session_id": "{worker}'))
    return file


@pytest.mark.parametrize(
    ("places", "slower", "lanes", "said"),
    [
        (64, 1.0, 4, None),
        (64, 1.0, 12, None),  # another load alone is no other deployment
        (64, 1.3, 4, "decodes take 1.29 times what it says in b.jsonl"),
        (6, 1.7, 12, "decodes take 1.70 times what it says in b.jsonl"),
        (6, 1.0, 12, "a server of b.jsonl runs 6 sequences at once at most, one of a.jsonl 13"),
    ],
)
def test_servers_are_told_apart_by_speed_and_limit_and_not_by_load(
    places: int, slower: float, lanes: int, said: str | None, tmp_path: Path
) -> None:
    a = _virtual(tmp_path / "a.jsonl", places=64, slower=1.0, lanes=4, worker=7)
    b = _virtual(tmp_path / "b.jsonl", places=places, slower=slower, lanes=lanes, worker=8)
    found = _fitted(_read(a, b)).platform.findings

    assert [one.code for one in found] == ([] if said is None else ["not_served_alike"])
    assert said is None or said in found[0].example
    assert said is None or ("alone, " in found[0].example) is (slower > 1)
