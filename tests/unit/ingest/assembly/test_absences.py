"""Traces of programs that are no agents, and agents that run inside such programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agenttrace.critical_path.analysis import analyze
from agenttrace.ingest.reading import read
from agenttrace.model.trace import Trace

NS = 1_767_225_600_000_000_000
Row = tuple[str, int | None, str, str | None, tuple[int, int]]


def _trace(folder: Path, *spans: Row) -> Trace:
    """Spans from 1: kind, parent, name (empty: none), agent, from and to in nanoseconds."""
    lines = [
        {
            "session": "s",
            "span": number,
            "kind": kind,
            "parent": parent,
            "name": name or None,
            "agent": agent,
            "start": NS + at[0],
            "end": NS + at[1],
        }
        for number, (kind, parent, name, agent, at) in enumerate(spans, 1)
    ]
    file = folder / "trace.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return read(file)


def _session(trace: Trace) -> dict[str, Any]:
    (session,) = analyze(trace).sessions.to_dicts()
    return session


def _codes(trace: Trace) -> list[str]:
    return [str(code) for code in trace.findings["code"].to_pylist()]


def test_between_spans_of_no_agent_nothing_is_known(tmp_path: Path) -> None:
    trace = _trace(
        tmp_path, ("other", None, "poll", None, (0, 10)), ("other", None, "handle", None, (15, 40))
    )

    session = _session(trace)
    assert (session["wall_ns"], session["path_unknown_ns"]) == (40, 40)
    assert _codes(trace) == ["no_model_requests"]


def test_between_tools_of_an_agent_without_requests_nothing_is_known(tmp_path: Path) -> None:
    """An agent asks models: where no source tells when, that time is hidden between the tools."""
    trace = _trace(tmp_path, ("tool", None, "a", None, (0, 10)), ("tool", None, "b", None, (15, 40)))

    session = _session(trace)
    assert (session["path_tool_ns"], session["path_unknown_ns"]) == (35, 5)
    assert _codes(trace) == ["no_model_requests"]


def test_between_requests_of_which_nothing_else_is_told_nothing_is_known(tmp_path: Path) -> None:
    trace = _trace(tmp_path, ("request", None, "a", None, (0, 10)), ("request", None, "b", None, (15, 40)))

    session = _session(trace)
    assert (session["path_model_ns"], session["path_unknown_ns"]) == (35, 5)
    assert _codes(trace) == ["only_requests"]


@pytest.mark.parametrize("beside", [("tool", None, "a", None, (11, 14)), ("agent", None, "a", None, (0, 40))])
def test_between_requests_of_an_agent_it_is_the_agents_own_time(tmp_path: Path, beside: Row) -> None:
    trace = _trace(
        tmp_path, ("request", None, "a", None, (0, 10)), beside, ("request", None, "b", None, (15, 40))
    )

    session = _session(trace)
    assert session["path_unknown_ns"] == 0
    assert session["path_harness_ns"] > 0
    assert _codes(trace) == []


def test_of_a_session_with_requests_nothing_is_said(tmp_path: Path) -> None:
    assert _codes(_trace(tmp_path, ("request", None, "a", None, (0, 10)))) == []


def test_an_agent_that_a_service_runs_is_the_main_one(tmp_path: Path) -> None:
    trace = _trace(
        tmp_path,
        ("other", None, "POST /chat", None, (0, 100)),
        ("agent", 1, "harbour", None, (5, 95)),
        ("request", 2, "", None, (10, 50)),
        ("tool", 2, "delegate", None, (50, 90)),
        ("agent", 4, "pilot", None, (51, 89)),
        ("request", 5, "", None, (52, 88)),
    )

    session = _session(trace)
    assert (session["main_requests"], session["requests"], session["subagents"]) == (1, 2, 1)
    assert (session["wall_ns"], session["path_model_ns"]) == (100, 76)


def test_called_again_and_again_it_is_still_one_agent(tmp_path: Path) -> None:
    trace = _trace(
        tmp_path,
        ("other", None, "POST /chat", None, (0, 100)),
        ("agent", 1, "harbour", None, (5, 95)),
        ("request", 2, "", None, (10, 50)),
        ("other", None, "POST /chat", None, (200, 300)),
        ("agent", 4, "harbour", None, (205, 295)),
        ("request", 5, "", None, (210, 250)),
    )

    session = _session(trace)
    assert (session["main_requests"], session["subagents"]) == (2, 0)


@pytest.mark.parametrize("names", [("harbour", "pilot"), ("", "")], ids=["two names", "no names"])
def test_of_several_agents_that_a_service_runs_none_is_the_main_one(
    names: tuple[str, str], tmp_path: Path
) -> None:
    trace = _trace(
        tmp_path,
        ("other", None, "POST /chat", None, (0, 100)),
        ("agent", 1, names[0], None, (5, 45)),
        ("request", 2, "", None, (10, 40)),
        ("agent", 1, names[1], None, (50, 95)),
        ("request", 4, "", None, (60, 90)),
    )

    session = _session(trace)
    assert (session["main_requests"], session["subagents"]) == (0, 2)
