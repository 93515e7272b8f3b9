"""One server: hand-computed steps, and the same as a plain server that goes token by token."""

import random

import numpy as np
import pytest

from agenttrace.replay.blocks import UNLIMITED
from agenttrace.replay.choices import Routing
from agenttrace.replay.fleet import Deployment
from agenttrace.replay.replica import Limits
from agenttrace.replay.steps import AffineSteps
from unit.replay.loads import serve
from unit.replay.plain_server import Ask, PlainServer

STEPS = AffineSteps(
    step_ns=1_000.0,
    per_sequence_ns=10.0,
    per_context_ns=1.0,
    prefill_step_ns=500.0,
    per_token_ns=2.0,
    per_token_context_ns=0.0,
)


def _one(limits: Limits | None = None, blocks: int | None = None, replicas: int = 1) -> Deployment:
    return Deployment(STEPS, replicas, limits or Limits(), blocks)


def test_a_request_alone_takes_its_prefill_and_a_step_for_every_further_token() -> None:
    outcome = serve(_one(), [100], [50], [3])

    assert outcome.first.tolist() == [100 + 500 + 2 * 50]
    # The first token makes the context 51, the second one 52.
    assert outcome.done.tolist() == [700 + (1_010 + 51) + (1_010 + 52)]


def test_a_prefill_in_pieces_takes_the_overhead_of_each_step() -> None:
    outcome = serve(_one(Limits(step_tokens=20)), [0], [50], [1])

    assert outcome.first.tolist() == outcome.done.tolist() == [3 * 500 + 2 * 50]


def test_a_newcomer_waits_for_the_step_under_way_and_others_stand_still_for_its_prefill() -> None:
    outcome = serve(_one(), [0, 700], [50, 100], [4, 1])

    first_step = 600 + 1_010 + 51
    assert outcome.admitted.tolist() == [0, first_step]
    mixed = 500 + 2 * 100 + 1_010 + 52
    assert outcome.first.tolist() == [600, first_step + mixed]
    assert outcome.done.tolist() == [first_step + mixed + 1_010 + 53, first_step + mixed]


def test_no_more_sequences_run_than_are_allowed() -> None:
    outcome = serve(_one(Limits(sequences=1)), [0, 1], [50, 50], [2, 1])

    assert outcome.admitted[1] == outcome.done[0]


def test_the_higher_priority_goes_first() -> None:
    outcome = serve(_one(Limits(sequences=1)), [0, 1, 2], [50] * 3, [2] * 3, priority=[0, 0, -1])

    assert outcome.first[2] < outcome.first[1]


@pytest.mark.parametrize(("priority", "starts_over"), [([0, 0], 1), ([0, -1], 0), ([1, 0], 0), ([0, 1], 1)])
def test_where_room_runs_out_the_lowest_priority_starts_over_and_of_equals_the_last(
    priority: list[int], starts_over: int
) -> None:
    outcome = serve(_one(blocks=5), [0, 0], [31, 31], [6, 6], priority=priority)

    # Prompts of 31 take 2 of 5 blocks of 16; the first one's third block comes with its 33rd token, and fits.
    second = 562 + (500 + 62 + 1_010 + 32)
    assert outcome.first.tolist() == [562, second]
    # A step later the second's third block does not fit any more: the contexts are 34 and 33 by then.
    full = second + (1_020 + 33 + 32)
    if (
        starts_over == 1
    ):  # the first goes on for 3 steps; of the second's 6 tokens its prefill gives the third
        kept = full + 3 * 1_010 + 34 + 35 + 36
        other = kept + (500 + 2 * 33) + 3 * 1_010 + 34 + 35 + 36
    else:  # the second goes on for 4 steps; of the first's 6 tokens its prefill gives the fourth
        kept = full + 4 * 1_010 + 33 + 34 + 35 + 36
        other = kept + (500 + 2 * 34) + 2 * 1_010 + 35 + 36
    assert outcome.done[1 - starts_over] == kept
    assert outcome.done[starts_over] == other


def test_what_is_cached_is_not_prefilled_again_but_for_the_last_token() -> None:
    paths = [[0], [0, 1], [0]]
    outcome = serve(_one(), [0, 10_000, 20_000], [32, 48, 32], [1, 1, 1], paths=paths, lengths=[2, 1])

    assert outcome.hit_tokens.tolist() == [0, 32, 16]
    waited = outcome.first - np.array([0, 10_000, 20_000])
    assert waited.tolist() == [500 + 64, 500 + 32, 500 + 32]


