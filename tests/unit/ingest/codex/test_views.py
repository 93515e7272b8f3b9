"""A rollout and the log events of the same threads, given together: one run, each fact from who knows it best."""

from __future__ import annotations

import json

import pytest

from agenttrace.critical_path.analysis import analyze
from agenttrace.ingest.assembly.assemble import ReadSource, assemble
from agenttrace.ingest.formats.codex_otel import CODEX_OTEL
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.model.trace import Trace
from unit.ingest.codex.rollout import Rollout, ns, read, stamp, uuid7

CALLS = 4
THREAD = uuid7(0)


def _rollout() -> Rollout:
    """A request every ten seconds, and a call after each but the last."""
    rollout = Rollout(THREAD).meta().begin(0.5).prompt(1)
    for number in range(CALLS):
        at = 10 * number
        rollout.think(at + 4).call(at + 5, call=f"c{number}")
        rollout.result(at + 9, f"c{number}").count(at + 9, 1_000 + 100 * number, 50 + number)
    return rollout.say(45).count(45.2, 1_700, 90).end(46)


def _events() -> bytes:
    """The same: sent a bit after the rollout's bound, complete a bit after its last item."""
    told: list[tuple[float, str, dict[str, object]]] = [(0.5, "user_prompt", {})]
    for number in range(CALLS + 1):
        sent = 1.2 if not number else 10 * number - 0.8
        last = number == CALLS
        tokens = {"input_token_count": 1_700 if last else 1_000 + 100 * number}
        done = {
            "event.kind": "response.completed",
            "output_token_count": 90 if last else 50 + number,
            **tokens,
        }
        sending: dict[str, object] = {"duration_ms": "0", "success": "true"}
        told.append((sent, "websocket_request", sending))
        told.append((45.2 if last else 10 * number + 5.3, "sse_event", {**done, "ttft_ms": "1500"}))
        if not last:
            call: dict[str, object] = {
                "call_id": f"c{number}",
                "tool_name": "exec_command",
                "duration_ms": "3900",
                "success": "true",
            }
            told.append((10 * number + 8.95, "tool_result", call))
    events = [
        {"event.name": f"codex.{name}", "event.timestamp": stamp(at), "conversation.id": THREAD, **facts}
        for at, name, facts in told
    ]
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


def _together(*, first: str) -> Trace:
    recorder = Recorder()
    CODEX_OTEL.read(Source("events", _events()), recorder)
    sources = [
        ReadSource("rollout", "codex", 0, read(_rollout())),
        ReadSource("events", "codex-otel", 0, recorder.trace()),
    ]
    return assemble(sources if first == "rollout" else sources[::-1])


@pytest.mark.parametrize("first", ["rollout", "events"])
def test_requests_and_calls_are_counted_once(first: str) -> None:
    (session,) = analyze(_together(first=first)).sessions.to_dicts()

    assert (session["requests"], session["tool_calls"]) == (CALLS + 1, CALLS)
    assert (session["session"], session["subagents"]) == (THREAD, 0)


@pytest.mark.parametrize("first", ["rollout", "events"])
def test_first_tokens_and_starts_are_those_of_the_events(first: str) -> None:
    spans = _together(first=first).spans.to_pylist()
    requests = sorted((row for row in spans if row["kind"] == "request"), key=lambda row: row["start_ns"])

    assert [row["first_token_ns"] for row in requests] == [
        ns(2.7),
        *(ns(10 * number + 0.7) for number in range(1, CALLS + 1)),
    ]
    assert {row["reasoning_tokens"] is not None for row in requests} == {True}


def test_a_single_event_is_known_by_its_thread() -> None:
    recorder = Recorder()
    CODEX_OTEL.read(Source("events", b"\n".join(_events().splitlines()[:3])), recorder)
    alone = assemble([ReadSource("rollout", "codex", 0, read(_rollout()))])
    both = assemble(
        [
            ReadSource("rollout", "codex", 0, read(_rollout())),
            ReadSource("events", "codex-otel", 0, recorder.trace()),
        ]
    )

    assert analyze(both).sessions.height == 1
    assert analyze(both).sessions["requests"].to_list() == analyze(alone).sessions["requests"].to_list()
