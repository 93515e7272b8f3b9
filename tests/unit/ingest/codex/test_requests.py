"""A request is a change of the sum of tokens; its bounds come from the records around it."""

from __future__ import annotations

from agenttrace.model.vocabulary import Evidence
from unit.ingest.codex.rollout import EPOCH_NS, Rollout, bounds, findings, links, ns, read, spans


def _begun() -> Rollout:
    return Rollout().meta().begin(0.5).prompt(1)


def test_a_request_waits_for_what_it_is_given_and_ends_with_its_last_item() -> None:
    """Since 0.13x the count comes after the results of the calls: it says nothing of the answer's end."""
    rollout = _begun().think(3).call(4).result(9).count(9)
    rollout.think(11).say(12).count(12.25, 150, 20).end(12.5)
    first, second = spans(read(rollout), "request")

    assert (bounds(first), bounds(second)) == ((1, 4), (9, 12.25))
    assert (first["end_evidence"], second["end_evidence"]) == ("bounded", "measured")
    assert {first["start_evidence"], second["start_evidence"]} == {"bounded"}
    assert (second["input_tokens"], second["cache_read_tokens"]) == (150, 75)
    assert (second["output_tokens"], second["reasoning_tokens"]) == (20, 10)
    assert (first["model"], first["status"]) == ("m-1", "ok")


def test_up_to_0_12x_the_count_comes_before_the_results_and_ends_the_request() -> None:
    rollout = _begun().think(3).call(4).count(4.125).result(9).think(11).say(12).count(12.25).end(12.5)
    first, second = spans(read(rollout), "request")

    assert (bounds(first), bounds(second)) == ((1, 4.125), (9, 12.25))
    assert first["end_evidence"] == "measured"


def test_counts_that_repeat_the_sum_or_know_nothing_are_no_requests() -> None:
    rollout = _begun().event(1.5, "token_count", info=None).say(3).count(3.25).end(3.5)
    rollout.begin(9).prompt(9.5).repeat(10).say(12).count(12.5).repeat(13)

    assert [bounds(row) for row in spans(read(rollout), "request")] == [(1, 3.25), (9.5, 12.5)]


def test_output_that_is_never_counted_is_model_time_but_no_request() -> None:
    """A message of another agent breaks an answer off: the sum stays."""
    rollout = _begun().say(2).count(2.5).think(4).repeat(4)
    rollout.item(4.25, "agent_message", author="/task/x", recipient="/task").think(6).say(7).count(7.5).end(8)
    trace = read(rollout)
    (broken,) = spans(trace, "other")

    assert [bounds(row) for row in spans(trace, "request")] == [(1, 2.5), (4.25, 7.5)]
    assert (bounds(broken), broken["own_phase"], broken["purpose"]) == ((2.5, 4), "model", "failed_attempt")
    assert findings(trace) == {"answer_broken_off": 1}


def test_the_last_answer_before_a_count_is_the_request() -> None:
    rollout = _begun().call(2, call="a").result(3, "a").call(4, call="b").result(5, "b").count(5)
    trace = read(rollout.end(6))

    assert [bounds(row) for row in spans(trace, "request")] == [(3, 4)]
    assert [bounds(row) for row in spans(trace, "other")] == [(1, 2)]


def test_a_file_that_ends_within_an_answer_leaves_it_out() -> None:
    whole = _begun().say(2).count(2.5).end(3).begin(5).prompt(6).think(8).call(9)
    trace = read(whole)

    assert len(spans(trace, "request")) == 1
    assert findings(trace) == {"answer_unfinished": 1, "turn_unfinished": 1}
    assert [row["status"] for row in spans(trace, "tool")] == ["unfinished"]


def test_without_any_count_requests_are_told_from_the_order() -> None:
    trace = read(_begun().think(3).call(4).result(9).say(12).end(12.5))

    assert [bounds(row) for row in spans(trace, "request")] == [(1, 4), (9, 12)]
    assert findings(trace) == {"no_token_counts": 1}
    assert {row["input_tokens"] for row in spans(trace, "request")} == {None}


