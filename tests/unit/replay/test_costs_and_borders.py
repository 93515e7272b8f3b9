"""What a session costs, and what is said where a platform is replayed beyond what it was measured under."""

import numpy as np
import pytest

from agenttrace.replay.costs import Cost, Rates, cost_of
from agenttrace.replay.extrapolation import Beyond, conditions_left, widened
from agenttrace.replay.outcome import Book, Outcome
from agenttrace.replay.percentiles import Estimate
from agenttrace.replay.workload import read_workload
from timeline import draw

HOUR = 3_600 * 10**9


def _outcome(first: list[int], done: list[int], hit: list[int]) -> Outcome:
    book = Book(2, len(first))
    book.start, book.end = [0, HOUR], [HOUR, 2 * HOUR]
    book.first, book.done, book.hit_tokens = first, done, hit
    book.replica = [0] * len(first)
    return book.outcome()


def test_replicas_are_paid_for_as_long_as_they_stand_there() -> None:
    outcome = _outcome([0], [1], [0])
    # Two hours of three replicas for two sessions; 10 kW each at 0.1 a kWh.
    assert cost_of(outcome, 3, Rates(price=4.0)) == Cost(12.0, None)
    assert cost_of(outcome, 3, Rates(power_kw=10.0)) == Cost(None, 30.0)
    both = cost_of(outcome, 3, Rates(4.0, 10.0, 0.1))
    assert both is not None
    assert both.price == pytest.approx(15.0)
    assert both.energy_kwh == 30.0
    assert cost_of(outcome, 3, Rates()) is None


def _left(observed: dict[str, tuple[float, float]]) -> list[Beyond]:
    workload = read_workload(
        draw(
            """
            session           |============|
              request one     |pppddd      |
              request two     |ppp   ddd   |
            """
        ).trace
    )
    workload.requests.input_tokens[:] = [100, 400]
    workload.requests.output_tokens[:] = 10
    return conditions_left(workload, _outcome([10, 20], [30, 40], [0, 300]), observed)


def test_conditions_that_were_seen_are_none_to_speak_of() -> None:
    assert not _left({"prompt_tokens": (50, 500), "uncached_tokens": (0, 100), "sequences": (1, 2)})
    assert not _left({})


def test_longer_prompts_and_more_sequences_than_seen_are_told_with_their_share() -> None:
    prompts, sequences = _left({"prompt_tokens": (50, 200), "sequences": (1, 1)})
    assert prompts == Beyond("prompt_tokens", 50, 200, 400.0, 0.5)
    assert sequences == Beyond("sequences", 1, 1, 2.0, 0.5)
    (fewer,) = _left({"sequences": (4, 8)})
    assert (fewer.reached, fewer.share) == (1.0, 1.0)


def test_intervals_grow_with_what_is_in_doubt() -> None:
    one = Estimate(100.0, 95.0, 105.0, {"sampling": 10.0})
    (same,) = widened([one], [])
    assert same == one
    # Half of the requests are at twice what was seen: an eighth of the time is in doubt.
    (wider,) = widened([one], [Beyond("prompt_tokens", 50, 200, 400.0, 0.5)])
    assert (wider.low, wider.high) == (95.0 * (1 - 0.125), 105.0 + 12.5)
    assert wider.by == {"sampling": 10.0, "extrapolation": 25.0}
    assert np.isclose(wider.value, 100.0)
