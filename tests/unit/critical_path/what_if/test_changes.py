"""What changes do to a session, drawn: what it takes then, in ms."""

from __future__ import annotations

import polars as pl
import pytest

from agenttrace.critical_path.analysis import analyze_chunk
from agenttrace.critical_path.what_if.questions import ask
from timeline import MS, draw

STREAMING = """
    session     |============|
      request r |ppdddddddd  |
      tool a    |      ======|  after r
"""
FAN_OUT = """
    session       |==============================|
      request r   |====                          |
      tool a      |    ========                  |  after r
        other i   |    ======                    |
      tool b      |    ================          |  after r
      tool c      |    ============              |  after r
      request s   |                      ========|  after a b c
"""


def answers_of(text: str, *specs: str) -> pl.DataFrame:
    trace = draw(text).trace
    return analyze_chunk(trace, ask(specs, trace.spans)).what_if


def wall(text: str, *specs: str) -> list[float | None]:
    answers = answers_of(text, *specs)
    return [None if one is None else one / MS for one in answers["wall_ns"].to_list()]


def test_a_faster_decode_moves_the_tool_that_starts_in_it() -> None:
    """The drawing of the design: emitted at 4 instead of 6, so over at 10 instead of 12."""
    assert wall(STREAMING, "decode*1", "decode*0.5", "decode=0", "decode*2") == [12, 10, 8, 18]


def test_a_phase_of_a_request_is_one_time_for_a_mark_inside_it() -> None:
    """Of 8 ms of decode 4 lie before the call; 4 ms of decode leave 2 there."""
    assert wall(STREAMING, "decode=4ms", "decode+8ms", "decode-4ms") == [10, 18, 10]


def test_a_tool_by_name_and_what_is_inside_it_that_has_no_name() -> None:
    assert wall(FAN_OUT, "tool:b=0", "tool:b*0.5", "tool:b=0,tool:a=0", "tool:b=0,tool:a=0,tool:c=0") == [
        *(26, 26, 26, 14),
    ]
    assert wall(FAN_OUT, "tool=0", "tool:[ab]=0,tool:c=0", "tool:*=4ms") == [14, 14, 18]


def test_a_selection_is_what_all_terms_mean() -> None:
    assert wall(FAN_OUT, "tool&tool:b=0", "model&tool:b=0", "tool:b&tool:a=0") == [26, 30, 30]


def test_more_and_less_are_meant_of_each_occurrence() -> None:
    assert wall(FAN_OUT, "tool+2ms", "tool-4ms", "tool-1h", "model=1ms") == [32, 26, 14, 20]


def test_changes_of_one_spec_apply_one_after_the_other() -> None:
    assert wall(FAN_OUT, "tool*0.5,tool*0.5", "tool*0.25", "tool=4ms,tool:b*2") == [18, 18, 22]


def test_agents_by_name_main_and_purposes() -> None:
    text = """
        session        |==============|
          request r    |====          |
          agent x      |    ======    |
            request t  |    ======    |
          request c    |          ====|  purpose compaction
    """
    assert wall(text, "agent:main=0", "purpose:compaction*0.5", "session:s*0", "session:t*0") == [
        6,
        12,
        0,
        14,
    ]


def test_backoff_is_the_wait_before_another_attempt() -> None:
    text = """
        session     |=========|
          request a |===      |  purpose failed_attempt
          request b |     ====|  retries a
    """
    assert wall(text, "backoff=0", "purpose:failed_attempt=0", "model*0") == [7, 4, 2]


def test_a_tool_of_no_length_gets_what_is_added() -> None:
    text = """
        session     |======|
          request r |===   |
          tool a    |   !  |  after r
          request s |   ===|  after a
    """
    assert wall(text, "tool:a+2ms", "tool:a*5") == [8, 6]


def test_what_selects_nothing_says_so() -> None:
    answers = answers_of(FAN_OUT, "tool:zzz=0", "tool=0")
    assert answers["selected"].to_list() == [[0], [3]]


def test_each_part_of_a_change_says_what_it_selects() -> None:
    answers = answers_of(FAN_OUT, "tool=0,tool:zzz=0", "fanout<=1,tool=0")
    assert answers["selected"].to_list() == [[3, 0], [2, 3]]


@pytest.mark.parametrize(
    ("spec", "takes"), [("fanout<=3", 30), ("fanout<=2", 38), ("fanout<=1", 50), ("fanout<=1,tool*0.5", 32)]
)
def test_branches_beyond_the_limit_wait_for_a_slot(spec: str, takes: float) -> None:
    """a 8, b 16, c 12. Two slots: c takes that of a, at 12. One: b at 12, c at 28, s at 42."""
    assert wall(FAN_OUT, spec) == [takes]


@pytest.mark.parametrize(("spec", "takes"), [("fanout<=2", 120), ("fanout<=1", 121)])
def test_a_branch_that_begins_late_waits_only_for_what_its_slot_lacks(spec: str, takes: float) -> None:
    """b begins 49 ms after a, of 50: one slot delays it by 1 ms, and not by 50."""
    at = {"request r": (0, 20), "tool a": (20, 70), "tool b": (69, 79), "request s": (79, 120)}
    bars = [
        f"  {name:<11}|{' ' * low}{'=' * (high - low)}{' ' * (120 - high)}|"
        for name, (low, high) in at.items()
    ]
    after = ["", "  after r", "  after r", "  after a b"]
    text = "\n".join([f"session      |{'=' * 120}|", *map("".join, zip(bars, after, strict=True))])
    assert wall(text, spec, f"{spec},tool:b*2") == [takes, takes + 10]


def test_a_streamed_branch_waits_for_its_slot_and_not_for_its_request_again() -> None:
    """a from 4 to 9, b from 6 to 10; with one slot b from 9 to 13."""
    text = """
        session       |============|
          request r   |pppddddd    |
          tool a      |    =====   |  after r
          tool b      |      ====  |  after r
          request s   |          ==|  after a b
    """
    assert wall(text, "fanout<=1", "fanout<=2") == [15, 12]


def test_what_only_holds_others_has_no_harness_time_to_set() -> None:
    text = """
        session       |======|
          agent x     |======|
            request r |===   |
            request s |    ==|
    """
    assert wall(text, "harness=1ms", "harness+1ms", "harness=5ms", "harness*2") == [6, 7, 10, 7]


def test_a_slot_that_would_make_a_branch_wait_for_itself_is_left_out() -> None:
    text = """
        session       |==========|
          agent x     |==========|
            request r |       ===|  after t
          agent y     | ===      |
            request t | ===      |
    """
    assert wall(text, "fanout<=1") == [10]