def test_the_least_recently_used_prefix_is_evicted_and_of_it_the_end_first() -> None:
    paths = [[0], [1], [2], [0], [1]]
    outcome = serve(
        _one(blocks=5), [0, 10_000, 20_000, 30_000, 40_000], [32] * 5, [1] * 5, paths=paths, lengths=[2, 2, 2]
    )

    # The third prompt evicts one block of the first; the first, come again, evicts the second's last one.
    assert outcome.hit_tokens.tolist() == [0, 0, 0, 16, 16]


@pytest.mark.parametrize(("answer", "found"), [(49, 32), (50, 16), (64, 16)])
def test_an_answer_that_grows_to_its_end_pushes_others_out_of_the_cache(answer: int, found: int) -> None:
    # Of 6 blocks the first prompt leaves 2; the second takes 4 until its 65th token is written, then 5.
    outcome = serve(
        _one(blocks=6),
        [0, 10_000, 1_000_000],
        [33, 16, 33],
        [1, answer, 1],
        paths=[[0], [1], [0]],
        lengths=[2, 1],
    )

    assert outcome.hit_tokens.tolist() == [0, 0, found]


def test_a_prefix_is_kept_no_longer_than_asked() -> None:
    kept = Deployment(STEPS, 1, Limits(), None, keep_ns=5_000)
    outcome = serve(kept, [0, 4_000, 20_000], [32] * 3, [1] * 3, paths=[[0]] * 3, lengths=[2])

    assert outcome.hit_tokens.tolist() == [0, 16, 0]


@pytest.mark.parametrize("routing", list(Routing))
def test_routers_share_the_work_as_they_say(routing: Routing) -> None:
    paths = [[0], [1], [0], [1]]
    two = Deployment(STEPS, 2, Limits(), None, routing=routing)
    outcome = serve(two, [0, 1, 100_000, 100_001], [160] * 4, [1] * 4, paths=paths, lengths=[10, 10])

    assert outcome.replica.tolist() == [0, 1, 0, 1]
    turned = serve(
        two, [0, 1, 100_000, 100_001], [160] * 4, [1] * 4, paths=[[0], [1], [1], [0]], lengths=[10, 10]
    )
    wanted = [0, 1, 1, 0] if routing is Routing.AFFINITY else [0, 1, 0, 1]
    assert turned.replica.tolist() == wanted


@pytest.mark.parametrize("seed", range(1_000))
def test_any_load_is_served_as_by_a_server_that_goes_step_by_step(seed: int) -> None:
    _compare(seed, classes=1)


@pytest.mark.parametrize("seed", range(1_000, 1_300))
def test_any_load_of_several_priorities_is_served_as_by_a_server_that_goes_step_by_step(seed: int) -> None:
    _compare(seed, classes=3)


def _compare(seed: int, classes: int) -> None:
    draw = random.Random(seed)
    count = draw.randint(1, 14)
    at = sorted(draw.sample(range(40_000), count))
    prompt = [draw.randint(1, 90) for _ in at]
    answer = [draw.randint(1, 40) for _ in at]
    sequences = draw.choice([UNLIMITED, 2, 4])
    step_tokens = draw.choice([UNLIMITED, 16, 64])
    blocks = draw.choice([UNLIMITED, 20, 40])
    priority = [draw.randrange(classes) for _ in at]
    plain = PlainServer(STEPS, sequences, step_tokens, blocks, 8)
    asks = [
        Ask(*one, row=row, priority=priority[row])
        for row, one in enumerate(zip(at, prompt, answer, strict=True))
    ]

    plain.serve(asks)
    bounded = None if blocks == UNLIMITED else blocks
    outcome = serve(_one(Limits(sequences, step_tokens, 8), bounded), at, prompt, answer, priority=priority)

    assert (outcome.done >= outcome.first).all()
    assert (outcome.first >= outcome.admitted).all()
    assert (outcome.admitted >= outcome.sent).all()
    assert outcome.first.tolist() == pytest.approx([ask.first for ask in asks], abs=2)
    assert outcome.done.tolist() == pytest.approx([ask.end for ask in asks], abs=2)
    assert plain.most_held <= blocks
