"""The rules of the path, drawn. A drawing is read, its path is found and drawn back (`tests/timeline.py`)."""

from __future__ import annotations

import pytest

from timeline import check, draw


def test_a_session_alone_is_its_own_path() -> None:
    assert check("session |####|").path() == [("session", "harness", 0, 4)]


def test_an_end_waits_for_the_child_that_ended_last() -> None:
    check("""
        session   |#=====##|
          tool a  | ==     |
          tool b  | #####  |
    """)


def test_a_start_hangs_on_what_had_ended_by_then() -> None:
    check("""
        session   |#==#====#|
          tool a  | ##      |
          tool b  |    #### |
    """)


def test_a_sibling_that_still_runs_explains_no_start() -> None:
    """The path goes to the one that began later, and what ran beside it is not its cause."""
    check("""
        session   |####=====#|
          tool a  | =====    |
          tool b  |    ##### |
    """)


def test_siblings_that_touch_follow_one_another() -> None:
    check("""
        session   |======|
          tool a  |###   |
          tool b  |   ###|
    """)


def test_what_has_no_length_completes_nothing() -> None:
    check("""
        session   |######|
          tool a  |   !  |
    """)


def test_of_equal_ends_the_later_start_is_waited_for() -> None:
    check("""
        session   |###===#|
          tool a  | ===== |
          tool b  |   ### |
    """)


def test_of_equals_the_first_by_phase_kind_and_name_is_waited_for() -> None:
    check("""
        session      |=====|
          tool b     |=====|
          tool a     |=====|
          request c  |#####|
    """)
    check("""
        session  |=====|
          tool b |=====|
          tool a |#####|
    """)


def test_the_path_goes_down_as_deep_as_it_must() -> None:
    check("""
        session         |#=======#|
          tool a        | #=====# |
            agent b     |  #====  |
              request c |   ####  |
    """)


def test_children_of_other_spans_do_not_follow_one_another() -> None:
    check("""
        session     |#=======|
          tool a    | ====   |
            tool c  | ==     |
          tool b    | =======|
            tool d  | #######|
    """)


# What is stated


def test_a_stated_dependency_replaces_what_time_says() -> None:
    check("""
        session   |==##====|
          tool a  |##      |
          tool b  |====    |
          tool c  |    ####|  after a
    """)


def test_a_span_waits_for_all_that_is_stated() -> None:
    check("""
        session     |=========|
          request r |##       |
          tool a    |  ===    |  after r
          tool b    |  #####  |  after r
          request s |       ##|  after a b
    """)


def test_a_stated_start_still_waits_for_its_parent() -> None:
    check("""
        session     |==#====#|
          request r |##      |
          agent x   |   #=== |
            tool a  |    ### |  after r
    """)


def test_an_inferred_dependency_is_one_more() -> None:
    check("""
        session     |=======|
          tool a    |##     |
          tool b    |  #### |
          tool c    |      #|  guess a
    """)


def test_a_tool_that_starts_inside_a_decode_hangs_on_a_mark_there() -> None:
    drawing = check("""
        session     |============|
          request r |PPDDDDdddd  |
          tool a    |      ######|  after r
    """)
    assert drawing.path() == [("r", "prefill", 0, 2), ("r", "decode", 2, 6), ("a", "tool", 6, 12)]
    assert drawing.column("evidence") == ["measured", "derived", "measured"]


def test_a_stated_mark_is_what_is_hung_on() -> None:
    drawing = check("""
        session     |====#=======|
          request r |PPDDdddddd  |
          tool a    |     #######|  mark r@4
    """)
    assert drawing.path()[1:3] == [("r", "decode", 2, 4), ("session", "harness", 4, 5)]


def test_a_mark_that_nothing_hangs_on_divides_nothing() -> None:
    drawing = check("""
        session     |============#|
          request r |PPDDDDDDDDDD |
          tool a    |      ====   |  mark r@4
    """)
    assert len(drawing.segments) == 3


def test_a_link_from_what_began_later_is_left_out() -> None:
    drawing = check("""
        session   |========|
          tool a  |####    |  after b
          tool b  |    ####|
    """)
    assert list(drawing.graph.found) == ["link_backwards"]


def test_a_retry_waits_through_its_backoff() -> None:
    drawing = check("""
        session     |===##====|
          request a |###      |  purpose failed_attempt
          request b |     ####|  retries a
    """)
    assert drawing.path()[1] == ("session", "backoff", 3, 5)
    assert drawing.column("purpose") == ["failed_attempt", "failed_attempt", "turn"]


