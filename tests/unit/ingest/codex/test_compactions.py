"""Compactions: from what was there before to their record, with the request that wrote the summary."""

from __future__ import annotations

from unit.ingest.codex.rollout import Rollout, bounds, links, read, spans


def _full() -> Rollout:
    return Rollout().meta().begin(0.5).prompt(1).call(3).result(4).count(4, 200_000, 500)


def _emptied(rollout: Rollout, at: float, context: int) -> Rollout:
    total = {"input_tokens": 0, "output_tokens": 0, "cached_input_tokens": 0,
             "reasoning_output_tokens": 0, "total_tokens": rollout.spent}  # fmt: skip
    last = {**total, "total_tokens": context}
    return rollout.event(at, "token_count", info={"total_token_usage": total, "last_token_usage": last})


def test_a_compaction_lies_between_the_last_result_and_its_record() -> None:
    """The provider makes it: the sum of tokens knows nothing of its request."""
    rollout = _full().add(60, "compacted", {"message": "", "replacement_history": []})
    _emptied(rollout, 60.25, 18_826).event(60.5, "context_compacted").say(66).count(66.5, 20_000, 100).end(67)
    trace = read(rollout)
    (compaction,) = spans(trace, "compaction")

    assert (bounds(compaction), compaction["compaction_trigger"]) == ((4, 60), "auto")
    assert (compaction["tokens_before"], compaction["tokens_after"]) == (200_500, 18_826)
    assert (compaction["start_evidence"], compaction["end_evidence"]) == ("bounded", "measured")
    assert [bounds(row) for row in spans(trace, "request")] == [(1, 3), (60, 66.5)]
    following = spans(trace, "request")[1]["span_key"]
    assert links(trace, "continues") == {(compaction["span_key"], following)}
    assert (f"{rollout.thread}:tool:c1", compaction["span_key"]) in links(trace, "feeds")


def test_a_request_that_is_counted_right_before_wrote_the_summary() -> None:
    rollout = _full().count(50, 200_400, 900).add(50.5, "compacted", {"message": "summary"})
    trace = read(rollout.say(55).count(55.5, 3_000, 50).end(56))
    (compaction,) = spans(trace, "compaction")
    first, summary, last = spans(trace, "request")

    assert (bounds(compaction), bounds(summary)) == ((4, 50.5), (4, 50))
    assert (summary["purpose"], summary["parent_key"]) == ("compaction", compaction["span_key"])
    assert (first["purpose"], last["purpose"]) == ("turn", "turn")
    assert summary["output_tokens"] == 900


def test_a_turn_without_a_prompt_is_the_command_to_compact() -> None:
    rollout = _full().say(6).count(6.5).end(7).event(30, "task_started", turn_id="x")
    trace = read(rollout.add(50, "compacted", {"message": ""}).end(51))
    (compaction,) = spans(trace, "compaction")

    assert (bounds(compaction), compaction["compaction_trigger"]) == ((30, 50), "manual")
    assert [bounds(row) for row in spans(trace, "user_wait")] == [(7, 30)]


def test_an_event_alone_tells_of_a_compaction_too() -> None:
    trace = read(_full().event(60, "context_compacted").say(66).count(66.5, 20_000, 100).end(67))

    assert [bounds(row) for row in spans(trace, "compaction")] == [(4, 60)]
