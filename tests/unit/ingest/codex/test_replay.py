"""History that a fork or a subagent copied from another thread adds nothing."""

from __future__ import annotations

from typing import Any

import pytest

from unit.ingest.codex.rollout import Rollout, bounds, findings, read, spans, stamp, uuid7

PARENT = uuid7(0)
CHILD = uuid7(100)
SPAWNED = {"subagent": {"thread_spawn": {"parent_thread_id": PARENT, "depth": 1, "agent_role": "explorer"}}}


def _parent() -> Rollout:
    rollout = Rollout(PARENT).meta().begin(1, uuid7(1, 1)).prompt(2).think(4).call(5).result(6).count(6)
    return rollout.say(8).count(8.5).end(9)


def _copied(*, restamped: bool, meta: bool = True, turns: bool = True) -> Rollout:
    """The child's file up to its own first record."""
    child = Rollout(CHILD, spent=_parent().spent).meta(100, source=SPAWNED)
    for number, record in enumerate(_parent().records if meta else _parent().records[1:]):
        copy = dict(record)
        if restamped:
            copy["timestamp"] = stamp(100 + number / 1000)
        if not turns and isinstance(copy["payload"], dict):
            copy["payload"] = {key: value for key, value in copy["payload"].items() if key != "turn_id"}
        child.records.append(copy)
    return child


def _own_work(child: Rollout, turn: str | None = None) -> Rollout:
    child.begin(101, turn or uuid7(101, 1)).prompt(102).repeat(102.5)
    return child.say(104).count(104.5).end(105)


@pytest.mark.parametrize("restamped", [True, False])
@pytest.mark.parametrize("meta", [True, False])
def test_only_what_a_subagent_did_itself_counts(*, restamped: bool, meta: bool) -> None:
    trace = read(_own_work(_copied(restamped=restamped, meta=meta)))

    assert [bounds(row) for row in spans(trace, "request")] == [(102, 104.5)]
    assert spans(trace, "tool") == []
    assert findings(trace)["copied_history"] == len(_parent().records) - (not meta)


@pytest.mark.parametrize("restamped", [True, False])
def test_turns_without_ids_of_that_kind_show_the_copy_by_time(*, restamped: bool) -> None:
    """Written at once, or before the thread began."""
    child = _copied(restamped=restamped, turns=False)
    trace = read(_own_work(child, "turn-1"))

    assert [bounds(row) for row in spans(trace, "request")] == [(102, 104.5)]
    assert spans(trace, "tool") == []


def test_a_fork_by_the_user_is_a_session_of_its_own_without_its_history() -> None:
    fork = _copied(restamped=True)
    fork.records[0]["payload"] |= {"source": "cli", "forked_from_id": PARENT}
    trace = read(_own_work(fork))

    assert [bounds(row) for row in spans(trace, "request")] == [(102, 104.5)]
    assert PARENT not in str(trace.key_edges.to_pylist())
    assert [row["main"] for row in trace.agents.to_pylist()] == [True]


def test_a_fork_in_which_nothing_was_done_is_empty() -> None:
    trace = read(_copied(restamped=True))

    assert trace.spans.num_rows == 0
    assert findings(trace) == {"copied_history": len(_parent().records)}


def test_a_copy_that_follows_the_first_record_of_its_thread_at_a_distance_is_one() -> None:
    child = (
        Rollout(CHILD, spent=_parent().spent).meta(100, source=SPAWNED).event(100, "thread_settings_applied")
    )
    child.records += _parent().records
    trace = read(_own_work(child))

    assert [bounds(row) for row in spans(trace, "request")] == [(102, 104.5)]


def test_an_ordinal_tells_where_the_own_history_begins() -> None:
    """Whatever ids and times say: the first turn of the copy here is younger than the thread."""
    child = Rollout(CHILD).meta(100, source=SPAWNED, subagent_history_start_ordinal=7)
    child.begin(101, uuid7(101, 1)).prompt(102).say(103).count(103.5)
    _own_work(child, uuid7(101, 2))
    for number, record in enumerate(child.records):
        record["ordinal"] = number
    trace = read(child)

    assert [bounds(row) for row in spans(trace, "request")] == [(102, 104.5)]
    assert findings(trace)["copied_history"] == 6


def test_a_subagent_that_copied_nothing_loses_nothing() -> None:
    for turn in (uuid7(101, 1), "turn-1"):
        trace = read(_own_work(Rollout(CHILD).meta(100, source=SPAWNED), turn))

        assert [bounds(row) for row in spans(trace, "request")] == [(102, 104.5)]
        assert "copied_history" not in findings(trace)


def test_a_sum_that_a_subagent_inherits_without_its_history_is_no_request() -> None:
    child = Rollout(CHILD, spent=5_000).meta(100, source=SPAWNED).begin(101).prompt(102).repeat(102.5)
    trace = read(child.say(104).count(104.5).end(105))

    assert [bounds(row) for row in spans(trace, "request")] == [(102, 104.5)]


def test_a_resume_repeats_who_the_thread_is_and_goes_on() -> None:
    rollout = _parent().meta(200).begin(201).prompt(202).say(203).count(203.5).end(204)
    trace = read(rollout)

    assert len(spans(trace, "request")) == 3
    assert findings(trace) == {}


def test_two_rollouts_in_one_file_are_two_threads() -> None:
    other = Rollout(CHILD).meta(100).begin(101).prompt(102).say(104).count(104.5).end(105)
    trace = read(_parent().content + other.content)

    assert {row["session_key"] for row in spans(trace, "request")} == {f"codex:{PARENT}", f"codex:{CHILD}"}
    assert len(spans(trace, "request")) == 3


def test_a_file_without_its_beginning_is_read_as_far_as_it_goes() -> None:
    records: list[dict[str, Any]] = _parent().records[1:]
    trace = read(Rollout(PARENT, records))

    assert len(spans(trace, "request")) == 2
    assert [row["truncated"] for row in trace.sessions.to_pylist()] == [True]
    assert "thread_unknown" in findings(trace)
