"""When steps of a workload begin at the earliest."""

from hypothesis import given
from hypothesis import strategies as st

from agenttrace.ingest.workload.earliest import Step, Wait, earliest_starts


def test_a_join_waits_for_the_last_of_what_it_needs() -> None:
    steps = [
        Step(not_before_ns=100, length_ns=50),
        Step(waits=[Wait(0, 5, dispatch=True)], length_ns=200),
        Step(waits=[Wait(0, 30), Wait(1, 2)]),
        Step(not_before_ns=1000, waits=[Wait(2, 1)]),
    ]

    assert earliest_starts(steps) == ([100, 105, 307, 1000], [])


def test_steps_that_wait_for_themselves_are_told() -> None:
    steps = [
        Step(7),
        Step(3, waits=[Wait(2, 1)]),
        Step(waits=[Wait(1, 1), Wait(0, 10)]),
        Step(waits=[Wait(2, 0)]),
    ]

    starts, cyclic = earliest_starts(steps)

    assert cyclic == [1, 2, 3]
    assert starts[:3] == [7, 3, 17]


@given(st.lists(st.tuples(st.integers(0, 99), st.lists(st.integers(0, 99), max_size=3)), max_size=20))
def test_nothing_begins_before_what_it_waits_for(told: list[tuple[int, list[int]]]) -> None:
    steps = [
        Step(length, length, [Wait(wait % number, wait) for wait in waits] if number else [])
        for number, (length, waits) in enumerate(told)
    ]

    starts, cyclic = earliest_starts(steps)

    assert cyclic == []
    for step, start in zip(steps, starts, strict=True):
        came = [starts[w.step] + steps[w.step].length_ns + w.delay_ns for w in step.waits]
        assert start == max([step.not_before_ns, *came])
