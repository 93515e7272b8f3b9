"""How a request is divided, and how well the parts are known."""

from __future__ import annotations

import pytest

from timeline import check, draw
from unit.critical_path.paths import bare, found, segments_of


def _phases(note: str, bar: str = "==========") -> list[tuple[str, float, float]]:
    drawing = draw(f"""
        session     |{bar}|
          request r |{bar}|  {note}
    """)
    return [(phase, start, end) for name, phase, start, end in drawing.path() if name == "r"]


def test_all_that_can_be_known() -> None:
    drawing = check("""
        session     |============|
          request r |MQQPPPDDDDMM|
    """)
    assert drawing.column("evidence") == ["derived", *["measured"] * 3, "derived"]


def test_nothing_known_is_model_time() -> None:
    assert _phases("") == [("model", 0, 10)]


def test_a_first_token_alone_divides_model_time_from_decode() -> None:
    assert _phases("first 4") == [("model", 0, 4), ("decode", 4, 10)]


def test_without_a_queue_what_precedes_prefill_is_not_divided() -> None:
    assert _phases("first 4 prefill 3") == [("model", 0, 1), ("prefill", 1, 4), ("decode", 4, 10)]


def test_a_queue_without_prefill_stands_at_the_start() -> None:
    assert _phases("first 4 queue 3") == [("queue", 0, 3), ("model", 3, 4), ("decode", 4, 10)]


def test_without_a_first_token_prefill_follows_the_queue() -> None:
    assert _phases("queue 2 prefill 3") == [("queue", 0, 2), ("prefill", 2, 5), ("decode", 5, 10)]


def test_a_decode_alone_ends_with_the_request() -> None:
    assert _phases("decode 6") == [("model", 0, 4), ("decode", 4, 10)]


def test_a_queue_alone_precedes_model_time() -> None:
    assert _phases("queue 3") == [("queue", 0, 3), ("model", 3, 10)]


def test_phases_that_do_not_fit_are_cut_in_order_and_counted() -> None:
    drawing = draw("""
        session     |==========|
          request r |==========|  first 4 prefill 3 queue 5
    """)
    assert [step[1:] for step in drawing.path()] == [("queue", 0, 1), ("prefill", 1, 4), ("decode", 4, 10)]
    assert drawing.column("evidence") == ["bounded", "measured", "measured"]
    assert drawing.graph.found["phases_clamped"].tolist() == [1]


def test_a_first_token_outside_the_request_is_moved_into_it() -> None:
    assert _phases("first 12") == [("model", 0, 10)]


@pytest.mark.parametrize(("known", "expected"), [("first 4 prefill 3", "derived"), ("first 4", "measured")])
def test_what_follows_by_subtraction_is_derived(known: str, expected: str) -> None:
    drawing = draw(f"""
        session     |==========|
          request r |==========|  {known}
    """)
    assert drawing.column("evidence")[0] == expected


def test_a_servers_view_divides_the_request_and_the_rest_is_network() -> None:
    check("""
        session     |==============|
          request r |NN==========NN|
            other v |  QQPPDDDDDD  |
    """)


def test_a_request_that_is_seen_twice_counts_the_servers_instants() -> None:
    drawing = draw("""
        session     |==============|
          request r |==============|  first 3 prefill 1
            other v |  qqppdddddd  |
    """)
    assert [phase for _, phase, *_ in drawing.path()] == ["network", "queue", "prefill", "decode", "network"]


def test_a_plain_span_between_the_two_views_is_network() -> None:
    drawing = draw("""
        session       |==============|
          request r   |==============|
            other h   | ============ |
              other v |  qqppdddddd  |
    """)
    assert drawing.path()[1] == ("h", "network", 1, 2)


def test_a_plain_span_inside_a_request_is_in_the_phase_that_the_request_is_in() -> None:
    drawing = draw("""
        session     |==========|
          request r |=ppppddddd|
            other h | ======== |
    """)
    assert drawing.path() == [
        ("r", "model", 0, 1),
        ("h", "prefill", 1, 5),
        ("h", "decode", 5, 9),
        ("r", "decode", 9, 10),
    ]


def test_a_plain_span_inside_an_undivided_request_is_model_time() -> None:
    drawing = draw("""
        session     |====|
          request r |====|
            other h |====|
    """)
    assert drawing.path() == [("h", "model", 0, 4)]


def test_a_tool_inside_a_request_leaves_the_phases_around_it() -> None:
    check("""
        session     |==========|
          request r |PPDD===DDD|
            tool a  |    ###   |
    """)


# Evidence


def test_a_stretch_is_as_good_as_its_worst_end() -> None:
    drawing = draw("""
        session     |==========|
          tool a    |===       |  end bounded
          tool b    |     =====|  start estimated
    """)
    assert drawing.column("evidence") == ["bounded", "estimated", "estimated"]


def test_a_stretch_between_two_spans_is_derived_at_best() -> None:
    drawing = draw("""
        session     |=====|
          tool a    | === |
    """)
    assert drawing.column("evidence") == ["derived", "measured", "derived"]


def test_a_bound_that_was_moved_is_derived_at_best() -> None:
    trace = bare(("s", None, 0, 10), ("a", "s", 4, 11))
    assert [row["evidence"] for row in segments_of(trace)] == ["derived", "derived"]
    assert found(trace) == {"child_end_clipped": 1}


def test_a_value_without_evidence_is_of_unknown_evidence() -> None:
    trace = bare(("s", None, 0, 10), ("r", "s", 0, 10, {"kind": "request", "first_token_ns": 4}))
    assert [row["evidence"] for row in segments_of(trace)] == ["unknown", "unknown"]


# How the path hangs together


def test_an_inferred_dependency_makes_what_precedes_it_inferred_until_a_stated_one() -> None:
    drawing = draw("""
        session     |==========|
          request r |==        |
          tool a    |  ==      |  after r
          tool b    |    ==    |
          tool c    |      ==  |  after b
          tool d    |        ==|
    """)
    assert drawing.column("inferred") == [False, True, False, True, False]
