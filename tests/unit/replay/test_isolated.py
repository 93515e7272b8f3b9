"""Sessions alone: a server against itself changes nothing, and another one changes service and never the queue."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from agenttrace.critical_path.arrays import NULL
from agenttrace.ingest.reading import read
from agenttrace.replay.choices import Load
from agenttrace.replay.fitting.platform import fit_platform
from agenttrace.replay.fleet import Deployment, Factors
from agenttrace.replay.isolated import Reference, scaled_times
from agenttrace.replay.kept_times import recorded_times
from agenttrace.replay.own_hits import with_own_hits
from agenttrace.replay.platforms.toml_text import measured_platform, parse_toml, to_toml
from agenttrace.replay.playing import Stage, set_stage
from agenttrace.replay.replica import Limits
from agenttrace.replay.steps import AffineSteps
from agenttrace.replay.workload import Workload, read_workload
from timeline import MS, draw

CAPTURES = Path(__file__).resolve().parents[3] / "sample_traces" / "dynamo-captures"
DRAWING = """
    session           |==============================|
      request one     |qqqqqppppdddddddd             |
      tool a          |                 ====         |  after one
      request two     |                     ppddddddd|  after a
    """
SLOW = AffineSteps(2.0 * MS, 0.0, 0.0, 4.0 * MS, 0.0, 0.0)


@cache
def _capture(name: str) -> Workload:
    (file,) = sorted((CAPTURES / name).glob("request-trace*"))
    return read_workload(read(file))


def _alone(workload: Workload) -> tuple[Stage, Factors, Deployment]:
    """A stage with its own fit for a reference, the requests' own residuals, and the fit read from its file."""
    fitted = fit_platform(workload)
    assert fitted is not None
    own = Factors(fitted.residuals.prefill.tolist(), fitted.residuals.decode.tolist())
    stage = set_stage(
        workload, Load.ISOLATED, 0, Reference(fitted.platform.deployment(None), fitted.residuals)
    )
    read_again = measured_platform(parse_toml(to_toml(fitted.platform), "it"), "it")
    return stage, own, read_again.deployment(None)


@pytest.mark.parametrize("name", ["A", "B"])
def test_the_fitted_machine_alone_with_the_recorded_queue_gives_every_ratio_one(name: str) -> None:
    workload = _capture(name)
    stage, own, fitted = _alone(workload)
    outcome = stage.play(fitted, own)
    assert outcome.wall.tolist() == workload.wall.tolist()
    first, end = recorded_times(workload.requests)
    assert (outcome.first - outcome.sent).tolist() == first.tolist()
    assert (outcome.done - outcome.sent).tolist() == end.tolist()


@pytest.mark.parametrize("name", ["A", "B"])
def test_a_faster_machine_never_lengthens_a_session_alone(name: str) -> None:
    stage, own, fitted = _alone(_capture(name))
    walls = [stage.play(replace(fitted, times=_faster(fitted, factor)), own).wall for factor in (1, 2, 8)]
    assert (walls[1] <= walls[0]).all()
    assert (walls[2] <= walls[1]).all()
    assert np.median(walls[0]) > 1.1 * np.median(walls[2])


def _faster(deployment: Deployment, factor: int) -> AffineSteps:
    times = deployment.times
    assert isinstance(times, AffineSteps)
    return AffineSteps(*(getattr(times, name) / factor for name in AffineSteps.__slots__))


def test_a_queue_stays_and_service_is_scaled() -> None:
    stage = set_stage(read_workload(draw(DRAWING).trace), Load.ISOLATED, 0)
    slow, fast = (Deployment(_times(factor), 1, Limits()) for factor in (1.0, 0.5))
    requests, demand = stage.workload.requests, stage.demand
    first, end = scaled_times(requests, demand, fast, Reference(slow), None)
    # 5 ms of queue, then 4 ms of prefill in half the time; of the second's 2 ms of prefill half, too.
    assert (first / MS).tolist() == [5 + 2, 1]
    assert (end / MS).tolist() == [7 + 4, 1 + 3.5]
    same = scaled_times(requests, demand, slow, Reference(slow), None)
    assert [times.tolist() for times in same] == [
        times.tolist() for times in recorded_times(stage.workload.requests)
    ]


def _times(factor: float) -> AffineSteps:
    return AffineSteps(*(getattr(SLOW, name) * factor for name in AffineSteps.__slots__))


def test_what_a_session_has_asked_before_is_cached_for_it_where_no_source_says() -> None:
    workload = read_workload(draw(DRAWING).trace)
    stage = set_stage(workload, Load.ISOLATED, 0)
    requests = replace(workload.requests, cached_tokens=np.full(2, NULL))
    demand = replace(stage.demand, paths=[[0], [0, 1]], lengths=[3, 2])
    assert with_own_hits(requests, demand, 16).told_hit == [0, 48]
    told = replace(requests, cached_tokens=np.array([0, 16]))
    assert with_own_hits(told, demand, 16) is demand
    of_others = replace(requests, session=np.array([0, 1]))
    assert with_own_hits(of_others, demand, 16).told_hit == [0, 0]
    at_once = replace(requests, start=np.array([0, 5]), end=np.array([10, 15]))
    assert with_own_hits(at_once, demand, 16).told_hit == [0, 0]
