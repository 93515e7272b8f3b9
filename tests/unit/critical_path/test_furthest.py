"""What a slow session has most of: the tool where it is most of the tools' time, else the phase."""

import pytest

from agenttrace.critical_path.tail.comparison import Beyond, _furthest


@pytest.mark.parametrize(
    ("tools", "expected"),
    [
        ([("Bash", 90), ("(rest)", 10)], (90, "tool", "Bash")),
        ([("Bash", 10), ("(rest)", 90)], (100, "phase", "tool")),
        ([("Bash", 60), ("Read", 40)], (60, "tool", "Bash")),
        ([], (100, "phase", "tool")),
    ],
)
def test_a_tool_stands_for_the_phase_of_tools(tools: Beyond, expected: tuple[int, str, str]) -> None:
    assert _furthest([("tool", 100), ("decode", 99)], tools) == expected


def test_a_phase_is_named_where_it_is_furthest() -> None:
    assert _furthest([("tool", 98), ("decode", 99)], [("Bash", 98)]) == (99, "phase", "decode")
    assert _furthest([], []) == (0, "phase", "(rest)")