def test_what_a_server_still_does_for_a_client_that_gave_up_is_not_waited_for() -> None:
    drawing = check("""
        session        |#===######====####|
          request a    | ###              |  purpose failed_attempt
            other view |  =======         |  purpose failed_attempt
          request b    |          ####    |  again a
    """)
    assert ("session", "backoff", 4, 10) in drawing.path()


def test_calls_of_one_request_that_never_overlap_follow_one_another() -> None:
    check("""
        session     |==#==#==#=|
          request r |##        |
          tool a    |   ##     |  after r
          tool b    |      ##  |  after r
          request s |         #|  after a b
    """)


def test_calls_of_one_request_of_which_two_overlap_hang_on_it_alone() -> None:
    check("""
        session     |==####====|
          request r |##        |
          tool a    |   ==     |  after r
          tool b    |    ==    |  after r
          tool c    |      ### |  after r
          request s |         #|  after a b c
    """)


def test_waiting_for_the_user_holds_up_what_follows_whatever_is_stated() -> None:
    check("""
        session     |===========|
          request r |##         |
          tool a    |  ###      |  after r
          user u    |     ####  |
          request s |         ##|  after a
    """)


def test_a_compaction_holds_up_what_follows_whatever_is_stated() -> None:
    drawing = check("""
        session        |=========|
          tool a       |###      |
          compaction c |   ####  |  purpose compaction
          request s    |       ##|  after a
    """)
    assert drawing.column("purpose") == ["turn", "compaction", "turn"]


# What is not waited for


def test_a_background_agent_is_not_waited_for() -> None:
    check("""
        session       |==#==#====#|
          request r   |##         |
          agent x     |  =======  |  background
            request t |   =====   |
          request s   |   ##      |
          request u   |      #### |
    """)


def test_a_background_agent_joins_where_its_result_is_used() -> None:
    check("""
        session       |=========#====|
          request r   |##            |
          agent x     |  #=====#     |  background
            request t |   #####      |
          request s   |   ==         |
          request u   |          ####|  joins x
    """)


def test_a_background_agent_that_was_done_long_ago_explains_nothing() -> None:
    check("""
        session       |==#====#====|
          request r   |##          |
          agent x     |  ==        |  background
          request s   |   ####     |
          request u   |        ####|  joins x
    """)


def test_what_outlives_its_parent_is_waited_for_further_up() -> None:
    drawing = check("""
        session       |#=========#|
          tool a      | #===      |
            tool b    |  ######## |
    """)
    assert drawing.column("inferred") == [True, True, True, False]
    assert {code: rows.tolist() for code, rows in drawing.graph.found.items()} == {"outlives_parent": [2]}


def test_what_outlives_a_background_agent_is_not_waited_for_outside_it() -> None:
    check("""
        session       |###############|
          agent x     | ====          |  background
            tool b    |  ========     |
    """)


def test_what_runs_on_after_the_session_is_outside() -> None:
    drawing = check("""
        session       |########      |
          tool a      |    ==========|
          tool b      |          === |
    """)
    assert drawing.graph.found["past_session_end"].tolist() == [1, 2]


# Time between


def test_the_time_between_belongs_to_the_parent() -> None:
    drawing = check("""
        session         |#=========#|
          interaction i | #==#==#=# |
            tool a      |  ##       |
            user u      |     ##    |
            tool b      |        #  |
    """)
    assert {phase for name, phase, *_ in drawing.path() if name == "i"} == {"harness"}


@pytest.mark.parametrize(
    ("inside", "phase"),
    [
        ("tool", "tool"),
        ("agent", "unknown"),
        ("interaction", "unknown"),
        ("compaction", "model"),
        ("user", "user"),
    ],
)
def test_a_span_of_kind_other_is_in_the_phase_of_what_holds_it(inside: str, phase: str) -> None:
    drawing = draw(f"""
        session          |#####|
          {inside:10} a  |#####|
            other b      |#####|
              other c    |#####|
    """)
    assert drawing.path() == [("c", phase, 0, 5)]


def test_an_own_phase_that_is_stated_counts() -> None:
    drawing = draw("""
        session    |####|
          user u   |####|  phase suspended
    """)
    assert drawing.path() == [("u", "suspended", 0, 4)]
