"""Bars and curves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.report.cells import Spark
from agenttrace.report.glyphs import bar, curve, to_ascii


@pytest.mark.parametrize(
    ("share", "drawn"), [(0.0, ""), (1.0, "████"), (0.5, "██"), (0.625, "██▌"), (0.0001, "▏"), (1.7, "████")]
)
def test_a_bar_is_as_long_as_its_share(share: float, drawn: str) -> None:
    assert bar(share, 4) == drawn


def test_a_curve_shows_each_value_and_leaves_gaps() -> None:
    assert curve(Spark((0.0, 4.0, None, 8.0), 8.0, marks=(1, 3)), 10) == ("▁▅ █", " ▲ ▲")


def test_where_values_share_a_cell_the_extreme_one_is_shown() -> None:
    values = (8.0, 0.0, 8.0, 8.0)
    assert curve(Spark(values, 8.0), 2)[0] == "██"
    assert curve(Spark(values, 8.0, keeps="lowest"), 2)[0] == "▁█"


@given(st.lists(st.floats(0, 1e6) | st.none(), min_size=1), st.integers(1, 60), st.data())
def test_a_curve_has_its_width_and_keeps_every_mark(
    values: list[float | None], width: int, data: st.DataObject
) -> None:
    marks = data.draw(st.sets(st.integers(0, len(values) - 1)))
    drawn, below = curve(Spark(tuple(values), 1e6, tuple(marks)), width)
    assert len(drawn) == min(width, len(values))
    assert len(below) <= len(drawn)
    assert bool(below) == bool(marks)


def test_ascii_stands_for_every_glyph() -> None:
    assert to_ascii("█▏▂ ▲ 3 µs · – …") == "#-. ^ 3 us | - ."
    assert to_ascii("检").isascii()
