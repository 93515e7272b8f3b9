"""The kernel gives what Python gives, to the bit: outcomes, errors, and where it refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from agenttrace.errors import UsageError
from agenttrace.ingest.reading import read
from agenttrace.native import library
from agenttrace.replay import compiled
from agenttrace.replay.choices import Load, Routing
from agenttrace.replay.compiled import play_compiled
from agenttrace.replay.fitting.platform import fit_platform
from agenttrace.replay.fleet import Deployment, Factors
from agenttrace.replay.outcome import Outcome
from agenttrace.replay.playing import set_stage
from agenttrace.replay.replica import Below, Limits
from agenttrace.replay.running import play, play_interpreted
from agenttrace.replay.steps import AffineSteps
from agenttrace.replay.workload import Workload, read_workload
from unit.replay.damaged_runs import damaged_run
from unit.replay.loads import told
from unit.replay.random_runs import AskedSteps, RandomRun, random_run

CAPTURES = Path(__file__).resolve().parents[3] / "sample_traces" / "dynamo-captures"
STEPS = AffineSteps(5.74e6, 0.0, 200.0, 16.5e6, 15.2e3, 0.0)
needs_kernels = pytest.mark.skipif(library() is None, reason="no kernels: not built, or not wanted")


def _by(way: Callable[..., Outcome | None], run: RandomRun) -> Outcome | None:
    return way(run.itinerary, run.demand, run.arrivals, run.deployment, run.factors, run.places)


def _told_by(way: Callable[..., Outcome | None], run: RandomRun) -> object:
    """All that it says, or what it raises."""
    try:
        found = _by(way, run)
    except Exception as error:  # noqa: BLE001  # any: it is compared
        return type(error), str(error)
    assert found is not None
    return told(found)


@needs_kernels
@pytest.mark.parametrize("seed", range(400))
def test_any_run_is_the_same(seed: int) -> None:
    run = random_run(seed)
    found, wanted = _by(play_compiled, run), _by(play_interpreted, run)

    assert found is not None
    assert wanted is not None
    assert told(found) == told(wanted)


@needs_kernels
@pytest.mark.parametrize("seed", range(300))
def test_a_damaged_run_is_the_same_or_raises_the_same(seed: int) -> None:
    run = damaged_run(seed)

    assert _told_by(play, run) == _told_by(play_interpreted, run)


def test_random_runs_are_of_all_kinds() -> None:
    runs = [random_run(seed) for seed in range(400)]
    deployments = [run.deployment for run in runs]

    assert {one.routing for one in deployments} == set(Routing)
    assert {bool(one.below and one.below.blocks) for one in deployments} == {False, True}
    assert (
        {one.release for one in deployments} == {one.keep_ns is None for one in deployments} == {False, True}
    )
    assert {one.decode_replicas for one in deployments} == {0, 1, 2, 3}
    assert {one.replicas > 64 for one in deployments} == {False, True}
    assert {run.factors is None for run in runs} == {run.places is None for run in runs} == {False, True}
    assert (
        {bool(run.demand.kept) for run in runs} == {run.arrivals.lanes > 0 for run in runs} == {False, True}
    )


@cache
def _workload(name: str) -> Workload:
    found = sorted((CAPTURES / name).glob("request-trace*"))
    if not found:
        pytest.skip(f"capture {name} is not here")
    return read_workload(read(found[0]))


def _deployments(workload: Workload) -> Iterator[Deployment]:
    fitted = fit_platform(workload)
    assert fitted is not None
    own = fitted.platform.deployment(None)
    yield own
    yield replace(own, replicas=3, kv_blocks=600, limits=replace(own.limits, step_tokens=512))
    yield replace(own, replicas=2, routing=Routing.LEAST_LOADED, keep_ns=2 * 10**9, release=True)
    yield replace(own, decode_replicas=2, transfer_ns=11.1, kv_blocks=900, below=Below(4_000, 5e3, 70.1))
    yield replace(own, replicas=2, times=AskedSteps(STEPS))


@needs_kernels
@pytest.mark.parametrize("load", [Load.CLOSED, Load.RECORDED])
@pytest.mark.parametrize("name", ["A", "B", "D-claude-headers"])
def test_real_sessions_are_the_same(name: str, load: Load) -> None:
    workload = _workload(name)
    stage = set_stage(workload, load, 4)
    random = np.random.default_rng(7)
    effort, stretch = random.uniform(0.4, 2.5, (2, len(workload.requests))).tolist()
    for deployment in _deployments(workload):
        for factors in (None, Factors(effort, stretch)):
            run = RandomRun(stage.itinerary, stage.demand, stage._arrivals(), deployment, factors, None)
            found, wanted = _by(play_compiled, run), _by(play_interpreted, run)
            assert found is not None
            assert wanted is not None
            assert told(found) == told(wanted)


@dataclass(frozen=True)
class _Raising(AskedSteps):
    error: BaseException

    def prefill(self, new_tokens: float, past_tokens: int) -> float:
        """Fails for long prompts."""
        if past_tokens + new_tokens > 60:
            raise self.error
        return super().prefill(new_tokens, past_tokens)


@pytest.mark.parametrize("error", [ZeroDivisionError("no chips"), KeyboardInterrupt()])
@pytest.mark.parametrize("way", [play, play_interpreted])
def test_what_step_times_raise_is_raised(way: Callable[..., Outcome], error: BaseException) -> None:
    run = random_run(3)
    deployment = replace(run.deployment, times=_Raising(STEPS, error))
    with pytest.raises(type(error)) as raised:
        _by(way, replace(run, deployment=deployment))
    assert raised.value is error


@pytest.mark.parametrize("step_ns", [1e18, 1e300, float("inf")])
def test_times_without_end_are_an_error_either_way(step_ns: float, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = set_stage(_workload("A"), Load.CLOSED, 4)
    endless = Deployment(replace(STEPS, step_ns=step_ns), 1, Limits())
    for kernels in (compiled._kernels(), None):
        monkeypatch.setattr(compiled, "_kernels", lambda kernels=kernels: kernels)
        with pytest.raises(UsageError, match="292 years"):
            stage.play(endless)


def test_without_kernels_python_plays(monkeypatch: pytest.MonkeyPatch) -> None:
    run = random_run(5)
    monkeypatch.setattr(compiled, "_kernels", lambda: None)

    assert _by(play_compiled, run) is None
    assert _told_by(play, run) == _told_by(play_interpreted, run)
