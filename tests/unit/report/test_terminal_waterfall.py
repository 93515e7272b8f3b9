"""The waterfall in the terminal, as drawings."""

from dataclasses import replace

import pytest
from rich.cells import cell_len

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
    rows = [line for line in lines if line.startswith(("main", "  age"))]
    assert [row.split(maxsplit=1)[0] for row in rows] == ["main", "age…"]
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


@pytest.mark.parametrize(
    "name", ["漢字の道具" * 10, "👩‍👩‍👧‍👦 tool", "é\u0301\u0301", "n" * 10_000, "\x1b[31m\u202e"]
)
@pytest.mark.parametrize("width", [30, 40, 80])
def test_bars_stand_below_each_other_whatever_lanes_are_called(name: str, width: int) -> None:
    timeline = _timeline(FAN_OUT)
    lanes = (timeline.lanes[0], replace(timeline.lanes[1], name=name))
    lines = draw_waterfall(replace(timeline, lanes=lanes), width=width, color=False).splitlines()
    main, agent = (line for line in lines if "MM" in line)
    begins = cell_len(agent[: agent.index("MM")])
    assert main.index("t") - begins in {
        0,
        1,
    }  # both are on the path in the cell in which the one follows the other
    assert "#1" in agent
    assert all(cell_len(line) <= width for line in lines)


def test_of_a_session_without_length_it_says_so() -> None:
    timeline = _timeline(FAN_OUT)
    nothing = replace(
        timeline,
        end_ns=timeline.start_ns,
        slices=timeline.slices.clear(),
        path=timeline.path.clear(),
    )
    lines = draw_waterfall(nothing, width=60, color=False).splitlines()
    assert lines[2].split() == ["|0", "s"]
    assert lines[-1] == "nothing took any time"
