"""Retries, compactions and truncations, told from prompts; drawn as lists of a chain's requests."""

from __future__ import annotations

from hashlib import blake2b
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from agenttrace.ingest.assembly.contexts import UNKNOWN, Contexts, Requests, infer_contexts
from agenttrace.ingest.assembly.prompts import Prompts
from agenttrace.ingest.raw import RawTrace
from agenttrace.model.vocabulary import Purpose
from unit.ingest.dynamo.captures import SETS, raw_trace, request_trace, root_of, truth
from unit.ingest.dynamo.rows import whole_prompts

BLOCK = 10
MS = 1_000_000
SYSTEM = 60
"""Tokens of instructions that every prompt of an agent starts with."""


class Call(NamedTuple):
    """A request from `start` to `end` (ms) whose prompt has the parts `text`, of (name, tokens)."""

    start: int
    end: int
    text: tuple[tuple[str, int], ...]
    output: int = 20
    status: str | None = "ok"
    lane: int = 0
    trigger: str = "tool_result"
    calls_tools: bool = False

    @property
    def tokens(self) -> int:
        return sum(size for _, size in self.text)

    @property
    def hashes(self) -> list[int]:
        """One for each full block, of all tokens up to its end."""
        words = [f"{name}/{index}" for name, size in self.text for index in range(size)]
        prefixes = (" ".join(words[:end]) for end in range(BLOCK, len(words) + 1, BLOCK))
        return [int.from_bytes(blake2b(each.encode(), digest_size=8).digest()) for each in prefixes]


def told(calls: list[Call], tools: list[tuple[int, int]] | None = None, *, hashed: bool = True) -> Contexts:
    """What is inferred; `tools` are (lane, start in ms)."""
    prompts = [call.hashes if hashed else [] for call in calls]
    tools = tools or []

    def column(values: list[int]) -> Any:
        return np.array(values, dtype=np.int64)

    def mask(values: list[bool]) -> Any:
        return np.array(values, dtype=np.bool_)

    return infer_contexts(
        Requests(
            session=column([0] * len(calls)),
            lane=column([call.lane for call in calls]),
            start_ns=column([call.start * MS for call in calls]),
            end_ns=column([call.end * MS for call in calls]),
            input_tokens=column([call.tokens for call in calls]),
            output_tokens=column([call.output for call in calls]),
            answered=mask([call.status == "ok" for call in calls]),
            failed=mask([call.status == "error" for call in calls]),
            tool_result=mask([call.trigger == "tool_result" for call in calls]),
            calls_tools=mask([call.calls_tools for call in calls]),
            block_size=column([BLOCK] * len(calls)),
            prompt=list(range(len(prompts))),
            prompts=Prompts.whole(
                np.array([value for prompt in prompts for value in prompt], dtype=np.uint64),
                [0, *accumulate(map(len, prompts))],
            ),
        ),
        column([lane for lane, _ in tools]),
        column([start * MS for _, start in tools]),
    )


def purposes(found: Contexts) -> list[str]:
    return [list(Purpose)[code].value for code in found.purpose]


def prompt(*parts: tuple[str, int]) -> tuple[tuple[str, int], ...]:
    return (("system", SYSTEM), *parts)


GROWING = [
    Call(0, 10, prompt(("a", 200)), calls_tools=True),
    Call(20, 30, prompt(("a", 500)), calls_tools=True),
    Call(40, 60, prompt(("a", 800)), output=50),
]
AFTER = Call(61, 70, prompt(("summary", 50)), trigger="user_message", calls_tools=True)
GROWN = Call(80, 90, prompt(("summary", 50), ("b", 300)))

both_ways = pytest.mark.parametrize("hashed", [True, False])


@both_ways
def test_the_last_request_of_a_context_before_a_small_one_wrote_its_summary(*, hashed: bool) -> None:
    found = told([*GROWING, AFTER, GROWN], hashed=hashed)

    assert purposes(found) == ["turn", "turn", "compaction", "turn", "turn"]
    assert (found.compactions.tolist(), found.successors.tolist()) == ([2], [3])
    assert found.truncated.tolist() == []


def test_the_order_of_rows_does_not_matter() -> None:
    calls = [AFTER, GROWING[2], GROWN, GROWING[0], GROWING[1]]

    assert purposes(told(calls)) == ["turn", "compaction", "turn", "turn", "turn"]


def test_a_person_may_wait_between_the_summary_and_its_use() -> None:
    later = [call._replace(start=call.start + 600_000, end=call.end + 600_000) for call in (AFTER, GROWN)]

    assert told([*GROWING, *later]).compactions.tolist() == [2]


