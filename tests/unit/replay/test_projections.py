"""The pair of captures of the same work: what a fit to one says of the other, and of itself."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from agenttrace.ingest.reading import read
from agenttrace.replay.choices import Load
from agenttrace.replay.fitting.platform import Fitted, fit_platform
from agenttrace.replay.load import recorded_lanes
from agenttrace.replay.platforms.toml_text import measured_platform, parse_toml, to_toml
from agenttrace.replay.playing import set_stage
from agenttrace.replay.quantities import Identified
from agenttrace.replay.retimed import retimed
from agenttrace.replay.workload import Workload, read_workload

CAPTURES = Path(__file__).resolve().parents[3] / "sample_traces" / "dynamo-captures"


def _file(name: str) -> Path:
    found = sorted((CAPTURES / name).glob("request-trace*"))
    if not found:
        pytest.skip(f"capture {name} is not here")
    return found[0]


@cache
def _workload(name: str) -> Workload:
    return read_workload(read(_file(name)))


@cache
def _fitted(name: str) -> Fitted:
    found = fit_platform(_workload(name))
    assert found is not None
    return found


def _played(work: str, on: str, replicas: int, lanes: int) -> np.ndarray:
    stage = set_stage(_workload(work), Load.CLOSED, lanes)
    return stage.play(_fitted(on).platform.deployment(replicas)).wall


@pytest.mark.parametrize("name", ["A", "B"])
@pytest.mark.parametrize("load", list(Load))
def test_recorded_durations_come_out_again_to_the_nanosecond(name: str, load: Load) -> None:
    workload = _workload(name)
    lanes = recorded_lanes(workload.start, workload.wall)
    assert set_stage(workload, load, lanes).play_recorded().wall.tolist() == workload.wall.tolist()


@pytest.mark.parametrize(
    ("work", "on", "replicas", "lanes", "limit"),
    [("A", "A", 2, 4, 0.05), ("B", "A", 2, 4, 0.02), ("B", "B", 1, 12, 0.05), ("A", "B", 1, 12, 0.05)],
)
def test_the_fit_to_one_capture_gives_the_times_of_that_deployment(
    work: str, on: str, replicas: int, lanes: int, limit: float
) -> None:
    truth = _workload(on).wall
    found = _played(work, on, replicas, lanes)
    for percent in (50, 95):
        ratio = np.percentile(found, percent) / np.percentile(truth, percent)
        assert abs(ratio - 1) < limit
    assert np.median(np.abs(found / truth - 1)) < 0.03


def test_a_fit_says_what_the_trace_tells_and_what_it_does_not() -> None:
    light, loaded = _fitted("A").platform, _fitted("B").platform

    assert light.numbers["replicas"].value == 2
    assert light.numbers["sequences_seen"].identified is Identified.BOUNDED
    assert "sequences" not in light.numbers
    assert loaded.numbers["sequences"].value == 6
    assert loaded.numbers["sequences"].identified is Identified.YES
    blocks = loaded.numbers["kv_blocks"]
    assert blocks.identified is Identified.BOUNDED
    assert blocks.low is not None
    assert blocks.high is not None
    # The engine had 1,800.
    assert blocks.low <= 1_800 <= blocks.high
    assert loaded.numbers["step_tokens_seen"].identified is Identified.NO
    for name in ("step", "step_per_context_token", "prefill_step", "prefill_per_token"):
        number = light.numbers[name]
        assert number.low is not None
        assert number.high is not None
        assert number.low <= number.value <= number.high
    # The timing law of the engine behind it: 5.74 ms a step, 16.5 ms a prefill, 15.2 us a token.
    assert light.numbers["step"].value == pytest.approx(5.74e6, rel=0.02)
    assert light.numbers["prefill_step"].value == pytest.approx(16.5e6, rel=0.1)


def test_a_fitted_platform_is_the_same_after_it_was_written_and_read() -> None:
    text = to_toml(_fitted("B").platform)
    again = measured_platform(parse_toml(text, "b.toml"), "b.toml")
    assert to_toml(again) == text
    assert again.deployment(None).limits == _fitted("B").platform.deployment(None).limits


@pytest.mark.parametrize("name", ["A", "B"])
def test_residuals_drawn_from_a_file_take_as_long_on_average_as_those_of_the_requests(name: str) -> None:
    fitted, drawn = _fitted(name), np.random.default_rng(1).random(200_000)
    for stated, own in (
        (fitted.platform.decode_residuals, fitted.residuals.decode),
        (fitted.platform.prefill_residuals, fitted.residuals.prefill),
    ):
        found = np.interp(drawn, np.linspace(0, 1, len(stated)), stated)
        assert found.mean() == pytest.approx(own.mean(), rel=0.004)


def test_the_same_seed_gives_the_same_fit_and_the_same_play() -> None:
    once, again = (fit_platform(_workload("A"), seed=3) for _ in range(2))
    assert once is not None
    assert again is not None
    assert to_toml(once.platform) == to_toml(again.platform)
    assert _played("A", "A", 2, 4).tolist() == _played("A", "A", 2, 4).tolist()


def test_every_request_is_answered_once_and_time_never_runs_back() -> None:
    stage = set_stage(_workload("B"), Load.CLOSED, 12)
    outcome = stage.play(_fitted("B").platform.deployment(1))
    assert (outcome.sent >= 0).all()
    assert (outcome.admitted >= outcome.sent).all()
    assert (outcome.first > outcome.admitted).all()
    assert (outcome.done >= outcome.first).all()


def test_a_trace_at_recorded_times_is_the_trace() -> None:
    trace = read(_file("A"))
    workload = read_workload(trace)
    moved = retimed(trace, set_stage(workload, Load.RECORDED, 0).play_recorded())
    offset = int(workload.start.min())
    for name in ("start_ns", "end_ns"):
        off = moved.spans[name].to_numpy() + offset - trace.spans[name].to_numpy()
        assert np.abs(off).max() < 2_000_000  # where clocks disagree, ends are mended
