"""Prefill and decode apart, a tier below the cache, and prefixes that go with their agent: hand-computed."""

import numpy as np
import pytest

from agenttrace.errors import UsageError
from agenttrace.replay.fleet import Deployment
from agenttrace.replay.modelled_target import modelled_target
from agenttrace.replay.modelling.architecture import architecture
from agenttrace.replay.platforms.catalogue import shipped_models, shipped_platforms
from agenttrace.replay.platforms.modelled import modelled_platform
from agenttrace.replay.platforms.toml_text import parse_toml
from agenttrace.replay.policies import parse_policies
from agenttrace.replay.replica import Below, Limits
from agenttrace.replay.steps import AffineSteps
from agenttrace.replay.targets import Target
from unit.replay.loads import serve

STEPS = AffineSteps(1_000.0, 10.0, 1.0, 500.0, 2.0, 0.0)


def test_a_cache_goes_to_another_replica_and_is_decoded_there() -> None:
    apart = Deployment(STEPS, 1, Limits(), decode_replicas=1, transfer_ns=3.0)
    outcome = serve(apart, [0], [50], [3])

    assert outcome.first.tolist() == [600 + 3 * 50]
    # The prompt's 50 tokens and the first one are read by the next step.
    assert outcome.done.tolist() == [750 + (1_010 + 51) + (1_010 + 52)]


def test_decoding_does_not_stand_still_for_the_prefills_of_others() -> None:
    apart = Deployment(STEPS, 1, Limits(), decode_replicas=1)
    together = Deployment(STEPS, 1, Limits())
    at, prompt, answer = [0, 700], [50, 5_000], [20, 1]
    alone = serve(together, at[:1], prompt[:1], answer[:1]).done[0]
    assert serve(apart, at, prompt, answer).done[0] == alone
    assert serve(together, at, prompt, answer).done[0] > alone


def test_a_decoder_takes_no_more_than_its_cache_holds() -> None:
    apart = Deployment(STEPS, 2, Limits(block_tokens=16), kv_blocks=8, decode_replicas=1)
    outcome = serve(apart, [0, 0], [96, 96], [10, 10])
    # Six blocks and a further one for the answer: the second begins to decode when the first is done.
    assert outcome.done[1] - outcome.done[0] >= 9 * 1_000


def test_what_was_evicted_comes_back_from_the_tier_below() -> None:
    paths, at = [[0], [1], [0]], [0, 10_000, 20_000]
    small = Deployment(STEPS, 1, Limits(), kv_blocks=2)
    tiered = Deployment(STEPS, 1, Limits(), kv_blocks=2, below=Below(8, 50.0, 7.0))
    lost = serve(small, at, [33] * 3, [1] * 3, paths=paths, lengths=[2, 2])
    kept = serve(tiered, at, [33] * 3, [1] * 3, paths=paths, lengths=[2, 2])

    assert lost.hit_tokens.tolist() == [0, 0, 0]
    assert kept.hit_tokens.tolist() == [0, 0, 32]
    # One token is left to prefill; two blocks take 14 ns behind a latency of 50.
    assert kept.first[2] - 20_000 == 500 + 2 + 50 + 14


def test_a_tier_below_gives_up_what_came_first() -> None:
    paths, at = [[0], [1], [2], [0], [1]], [0, 10_000, 20_000, 30_000, 40_000]
    tiered = Deployment(STEPS, 1, Limits(), kv_blocks=2, below=Below(2, 0.0, 0.0))
    outcome = serve(tiered, at, [33] * 5, [1] * 5, paths=paths, lengths=[2, 2, 2])
    # The tier holds one prompt. When the first comes again, the second has taken its place.
    assert outcome.hit_tokens.tolist() == [0, 0, 0, 0, 0]


def test_prefixes_go_with_the_last_request_of_their_agent_and_shared_ones_stay() -> None:
    paths, at = [[0, 1], [0, 1], [0, 2], [0, 1]], [0, 10_000, 20_000, 30_000]
    options = {"paths": paths, "lengths": [1, 3, 3]}
    released = Deployment(STEPS, 1, Limits(), release=True)
    # One agent's segment is there until its last request is over; that which others share stays.
    for agent, hits in (([0, 0, 1, 0], [0, 64, 16, 64]), ([0, 0, 1, 2], [0, 64, 16, 64])):
        outcome = serve(released, at, [65] * 4, [1] * 4, agent=agent, **options)  # type: ignore[arg-type]
        assert outcome.hit_tokens.tolist() == hits


def test_room_that_the_released_leave_saves_what_others_hold() -> None:
    # The agent of segment 0 ends after its first request, so segment 1 need not be evicted for segment 2.
    paths, at = [[1], [0], [2], [1]], [0, 10_000, 20_000, 30_000]
    options = {"paths": paths, "lengths": [2, 2, 2], "agent": [1, 0, 2, 1]}
    for release, hits in ((False, 0), (True, 32)):
        served = Deployment(STEPS, 1, Limits(), kv_blocks=5, release=release)
        outcome = serve(served, at, [33] * 4, [1] * 4, **options)  # type: ignore[arg-type]
        assert outcome.hit_tokens[3] == hits


def _target(name: str, *settings: str) -> Target:
    platform = modelled_platform(parse_toml(shipped_platforms()[name], name), name)
    model = architecture(parse_toml(shipped_models()["glm-5-2"], "glm-5-2"), "glm-5-2")
    return modelled_target(platform, model, parse_policies(settings), None)


def test_a_tier_of_a_platform_is_named_and_its_numbers_become_blocks() -> None:
    below = _target("vr-nvl72", "offload=LPDDR5X").build({}).below
    block_bytes = 16 * 78 * (656 + 132)
    assert below == Below(int(6_000e9 / block_bytes), 5_000.0, block_bytes / 3_600)
    with pytest.raises(UsageError, match="no such tier"):
        _target("vr-nvl72", "offload=tape")


def test_prefill_and_decode_are_parted_by_a_number() -> None:
    built = _target("h200", "decode_replicas=2", "gpus_per_replica=8").build({})
    assert built.decode_replicas == 2
    assert np.isclose(built.transfer_ns, 78 * (656 + 132) / 450)