def test_two_compactions_of_one_chain() -> None:
    again = [
        Call(100, 110, prompt(("summary", 50), ("b", 600)), calls_tools=True),
        Call(120, 140, prompt(("summary", 50), ("b", 700))),
        Call(141, 150, prompt(("second", 60)), trigger="user_message"),
    ]

    found = told([*GROWING, AFTER, GROWN._replace(calls_tools=True), *again])

    assert found.compactions.tolist() == [2, 6]
    assert found.successors.tolist() == [3, 7]


def test_with_tools_in_between_the_program_cut_the_context_itself() -> None:
    found = told([*GROWING, AFTER, GROWN], tools=[(0, 60)])

    assert purposes(found) == ["turn"] * 5
    assert found.truncated.tolist() == [3]


def test_an_answer_that_calls_tools_is_no_summary() -> None:
    found = told([*GROWING[:2], GROWING[2]._replace(calls_tools=True), AFTER, GROWN])

    assert found.truncated.tolist() == [3]
    assert found.compactions.tolist() == []


def test_a_background_tool_of_an_earlier_turn_does_not_hide_a_compaction() -> None:
    assert told([*GROWING, AFTER, GROWN], tools=[(0, 35)]).compactions.tolist() == [2]


@both_ways
def test_a_side_request_beside_the_chain_is_no_compaction(*, hashed: bool) -> None:
    title = Call(61, 65, (("title", 30),))
    back = Call(80, 90, prompt(("a", 1000)))

    found = told([*GROWING, title, back], hashed=hashed)

    assert purposes(found) == ["turn"] * 5


def test_a_side_request_between_the_summary_and_its_use_changes_nothing() -> None:
    title = Call(45, 50, (("title", 30),))

    assert told([*GROWING, title, AFTER, GROWN]).compactions.tolist() == [2]


def test_subagents_in_the_chain_of_their_parent_are_no_compaction() -> None:
    started = Call(61, 70, (("other system", 100), ("task", 40)))
    goes_on = Call(80, 90, (("other system", 100), ("task", 40), ("c", 100)))
    parent_again = Call(100, 110, prompt(("a", 1100)))

    assert told([*GROWING, started, goes_on, parent_again]).compactions.tolist() == []


def test_subagents_with_chains_of_their_own_are_no_compaction() -> None:
    child = Call(61, 70, prompt(("task", 40)), lane=1)

    assert told([*GROWING, child]).compactions.tolist() == []


def test_going_back_to_an_earlier_prompt_is_no_compaction() -> None:
    rewound = Call(61, 70, prompt(("a", 500), ("another question", 40)))

    assert told([*GROWING, rewound]).compactions.tolist() == []


def test_starting_afresh_with_a_short_question_is_no_compaction() -> None:
    long_answer = GROWING[2]._replace(output=300)
    question = Call(60_000, 60_010, prompt(("new question", 30)), trigger="user_message")

    assert told([*GROWING[:2], long_answer, question]).compactions.tolist() == []


def test_another_agents_prompt_in_the_same_chain_is_no_compaction() -> None:
    foreign = Call(61, 70, (("other", 100),))

    assert told([*GROWING, foreign]).compactions.tolist() == []


def test_a_request_that_runs_beside_the_last_one_does_not_use_its_answer() -> None:
    beside = AFTER._replace(start=50)

    assert told([*GROWING, beside]).compactions.tolist() == []


def test_small_prompts_are_not_compacted() -> None:
    calls = [Call(0, 10, prompt(("a", 90))), Call(20, 30, prompt(("b", 10)))]

    assert told(calls).compactions.tolist() == []


@both_ways
def test_the_same_prompt_after_a_stream_without_an_end_is_its_retry(*, hashed: bool) -> None:
    broken = GROWING[1]._replace(status=None, output=3)
    retry = GROWING[1]._replace(start=35, end=38)

    found = told([GROWING[0], broken, retry, GROWING[2]], hashed=hashed)

    assert purposes(found) == ["turn", "failed_attempt", "turn", "turn"]
    assert found.attempt.tolist() == [1, 1, 2, 1]
    assert found.retry_of.tolist() == [UNKNOWN, UNKNOWN, 1, UNKNOWN]
    assert found.cancelled.tolist() == [False, True, False, False]


def test_attempts_are_counted_on() -> None:
    broken = [GROWING[1]._replace(start=20 + 5 * n, end=22 + 5 * n, status=None) for n in range(3)]

    found = told([GROWING[0], *broken, GROWING[1]._replace(start=36)])

    assert found.attempt.tolist() == [1, 1, 2, 3, 4]
    assert purposes(found) == ["turn", "failed_attempt", "failed_attempt", "failed_attempt", "turn"]


def test_a_cancelled_stream_that_nobody_retries_stays_a_turn() -> None:
    found = told([GROWING[0], GROWING[1]._replace(status=None), GROWING[2]])

    assert purposes(found) == ["turn"] * 3
    assert found.cancelled.tolist() == [False, True, False]


