"""What `--session` finds."""

import pytest

from agenttrace.errors import UsageError
from agenttrace.report.selection import select_sessions
from unit.report.analyses import many_sessions


@pytest.mark.parametrize("wanted", ["run-017", "source-run-017"])
def test_a_session_is_found_by_either_id(wanted: str) -> None:
    chosen = select_sessions(many_sessions(), [wanted])
    assert chosen.sessions["session"].to_list() == ["run-017"]
    assert set(chosen.turns["session"]) == {"run-017"}
    assert set(chosen.segments["session"]) == {"run-017"}
    assert chosen.sources.height == 1


def test_the_beginning_of_an_id_will_do_where_it_is_the_only_one() -> None:
    chosen = select_sessions(many_sessions(), ["run-000", "run-02"][:1])
    assert chosen.sessions.height == 1
    with pytest.raises(UsageError, match="4 sessions begin with 'run-02'"):
        select_sessions(many_sessions(), ["run-02"])


def test_several_sessions_can_be_asked_for() -> None:
    assert select_sessions(many_sessions(), ["run-001", "run-003"]).sessions.height == 2


def test_a_mistyped_id_is_answered_with_those_that_are_near() -> None:
    with pytest.raises(UsageError) as raised:
        select_sessions(many_sessions(), ["run-99"])
    assert "run-009" in (raised.value.hint or "")