def test_a_file_that_ends_before_the_first_count_says_nothing_of_requests() -> None:
    trace = read(_begun().think(3).call(4).result(9).call(12, call="c2"))

    assert spans(trace, "request") == []
    assert findings(trace) == {"answer_broken_off": 1, "answer_unfinished": 1, "turn_unfinished": 1}


def test_what_is_shown_before_the_item_is_the_first_sign_of_the_answer() -> None:
    rollout = _begun().event(2, "agent_reasoning", text="t").think(2.5).say(3).count(3.5)
    trace = read(rollout)

    marks = [(row["kind"], row["t_ns"] - EPOCH_NS) for row in trace.marks.to_pylist()]
    assert marks == [("first_block", 2 * 10**9)]


def test_the_time_to_the_first_token_is_that_of_the_first_request_of_a_turn() -> None:
    rollout = _begun().think(3).call(4).result(5).count(5).say(7).count(7.5)
    first, second = spans(read(rollout.end(8, time_to_first_token_ms=2250)), "request")

    assert first["first_token_ns"] == ns(0.5 + 2.25)
    assert (first["first_token_evidence"], first["decode_ns"]) == ("derived", ns(4) - ns(2.75))
    assert (second["first_token_ns"], second["decode_ns"]) == (None, None)


def test_a_time_to_the_first_token_that_does_not_fit_is_not_used() -> None:
    trace = read(_begun().think(3).say(4).count(4.5).end(8, time_to_first_token_ms=5000))

    assert spans(trace, "request")[0]["first_token_ns"] is None
    assert findings(trace) == {"ttft_disagrees": 1}


def test_since_0_15x_each_answer_has_a_record_of_its_own() -> None:
    usage = {"input_tokens": 100, "cached_input_tokens": 60, "output_tokens": 10, "total_tokens": 110}
    rollout = _begun().think(3).call(4)
    for at, response in ((4.25, "r1"), (4.5, "r1"), (12.25, "r2")):
        if response == "r2":
            rollout.result(9).say(12)
        rollout.add(at, "token_usage_record", {"response_id": response, "usage": usage}).count(at)
    requests = spans(read(rollout), "request")

    assert [bounds(row) for row in requests] == [(1, 4.25), (9, 12.25)]
    assert [row["request_id"] for row in requests] == ["r1", "r2"]
    assert [row["cache_read_tokens"] for row in requests] == [60, 60]


def test_a_record_beside_the_count_that_came_before_it_counts_once() -> None:
    usage = {"input_tokens": 100, "cached_input_tokens": 50, "output_tokens": 10,
             "reasoning_output_tokens": 5, "total_tokens": 110}  # fmt: skip
    rollout = (
        _begun().say(3).count(3.25).add(3.25, "token_usage_record", {"response_id": "r", "usage": usage})
    )

    assert len(spans(read(rollout), "request")) == 1


def test_a_version_without_such_records_may_go_on_with_the_thread() -> None:
    usage = {"input_tokens": 100, "output_tokens": 10, "total_tokens": 110}
    rollout = (
        _begun().say(3).add(3.25, "token_usage_record", {"response_id": "r", "usage": usage}).count(3.25)
    )
    trace = read(rollout.end(4).begin(60).prompt(61).say(63).count(63.5))

    assert [bounds(row) for row in spans(trace, "request")] == [(1, 3.25), (61, 63.5)]


