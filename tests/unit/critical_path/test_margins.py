"""Slack and drag, drawn: what could have been later, and what the session would gain without it."""

from __future__ import annotations

import pytest

from agenttrace.critical_path import windows
from agenttrace.critical_path.graph import build_graph
from agenttrace.critical_path.margins import find_margins
from agenttrace.critical_path.schedule import plan
from timeline import MS
from unit.critical_path.large import chain, fan, nest
from unit.critical_path.margins import margins_of
from unit.critical_path.paths import bare

SEVERAL_AT_ONCE = """
    session       |==============|
      agent y     |==============|
        tool x    |=========     |
        request r |  ====        |
        request s |        ====  |
        request t |             =|  after s x
"""


def test_of_two_branches_the_longer_gives_what_it_is_longer() -> None:
    found = margins_of("""
        session   |==========|
          tool a  |======    |
          tool b  |==========|
    """)
    assert found == {"session": (0, 0), "a": (0, 4), "b": (4, 0)}


def test_branches_that_end_together_give_nothing_alone() -> None:
    found = margins_of("""
        session   |======|
          tool a  |======|
          tool b  |======|
    """)
    assert (found["a"], found["b"]) == ((0, 0), (0, 0))


def test_what_follows_one_another_gives_all_that_it_takes() -> None:
    found = margins_of("""
        session     |=======|
          request r |===    |
          tool a    |    ===|
    """)
    assert found == {"session": (1, 0), "r": (3, 0), "a": (3, 0)}


def test_a_second_chain_beside_limits_what_all_of_the_first_give() -> None:
    """`a` and `b` could each give 3, as `x` lasts until 7."""
    found = margins_of("""
        session   |==========|
          tool a  |=====     |
          tool b  |     =====|  after a
          tool x  |=======   |
    """)
    assert (found["a"][0], found["b"][0], found["x"]) == (3, 3, (0, 3))


def test_the_pieces_of_a_span_count_together() -> None:
    """The agent's own time is 2 + 2 + 2; beside it runs a tool that ends 5 before it does."""
    found = margins_of("""
        session       |==============|
          tool x      |=========     |
          agent y     |==============|
            request r |  ====        |
            request s |        ====  |
    """)
    assert [found[name] for name in "yrsx"] == [(5, 0), (4, 0), (4, 0), (0, 5)]


def test_a_way_may_go_round_several_pieces_at_once() -> None:
    """Round the first and the second piece of `y` leads `x`, which its third one waits for."""
    assert margins_of(SEVERAL_AT_ONCE)["y"] == (4, 0)


def test_a_streaming_tool_makes_the_request_before_it_give_only_that_part() -> None:
    found = margins_of("""
        session     |============|
          request r |ppdddddddd  |
          tool a    |      ======|  after r
    """)
    assert [found["r"], found["a"]] == [(6, 2), (2, 0)]


def test_a_background_agent_may_be_as_late_as_it_likes_until_it_is_used() -> None:
    unused, used = (
        margins_of(f"""
            session       |==============|
              request r   |==            |
              agent x     |  =====       |  background
              request s   |  ==========  |
              request u   |            ==|  {note}
        """)
        for note in ("", "joins x")
    )
    assert (unused["x"], used["x"]) == ((0, None), (0, 5))


def test_a_link_between_two_agents_carries_slack() -> None:
    found = margins_of("""
        session       |============|
          agent x     |=====       |
            request r |===         |
          agent y     |============|
            request s |====        |
            request t |      ======|  after r s
    """)
    assert [found["r"], found["s"]] == [(0, 1), (1, 0)]


def test_crisp_gives_one_leaf_more_than_its_neighbour_allows() -> None:
    """CRISP says 2300 of n4; n3 lasts until 11900, so that 100 is all."""
    trace = bare(
        *(("n0", None, 0, 12900), ("n1", "n0", 5700, 12000), ("n2", "n1", 11800, 12000)),
        *(("n3", "n1", 10600, 11900), ("n4", "n1", 9000, 11300), ("n5", "n2", 11900, 12000)),
        *(("n6", "n3", 10600, 11100), ("n7", "n2", 11900, 12000)),
    )
    assert find_margins(plan(build_graph(trace))).drag[4] == 100


def test_of_three_parallel_tools_only_the_slowest_gives_anything() -> None:
    """The five spans that NeMo Agent Toolkit nests into one another; it blames the first tool."""
    found = margins_of("""
        session       |==========================|
          agent x     |==========================|  lane 0
            request r |====                      |
            tool a    |    ======                |  after r
            tool b    |    ==============        |  after r
            tool c    |    =========             |  after r
            request s |                  ========|  after a b c
    """)
    assert {name: drag for name, (drag, _) in found.items() if drag} == {"r": 4, "b": 5, "s": 8}
    assert (found["a"][1], found["c"][1]) == (8, 5)


def test_a_nest_a_chain_and_a_fan_of_any_size_have_margins() -> None:
    deep = find_margins(plan(build_graph(nest(20_000))))
    assert (deep.drag[:-1] == 2).all()
    assert (deep.slack == 0).all()
    long = find_margins(plan(build_graph(chain(50_000))))
    assert (long.drag[1:] == 10).all()
    wide = find_margins(plan(build_graph(fan(50_000))))
    assert wide.drag[1:].tolist() == [0] * 49_998 + [2]


def test_what_is_too_much_work_is_unknown_and_not_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "_WORK", 0)
    found = margins_of(SEVERAL_AT_ONCE)
    assert found["y"][0] * MS == -1
    assert (found["r"][0], found["x"][0]) == (3, 0)
