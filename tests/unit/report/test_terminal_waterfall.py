"""The waterfall in the terminal, as drawings."""

import pytest

from agenttrace.report.terminal_waterfall import draw_waterfall
from agenttrace.report.timeline.timeline import Timeline, timelines
from timeline import draw

FAN_OUT = """
    session         |====================|
      request r     |====                |
      tool a        |    ============    |  after r
        agent x     |    ============    |  lane 1
          request s |    ============    |
      tool b        |    ======          |  after r
      request t     |                ====|  after a b
"""


def _timeline(drawing: str) -> Timeline:
    trace = draw(drawing).trace
    (found,) = timelines(trace)
    return found


def _lines(width: int, *, color: bool = False) -> list[str]:
    return draw_waterfall(_timeline(FAN_OUT), width=width, color=color).splitlines()


def test_a_line_a_lane_with_capitals_on_the_path() -> None:
    lines = _lines(30)
    rows = [line for line in lines if line.startswith(("main", "  agent"))]
    assert [row.split(maxsplit=1)[0] for row in rows] == ["main", "agent"]
    assert rows[0].endswith("MMMMttttttttttttMMMM")
    assert rows[1].endswith("    MMMMMMMMMMMM")


def test_the_legend_names_what_is_there() -> None:
    assert _lines(60)[-1] == "capitals: on the path; m model  t tool"


@pytest.mark.parametrize("width", [20, 33, 80, 200])
def test_it_is_as_wide_as_the_terminal_and_no_wider(width: int) -> None:
    lines = _lines(width)
    assert max(map(len, lines)) == width


def test_in_colour_the_path_is_full_and_the_rest_pale() -> None:
    lines = _lines(40, color=True)
    (main,) = [line for line in lines if "main" in line]
    assert "█" in main
    assert "░" in main
    assert "\x1b[" in main
