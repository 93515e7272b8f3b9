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
