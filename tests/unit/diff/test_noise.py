"""How much runs of one deployment differ: measured, kept in a file, and used by later comparisons."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agenttrace.api.noise_files import load_noise, noise_file
from agenttrace.diff.comparison import compare
from agenttrace.diff.noise import measure_noise, smallest_effect
from agenttrace.diff.policy import DEFAULT_GATES, Gate, Policy
from agenttrace.diff.spread import Origin, Runs, Spread, measured, pooled
from agenttrace.diff.statistics.chance import drift
from agenttrace.diff.statistics.drift import Drift
from agenttrace.diff.statistics.shapes import Stat
from agenttrace.diff.verdicts import Verdict
from agenttrace.errors import InputError, UsageError
from unit.diff.sides import drawn, side


def _run(number: int, *, faster: float = 1.0, tasks: int = 60) -> list[dict[str, Any]]:
    """A run in an hour of its own, in which everything takes so much longer."""
    rows = drawn(f"r{number}", tasks, seed=number)
    for row in rows:
        row["run_id"] = str(number)
        for name in ("wall_ns", "active_ns"):
            row[name] = round(row[name] * faster)
    return rows


def test_the_spread_of_runs_by_hand() -> None:
    """Eight tasks in two runs, 0.2 apart, without any other deviation."""
    own = np.arange(8.0)
    told = measured(np.concatenate([own, own + 0.2]), np.tile(np.arange(8), 2), np.repeat([0, 1], 8))
    assert told is not None
    assert told.variance == pytest.approx(0.02), "the variance of -0.1 and 0.1"
    assert (told.freedom, told.runs) == (1, 2)
    assert told.within == pytest.approx(0.0, abs=1e-12)


def test_tasks_that_a_run_lacks_tell_nothing_of_runs() -> None:
    """Eight tasks of both runs, 0.2 apart, and in each run eight of its own."""
    own = np.arange(8.0)
    logs = np.concatenate([own, own + 0.2, own, 3 * own])
    task = np.concatenate([np.arange(8), np.arange(8), 8 + np.arange(16)])
    run = np.repeat([0, 1, 0, 1], 8)
    told = measured(logs, task, run)
    assert told is not None
    assert told.variance == pytest.approx(0.02)
    assert measured(logs[1:], task[1:], run[1:]) is None, "seven tasks in common"


def test_runs_that_share_no_task_measure_nothing() -> None:
    rows = _run(1)
    halves = side(rows[::2]), side(rows[1::2])
    with pytest.raises(UsageError, match="the runs share 0 of 60 tasks"):
        measure_noise(halves)
    hardly = side([*rows[::2], *_run(2)[1:15:2]]), side(rows[1::2])
    with pytest.raises(UsageError, match="the runs share 7 of 60 tasks"):
        measure_noise(hardly)
    assert measured(np.zeros(60), np.arange(60), np.repeat([0, 1], 30)) is None


def test_sessions_of_other_tasks_are_left_out_and_counted() -> None:
    noise = measure_noise([side(_run(1)), side(_run(2)[:20])])
    assert (noise.sessions, noise.tasks, noise.left_out) == (40, 20, 40)


@pytest.mark.parametrize("runs", range(2, 10))
def test_few_runs_that_look_alike_do_not_vouch_for_no_drift(runs: int) -> None:
    """What is assumed counts for the runs that ten have more, less and less of it."""
    spread = pooled([Runs(0.0, runs - 1, runs)], 0.05)
    assert spread.sd == pytest.approx(0.05 * math.sqrt((10 - runs) / 9))
    assert spread.origin is Origin.FEW_RUNS


@pytest.mark.parametrize("freedom", range(1, 9))
@pytest.mark.parametrize("sd", [0.01, 0.05, 0.2])
def test_few_runs_widen_what_they_measured_and_never_narrow_it(freedom: int, sd: float) -> None:
    """At 98 %, by draws: no narrower than Student's t of what was measured."""
    spread = pooled([Runs(sd**2, freedom, freedom + 1)], 0.05)
    ends = [
        scale * float(np.quantile(drift(0, of, 400_000), 0.98))
        for scale, of in ((spread.sd, spread.freedom), (sd, freedom))
    ]
    assert ends[0] >= ends[1] * 0.97


def test_ten_runs_are_taken_at_their_word() -> None:
    assert pooled([Runs(0.0, 9, 10)], 0.05) == Spread(0.0, 9, Origin.MEASURED)


def test_two_runs_that_look_alike_make_no_regression_of_what_was_inconclusive() -> None:
    sides = side(_run(1)), side(_run(2, faster=1.08))
    few, known = (
        compare(*sides, noise={"session.active_time": Runs(0.0, freedom, freedom + 1)}) for freedom in (1, 9)
    )
    assert known.verdict is Verdict.REGRESSION
    assert few.verdict is Verdict.INCONCLUSIVE
    assert compare(*sides).verdict is Verdict.INCONCLUSIVE


def test_what_sessions_alone_explain_is_not_of_runs() -> None:
    random = np.random.default_rng(0)
    task, run = np.tile(np.arange(200), 8), np.repeat(np.arange(8), 200)
    told = measured(random.normal(0, 0.35, 1600), task, run)
    assert told is not None
    assert math.sqrt(told.variance) < 0.02
    assert math.sqrt(told.within) == pytest.approx(0.35, rel=0.1)


def test_one_run_says_nothing_of_runs() -> None:
    assert measured(np.array([1.0, 2.0]), np.array([0, 1]), np.array([0, 0])) is None


