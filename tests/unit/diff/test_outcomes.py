"""Whether a session succeeded: what says so, and what does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import agenttrace

EPOCH = 1_760_000_000 * 10**9
MS = 10**6


def _outcome(folder: Path, *spans: dict[str, Any]) -> str:
    """Of one session in the interchange format; times in milliseconds."""
    file = folder / "spans.jsonl"
    rows = [{"session": "s", **span} for span in spans]
    for row in rows:
        row["start"], row["end"] = (EPOCH + row[name] * MS for name in ("start", "end"))
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    trace = agenttrace.read(file)
    (found,) = agenttrace.summarise_sessions(trace, agenttrace.analyze(trace))["outcome"].to_list()
    return str(found)


def _agent(status: str | None, **more: Any) -> dict[str, Any]:
    told = {} if status is None else {"status": status}
    return {"span": "a", "kind": "agent", "main": True, "agent": "m", "start": 0, "end": 100, **told, **more}


def _request(name: str, start: int, end: int, status: str = "ok") -> dict[str, Any]:
    return {
        "span": name, "kind": "request", "parent": "a", "start": start, "end": end, "status": status,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("ok", "succeeded"), ("error", "failed"), ("cancelled", "cut"), (None, "succeeded")],
)
def test_the_main_agent_says_how_it_ended(status: str | None, outcome: str, tmp_path: Path) -> None:
    assert _outcome(tmp_path, _agent(status), _request("r", 0, 50)) == outcome


def test_an_agent_that_ended_well_got_over_a_failed_request(tmp_path: Path) -> None:
    assert _outcome(tmp_path, _agent("ok"), _request("r", 0, 50, "error")) == "succeeded"


def test_where_nothing_says_how_it_ended_its_last_request_does(tmp_path: Path) -> None:
    assert _outcome(tmp_path, _agent(None), _request("q", 0, 40), _request("r", 50, 90, "error")) == "failed"
    assert (
        _outcome(tmp_path, _agent(None), _request("q", 0, 40, "error"), _request("r", 50, 90)) == "succeeded"
    )


def test_a_failed_subagent_is_no_failed_session(tmp_path: Path) -> None:
    inner = {
        "span": "b", "kind": "agent", "agent": "n", "parent_agent": "m", "parent": "a",
        "start": 10, "end": 40, "status": "error",
    }  # fmt: skip
    assert _outcome(tmp_path, _agent("ok"), inner, _request("r", 50, 90)) == "succeeded"


def test_the_last_prompt_counts(tmp_path: Path) -> None:
    """One of two prompts failed: what came after it went well."""
    prompts = [
        {"span": "p", "kind": "interaction", "start": 0, "end": 40, "status": "error"},
        {"span": "q", "kind": "interaction", "start": 50, "end": 90, "status": "ok"},
    ]
    assert _outcome(tmp_path, *prompts) == "succeeded"
    for prompt, status in zip(prompts, ("ok", "error"), strict=True):
        prompt["status"] = status
    assert _outcome(tmp_path, *prompts) == "failed"


def test_a_root_that_holds_everything_says_how_it_ended(tmp_path: Path) -> None:
    """As a client traces a session without saying that it is an agent."""
    root = {"span": "t", "kind": "other", "start": 0, "end": 100, "status": "error"}
    asked = {"span": "r", "kind": "request", "parent": "t", "start": 10, "end": 90, "status": "ok"}
    assert _outcome(tmp_path, root, asked) == "failed"
    assert _outcome(tmp_path, root | {"status": "ok"}, asked | {"status": "error"}) == "succeeded"


def test_a_hook_that_failed_is_no_failed_session(tmp_path: Path) -> None:
    hook = {"span": "h", "kind": "other", "parent": "a", "start": 95, "end": 99, "status": "error"}
    assert _outcome(tmp_path, _agent(None), _request("r", 0, 90), hook) == "succeeded"
