"""What a request answers: the last of it bounds its start, and a person's words outweigh a tool's."""

from __future__ import annotations

from agenttrace.ingest.cause import Cause
from agenttrace.model.vocabulary import Evidence, Trigger


def test_a_request_began_after_the_last_of_what_it_answers_whatever_its_order() -> None:
    cause = Cause()
    cause.result(9, "a")
    cause.result(4, "b")

    assert cause.start_before(20) == (9, Evidence.BOUNDED)
    assert (cause.trigger, cause.results) == (Trigger.TOOL_RESULT, ["a", "b"])


def test_it_did_not_begin_after_its_end() -> None:
    cause = Cause()
    cause.ask(9)

    assert cause.start_before(7) == (7, Evidence.BOUNDED)


def test_what_is_said_to_have_come_after_its_end_is_no_cause_of_it() -> None:
    """One time of 2038 among those of a chat costs what stands beside it, not every request that follows."""
    cause = Cause()
    cause.ask(3)
    cause.result(2038, "damaged")

    assert cause.start_before(7) == (3, Evidence.BOUNDED)
    cause.answered(7)
    cause.result(9, "b")
    assert cause.start_before(12) == (9, Evidence.BOUNDED)
    late = Cause()
    late.result(9, "a")
    late.answered(2038)
    assert late.start_before(15) == (9, Evidence.BOUNDED)


def test_nothing_before_it_is_an_unknown_start() -> None:
    assert Cause().start_before(7) == (None, Evidence.UNKNOWN)


def test_a_persons_words_are_the_trigger_also_beside_results() -> None:
    cause = Cause()
    cause.ask(3)
    cause.result(5, "a")

    assert cause.trigger is Trigger.USER_MESSAGE


def test_what_was_answered_is_answered_once() -> None:
    cause = Cause()
    cause.result(5, "a")
    cause.answered(8)

    assert (cause.fresh, cause.results, cause.ready_ns) == (False, [], 8)