def test_a_stream_that_breaks_is_an_attempt_and_what_follows_its_retry() -> None:
    rollout = _begun().event(3, "stream_error", message="stream error; retrying 1/5 in 200ms…")
    rollout.event(4, "stream_error", message="stream error; retrying 2/5 in 400ms…").say(6).count(6.5).end(7)
    trace = read(rollout)
    one, two, three = spans(trace, "request")

    assert [bounds(row) for row in (one, two, three)] == [(1, 3), (3.2, 4), (4.4, 6.5)]
    assert [row["purpose"] for row in (one, two, three)] == ["failed_attempt", "failed_attempt", "turn"]
    assert [row["attempt"] for row in (one, two, three)] == [1, 2, 3]
    assert [row["status"] for row in (one, two, three)] == ["error", "error", "ok"]
    assert three["start_evidence"] == Evidence.DERIVED
    assert links(trace, "retries") == {(a["span_key"], b["span_key"]) for a, b in ((one, two), (two, three))}


def test_results_feed_the_request_that_follows_them() -> None:
    rollout = _begun().call(2, call="a").call(2.5, call="b").result(3, "a").result(4, "b").count(4).say(6)
    trace = read(rollout.count(6.5))
    thread = rollout.thread
    first, second = (row["span_key"] for row in spans(trace, "request"))

    assert links(trace, "feeds") == {
        (first, f"{thread}:tool:a"),
        (first, f"{thread}:tool:b"),
        (f"{thread}:tool:a", second),
        (f"{thread}:tool:b", second),
    }


def test_records_without_a_time_take_that_of_the_record_before() -> None:
    rollout = _begun().say(2).count(3).end(3)
    rollout.records[-3]["timestamp"] = "noon"
    trace = read(rollout)

    assert bounds(spans(trace, "request")[0]) == (1, 3)
    assert findings(trace) == {"time_unusable": 1}


def test_what_was_written_before_september_2025_has_no_times() -> None:
    lines = b'{"id":"a","timestamp":"2025-08-01T00:00:00Z","instructions":null}\n{"record_type":"state"}\n'
    trace = read(lines + b'{"type":"message","role":"user","content":[]}\n')

    assert (trace.records, trace.spans.num_rows) == (3, 0)
    assert findings(trace) == {"without_times": 3}


def test_a_program_that_was_killed_leaves_a_turn_that_is_told_as_unfinished() -> None:
    """The result of the last call is there, and nothing of the request that was given it."""
    trace = read(_begun().call(2).result(3).count(3))

    assert findings(trace) == {"turn_unfinished": 1}
    assert not findings(read(_begun().call(2).result(3).count(3).end(4)))
    resumed = _begun().call(2).result(3).count(3).begin(90).prompt(91).say(92).count(92, 150, 20).end(93)
    assert findings(read(resumed)) == {"turn_unfinished": 1}


def _shown(rollout: Rollout, at: float, began: float, kind: str = "AgentMessage") -> Rollout:
    """A completed item as newest versions record it, which says when it began to come."""
    item = {"type": kind, "id": "m"}
    return rollout.event(at, "item_completed", item=item, started_at_ms=ns(began) // 10**6)


def test_the_first_item_of_an_answer_says_when_it_began_to_come() -> None:
    rollout = _shown(_begun(), 3, 2).say(3).call(4).result(9).count(9)
    rollout = _shown(_shown(rollout, 12, 10, "Reasoning").think(12), 14, 13).say(14).count(14, 150, 20)
    rollout = _shown(rollout.call(15, call="c2").result(16, "c2"), 16, 15.5, "CommandExecution").call(
        18, call="c3"
    )
    requests = spans(read(rollout.result(19, "c3").count(19, 150, 20)), "request")

    assert [row["first_token_ns"] for row in requests] == [ns(2), ns(10), None]
    assert [row["decode_ns"] for row in requests[:2]] == [2 * 10**9, 4 * 10**9]
    assert requests[1]["first_token_evidence"] == "measured"


def test_a_beginning_that_does_not_fit_the_answer_is_not_used() -> None:
    for began in (0.25, 3.5):
        (request,) = spans(read(_shown(_begun(), 3, began).say(3).count(3.5).end(4)), "request")
        assert request["first_token_ns"] is None