def test_a_retry_after_minutes_is_another_try_of_a_person() -> None:
    broken = GROWING[1]._replace(status=None)
    later = GROWING[1]._replace(start=600_000, end=600_010)

    assert told([GROWING[0], broken, later]).attempt.tolist() == [1, 1, 1]


def test_an_error_is_retried_too() -> None:
    found = told([GROWING[0], GROWING[1]._replace(status="error"), GROWING[1]._replace(start=35)])

    assert found.attempt.tolist() == [1, 1, 2]
    assert not found.cancelled.any()


def test_a_source_that_never_states_an_end_cancels_nothing() -> None:
    silent = [call._replace(status=None) for call in (*GROWING, AFTER, GROWN)]

    found = told(silent)

    assert not found.cancelled.any()
    assert found.compactions.tolist() == [2]


def test_a_compaction_may_need_two_attempts() -> None:
    broken = GROWING[2]._replace(status=None, end=50)
    again = GROWING[2]._replace(start=52)

    found = told([*GROWING[:2], broken, again, AFTER, GROWN])

    assert purposes(found) == ["turn", "turn", "failed_attempt", "compaction", "turn", "turn"]


def test_no_requests_no_contexts() -> None:
    assert told([]).compactions.tolist() == []


def of_trace(trace: RawTrace) -> tuple[list[str], Contexts]:
    """The client's ids of a trace's requests, and what is inferred of them."""
    kinds = trace.spans["kind"].cast(pa.string())
    requests = trace.spans.filter(pc.equal(kinds, pa.scalar("request")))
    tools = trace.spans.filter(pc.equal(kinds, pa.scalar("tool")))
    roots = root_of(trace)
    keys: list[Any] = requests["session_key"].to_pylist()
    calls: list[Any] = requests["client_request_id"].to_pylist()
    lanes: dict[Any, int] = {}
    sessions: dict[str, int] = {}

    def lane(table: pa.Table) -> Any:
        names = zip(table["session_key"].to_pylist(), table["agent_key"].to_pylist(), strict=True)
        return np.array([lanes.setdefault(name, len(lanes)) for name in names], dtype=np.int64)

    def column(name: str, table: pa.Table = requests) -> Any:
        return np.array(
            [UNKNOWN if value is None else value for value in table[name].to_pylist()], dtype=np.int64
        )

    prompts = whole_prompts(trace.prefixes)
    names = list(map(str, requests["span_key"].to_pylist()))
    mine = [np.array(prompts[name], dtype=np.uint64) for name in names]
    sizes = {row["span_key"]: row["block_size"] for row in trace.prefixes.to_pylist()}
    status = requests["status"].to_pylist()
    found = infer_contexts(
        Requests(
            session=np.array([sessions.setdefault(roots[key], len(sessions)) for key in keys]),
            lane=lane(requests),
            start_ns=column("start_ns"),
            end_ns=column("end_ns"),
            input_tokens=column("input_tokens"),
            output_tokens=column("output_tokens"),
            answered=np.array([word == "ok" for word in status]),
            failed=np.array([word == "error" for word in status]),
            tool_result=np.array([word == "tool_result" for word in requests["trigger"].to_pylist()]),
            calls_tools=np.zeros(len(status), dtype=np.bool_),
            block_size=np.array([sizes[name] for name in names], dtype=np.int64),
            prompt=list(range(len(mine))),
            prompts=Prompts.whole(np.concatenate(mine), [0, *accumulate(map(len, mine))]),
        ),
        lane(tools),
        column("start_ns", tools),
    )
    return calls, found


@pytest.mark.parametrize("name", SETS)
def test_in_real_traces_it_finds_what_the_client_did(name: str, shared_data: Path) -> None:
    folder = shared_data / "dynamo" / name
    did = {row["call"]: row["kind"] for row in truth(folder, "llm")}

    ids, found = of_trace(request_trace(folder))

    words = {"turn": "turn", "retry": "turn", "cancelled": "failed_attempt", "compaction": "compaction"}
    assert purposes(found) == [words[did[call]] for call in ids]
    assert [attempt == 2 for attempt in found.attempt] == [did[call] == "retry" for call in ids]
    assert found.cancelled.tolist() == [did[call] == "cancelled" for call in ids]
    assert found.truncated.tolist() == []


@pytest.mark.parametrize("sample", ["pi_request_trace.jsonl.gz", "probe-headers-161.jsonl"])
def test_where_nothing_of_the_kind_happened_it_finds_nothing(sample: str, shared_data: Path) -> None:
    _, found = of_trace(raw_trace(shared_data / "dynamo" / "samples" / sample))

    assert set(purposes(found)) == {"turn"}
    assert not found.cancelled.any()
    assert set(found.attempt.tolist()) == {1}
    assert found.truncated.tolist() == []
