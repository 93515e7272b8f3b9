"""The 33-minute session is the one that the documents talk about, whatever the dice say."""

from itertools import pairwise
from statistics import median

import pytest

from agenttrace import samples
from agenttrace.samples.story import Story
from agenttrace.samples.telling import tell
from agenttrace.samples.truth import find_truth
from agenttrace.samples.waiting import waits

NAME = "claude-code-33min"
SECOND = 1_000_000_000


@pytest.fixture(scope="module", params=[33, 1, 2])
def story(request: pytest.FixtureRequest) -> Story:
    return tell(NAME, int(request.param))


def test_its_counts_do_not_depend_on_the_seed(story: Story) -> None:
    counts = find_truth(story)["counts"]
    assert isinstance(counts, dict)
    del counts["tool_calls"], counts["max_parallel"]
    assert counts == {
        "requests": 283,
        "main_requests": 58,
        "main_turns": 57,
        "subagents": 22,
        "subagent_requests": 225,
        "failed_tool_calls": 2,
        "compactions": 1,
        "retries": 0,
        "permissions": 1,
        "prompts": 4,
    }


def test_it_takes_33_minutes_and_a_few_seconds(story: Story) -> None:
    assert 0 < story.end_ns - 33 * 60 * SECOND < 10 * SECOND


def test_the_waits_tile_it_exactly(story: Story) -> None:
    path = list(waits(story))
    assert path[0].start_ns == 0
    assert path[-1].end_ns == story.end_ns
    assert all(before.end_ns == after.start_ns for before, after in pairwise(path))


def test_decode_is_the_largest_phase_and_tools_come_next(story: Story) -> None:
    path = find_truth(story)["critical_path_ns"]
    assert isinstance(path, dict)
    assert sum(path.values()) == story.end_ns
    assert sorted(path, key=path.__getitem__, reverse=True)[:2] == ["decode", "tool"]
    assert all(path[phase] > 0 for phase in ("queue", "prefill", "user", "harness"))


def test_the_context_grows_is_compacted_and_grows_again(story: Story) -> None:
    (compaction,) = story.compactions
    sizes = [request.input_tokens for request in story.main.requests]
    full = next(place for place, request in enumerate(story.main.requests) if request.compacts)
    assert [round(size, -3) for size in (sizes[0], sizes[full - 1], sizes[full], sizes[full + 1])] == [
        15_000,
        156_000,
        156_000,
        20_000,
    ]
    assert sizes[: full + 1] == sorted(sizes[: full + 1])
    assert sizes[full + 1 :] == sorted(sizes[full + 1 :])
    assert (round(compaction.tokens_before, -3), compaction.tokens_after) == (156_000, sizes[full + 1])


def test_normal_turns_find_nearly_all_of_their_prompt_in_the_cache(story: Story) -> None:
    normal = [request for request in story.main.requests if request.miss is None]
    shares = [request.cache_read_tokens / request.input_tokens for request in normal]
    weighted = sum(request.cache_read_tokens for request in normal) / sum(
        request.input_tokens for request in normal
    )
    assert 0.95 < median(shares) < 0.98
    assert 0.95 < weighted < 0.98
    assert min(shares) > 0.75


def test_the_cache_misses_at_the_start_after_an_eviction_and_after_the_compaction(story: Story) -> None:
    missed = [request for request in story.main.requests if request.miss]
    assert [request.miss for request in missed] == ["cold", "evicted", "compaction"]
    assert all(request.cache_read_tokens < 0.7 * request.input_tokens for request in missed)


def test_five_joins_wait_for_their_slowest_branch(story: Story) -> None:
    joins = find_truth(story)["joins"]
    assert isinstance(joins, list)
    assert [join["branches"] for join in joins] == [4, 6, 2, 5, 3]
    for join in joins:
        assert min(join["slack_ns"]) == 0
        assert max(join["slack_ns"]) > 10 * SECOND
        assert join["wall_ns"] < join["sum_ns"]


def test_a_background_agent_ends_before_it_is_heard_of(story: Story) -> None:
    (news,) = story.notifications
    (launch,) = [tool for request in story.main.requests for tool in request.tools if tool.background]
    assert launch.end_ns < news.agent.end_ns < news.queued_ns <= news.delivered_ns
    assert news.delivered_ns in {request.sent_ns for request in story.main.requests}


def test_some_tools_end_while_their_request_still_streams(story: Story) -> None:
    early = [tool for request in story.requests for tool in request.tools if tool.end_ns < request.end_ns]
    assert len(early) > 10


def test_one_agent_is_nested_in_another(story: Story) -> None:
    assert [agent.depth for agent in story.agents].count(2) == 1


def test_an_agent_asks_again_only_when_everything_has_settled(story: Story) -> None:
    for agent in story.agents:
        for before, after in pairwise(agent.requests):
            assert before.settled_ns < after.sent_ns


def test_times_lie_in_their_order(story: Story) -> None:
    for request in story.requests:
        closed = [block.closed_ns for block in request.blocks]
        assert request.sent_ns <= request.start_ns < request.first_token_ns <= closed[0]
        assert closed == sorted(set(closed))
        assert closed[-1] == request.end_ns
        for tool in request.tools:
            assert tool.emitted_ns < tool.asked_ns < tool.start_ns < tool.end_ns


def test_a_small_sample_shows_one_fan_out() -> None:
    joins = samples.truth("fan-out")["joins"]
    assert isinstance(joins, list)
    assert [join["branches"] for join in joins] == [3]