def test_spreads_are_pooled_by_their_degrees_of_freedom() -> None:
    spread = pooled([Runs(0.01, 1, 2), None, Runs(0.04, 3, 4)], 0.05)
    assert spread.sd**2 == pytest.approx((0.01 + 3 * 0.04) / 4)
    assert (spread.freedom, spread.origin) == (4, Origin.MEASURED)
    assert pooled([None], 0.05).origin is Origin.ASSUMED


def test_runs_that_drift_are_noisier_than_those_that_do_not() -> None:
    steady = measure_noise([side(_run(n)) for n in range(1, 5)])
    drifting = measure_noise([side(_run(n, faster=f)) for n, f in enumerate((1.0, 1.2, 0.85, 1.1))])
    of = [{one.metric: one for one in noise.metrics}["session.active_time"] for noise in (steady, drifting)]
    assert of[0].run_sd < 0.03
    assert of[1].run_sd == pytest.approx(np.std(np.log([1.0, 1.2, 0.85, 1.1]), ddof=1), rel=0.2)
    assert of[1].smallest > of[0].smallest > 1


def test_the_smallest_effect_by_hand() -> None:
    apart = math.sqrt(2) * 0.05
    found = smallest_effect(0.04, Drift(math.sqrt(2) * 0.03), 0, 0.05)
    assert found == pytest.approx((1.6449 + 0.8416) * apart, rel=0.03)
    assert smallest_effect(0.04, Drift(math.sqrt(2) * 0.03, 1), 0, 0.05) > 2 * found, (
        "hardly anything is known"
    )
    assert smallest_effect(0.04, Drift(math.sqrt(2) * 0.03), 0, 0.005) > 1.2 * found, "many gates"


@pytest.mark.parametrize("count", [2, 3, 6, 10])
@pytest.mark.parametrize(
    "gates", [DEFAULT_GATES, (Gate("session.*", Stat.GEOMEAN), Gate("phase.*", Stat.GEOMEAN))]
)
def test_noise_and_a_comparison_that_uses_it_see_the_same(count: int, gates: tuple[Gate, ...]) -> None:
    policy = Policy(gates=gates)
    runs = [side(_run(n)) for n in range(count)]
    noise = measure_noise(runs, policy)
    found = compare(runs[0], runs[1], policy, noise=noise.told()).answers[0]
    assert found.gate.metric == noise.metrics[0].metric == "session.active_time"
    assert found.smallest is not None
    assert math.log(noise.metrics[0].smallest) == pytest.approx(math.log(found.smallest), rel=0.15)


def test_a_file_says_again_what_was_measured(tmp_path: Path) -> None:
    noise = measure_noise([side(_run(n)) for n in range(1, 4)])
    path = tmp_path / "noise.json"
    path.write_bytes(noise_file(noise))
    told = load_noise(str(path))
    assert set(told) == {one.metric for one in noise.metrics}
    of = told["session.active_time"]
    assert (of.freedom, of.runs) == (2, 3)
    assert of.variance == pytest.approx(noise.told()["session.active_time"].variance)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"command": "diff", "schema_version": 1}',
        '{"command": "noise", "schema_version": 2, "runs": 2, "metrics": {}}',
        '{"command": "noise", "schema_version": 1, "runs": 2, "metrics": []}',
        '{"command": "noise", "schema_version": 1, "runs": 2, "metrics": {"a": {"run_sd": "x", "freedom": 1}}}',
    ],
)
def test_another_file_is_no_noise(text: str, tmp_path: Path) -> None:
    path = tmp_path / "noise.json"
    path.write_text(text)
    with pytest.raises(InputError, match="not a file of `agenttrace noise`"):
        load_noise(str(path))


def test_what_runs_differ_by_widens_what_a_comparison_says() -> None:
    sides = side(_run(1)), side(_run(2, faster=1.15))
    found = {
        name: compare(*sides, noise=noise)
        for name, noise in {
            "assumed": None,
            "quiet": {"session.active_time": Runs(0.001**2, 9, 10)},
            "loud": {"session.active_time": Runs(0.2**2, 9, 10)},
        }.items()
    }
    width = {
        name: math.log(of.answers[0].bound[1] / of.answers[0].bound[0])  # type: ignore[index]
        for name, of in found.items()
    }
    assert width["quiet"] < width["assumed"] < width["loud"]
    seen = {name: of.answers[0].smallest or 0 for name, of in found.items()}
    assert seen["quiet"] < seen["assumed"] < seen["loud"]
    assert found["quiet"].answers[0].verdict is Verdict.REGRESSION
    assert found["loud"].answers[0].verdict is Verdict.INCONCLUSIVE
    assert {name: of.spread.origin for name, of in found.items()}["quiet"] is Origin.MEASURED


def test_several_runs_a_side_tell_what_they_differ_by() -> None:
    before = [row for n in (1, 2, 3) for row in _run(n)]
    after = [row for n in (4, 5, 6) for row in _run(n)]
    found = compare(side(before), side(after))
    assert found.runs == (3, 3)
    assert found.spread.origin is Origin.FEW_RUNS, "they are alike, and only six"
    assert found.spread.sd < 0.05
    assert "run_drift_assumed" not in {one.code for one in found.findings}
    apart = [row for n, faster in ((1, 1.0), (2, 1.2), (3, 0.85)) for row in _run(n, faster=faster)]
    spread = compare(side(apart), side(after)).spread
    assert (spread.origin, spread.freedom) == (Origin.MEASURED, 4)
