"""The grammar of what-ifs."""

from __future__ import annotations

from fractions import Fraction

import pytest

from agenttrace.critical_path.what_if.parsing import parse
from agenttrace.critical_path.what_if.spec import Change, FanOut, FullCache, Operator, Subject, Term
from agenttrace.errors import UsageError

MS = 1_000_000
TOOL = Term(Subject.PHASE, "tool")


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("tool*0.5", Change((TOOL,), Operator.SCALE, factor=Fraction(1, 2))),
        (" tool * .25 ", Change((TOOL,), Operator.SCALE, factor=Fraction(1, 4))),
        ("tool=0", Change((TOOL,), Operator.SET)),
        ("tool=200ms", Change((TOOL,), Operator.SET, duration_ns=200 * MS)),
        ("tool+1h30m", Change((TOOL,), Operator.ADD, duration_ns=5_400_000 * MS)),
        ("tool-1.5s", Change((TOOL,), Operator.SUBTRACT, duration_ns=1500 * MS)),
        ("tool:Bash*0.5", Change((Term(Subject.TOOL, "Bash"),), Operator.SCALE, factor=Fraction(1, 2))),
        ("tool:mcp__**2", Change((Term(Subject.TOOL, "mcp__*"),), Operator.SCALE, factor=Fraction(2))),
        ("model:gpt-4=0", Change((Term(Subject.MODEL, "gpt-4"),), Operator.SET)),
        ("tool:a=b-c+d=1s", Change((Term(Subject.TOOL, "a=b-c+d"),), Operator.SET, duration_ns=1000 * MS)),
        ("purpose:compaction=0", Change((Term(Subject.PURPOSE, "compaction"),), Operator.SET)),
        (
            "decode&agent:x*&session:0a?*0",
            Change(
                (Term(Subject.PHASE, "decode"), Term(Subject.AGENT, "x*"), Term(Subject.SESSION, "0a?")),
                Operator.SCALE,
                factor=Fraction(0),
            ),
        ),
        ("cache=1.0", FullCache()),
        ("cache = 1", FullCache()),
        ("fanout<=4", FanOut(4)),
    ],
)
def test_a_change(text: str, change: object) -> None:
    assert parse(text).changes == (change,)


def test_changes_apply_together_and_keep_their_text() -> None:
    spec = parse("tool=0, cache=1.0,fanout<=2")
    assert [type(change) for change in spec.changes] == [Change, FullCache, FanOut]
    assert spec.text == "tool=0, cache=1.0,fanout<=2"


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("", "at character 1: expected a change, but nothing follows", "for example tool*0.5"),
        ("tool*0.5,", "at character 10: expected a change, but nothing follows", "for example tool*0.5"),
        ("decod*0.5", "at character 1: expected a phase (queue", "did you mean decode?"),
        ("tool=0,prefil=0", "at character 8: expected a phase", "did you mean prefill?"),
        ("compaction=0", "at character 1: expected a phase", "did you mean purpose:compaction?"),
        ("tools:x*2", "at character 1: expected a phase", "did you mean tool:?"),
        ("zzz=0", "at character 1: expected a phase", None),
        ("tool:=0", "at character 6: expected a name after tool:, not '=0'", "* stands for any"),
        ("purpose:compact=0", "at character 9: expected a purpose (turn", "did you mean compaction?"),
        ("purpose:zzz=0", "at character 9: expected a purpose (turn", None),
        ("tool", "at character 5: expected one of *0.5", None),
        ("tool/2", "at character 5: expected one of *0.5", "to halve a time, write *0.5"),
        ("tool*", "at character 5: expected one of *0.5", None),
        ("tool=200", "at character 6: expected a duration with a unit, not '200'", "200ms, or 200s?"),
        ("tool=1000000000h", "at character 6: longer than any session can be", None),
        ("tool=5 ms", "at character 6: expected a duration in one word", "5ms"),
        (
            "tool*-1",
            "at character 6: expected a number that is not negative",
            "tool-1s takes a second from each call",
        ),
        (
            "tool=-1s",
            "at character 6: expected a number that is not negative",
            "tool-1s takes a second from each call",
        ),
        (
            "purpose:turn=-1s",
            "at character 14: expected a number that is not",
            "tool-1s takes a second from each call",
        ),
        ("fanout<=0", "at character 7: expected <= and a number of branches", "for example fanout<=4"),
        ("fanout=3", "at character 7: expected <= and a number of branches", "for example fanout<=4"),
        ("cache=0.9", "at character 6: expected =1.0, not '=0.9'", None),
    ],
)
def test_a_mistake_is_said_with_its_place(text: str, said: str, hint: str | None) -> None:
    with pytest.raises(UsageError) as error:
        parse(text)
    assert error.value.message.startswith(f"--what-if {text}: {said}")
    if hint:
        assert error.value.hint == hint
