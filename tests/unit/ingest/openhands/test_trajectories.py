"""Trajectories of OpenHands: actions and observations as requests, tools, waits and delegates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from agenttrace.ingest.reading import read
from agenttrace.ingest.registry import recognise
from agenttrace.ingest.source import Source
from contract.table_rows import frame, substance
from unit.ingest.raw_reading import EPOCH, EPOCH_NS, SAMPLES, RawReading, Row, iso, read_raw

SAMPLE = SAMPLES / "openhands" / "trajectory.json"
BEHIND_S = 7200
"""The local zone of these events lies so far behind UTC."""


class Stream:
    """Events in the making, numbered as they come."""

    def __init__(self) -> None:
        self.events: list[Row] = []

    def add(self, at: float, source: str, **fields: Any) -> int:
        number = len(self.events)
        self.events.append({"id": number, "timestamp": iso(at)[:-1], "source": source, **fields})
        return number

    def user(self, at: float, content: str = "do it") -> int:
        return self.add(at, "user", action="message", args={"content": content})

    def step(self, at: float, action: str = "run", response: str | None = "r1", **more: Any) -> int:
        metadata = {"tool_call_metadata": {"model_response": {"id": response, **more.pop("answer", {})}}}
        known = metadata if response else {}
        return self.add(at, "agent", action=action, args=more.pop("args", {}), **known, **more)

    def result(self, at: float, cause: int, observation: str = "run", **more: Any) -> int:
        return self.add(
            at, "agent", observation=observation, cause=cause, extras=more.pop("extras", {}), **more
        )

    def state(self, at: float, state: str) -> int:
        extras = {"agent_state": state}
        return self.add(at, "environment", observation="agent_state_changed", extras=extras)

    def read(self) -> RawReading:
        return read_raw("openhands", json.dumps(self.events).encode())


def _one_tool(**result: Any) -> Stream:
    stream = Stream()
    stream.user(1)
    stream.result(9, stream.step(5), **result)
    stream.step(14, "finish", "r2")
    return stream


def test_a_request_ends_with_its_action_and_began_after_what_it_answers() -> None:
    reading = _one_tool().read()

    assert reading.seconds("response:r1") == (1, 5)
    assert reading.seconds("response:r2") == (9, 14)
    assert reading.evidence("response:r2") == ("bounded", "measured")
    assert [span["trigger"] for span in reading.of("request")] == ["user_message", "tool_result"]


def test_a_tool_reaches_from_its_action_to_its_observation() -> None:
    reading = _one_tool().read()

    assert reading.seconds("action:1") == (5, 9)
    assert reading.evidence("action:1") == ("measured", "measured")
    assert reading.linked("tool_call") == {("response:r1", "action:1")}
    assert reading.linked("cause") == {("action:1", "response:r2")}


def test_how_a_tool_ended() -> None:
    for result, status in (
        ({"success": False}, "error"),
        ({"extras": {"metadata": {"exit_code": 2}}}, "error"),
        ({"extras": {"metadata": {"exit_code": 0}}, "success": True}, "ok"),
        ({"observation": "user_rejected"}, "cancelled"),
    ):
        assert _one_tool(**result).read().spans["action:1"]["status"] == status


def test_two_actions_of_one_answer_are_one_request_and_follow_each_other() -> None:
    stream = Stream()
    stream.user(1)
    stream.result(9, stream.step(5))
    stream.result(12, stream.step(9.5, "read"))
    stream.step(20, "finish", "r2")
    reading = stream.read()

    assert [span["span_key"] for span in reading.of("request")] == ["response:r1", "response:r2"]
    assert reading.linked("one action at a time") == {("action:1", "action:3")}
    assert reading.seconds("response:r2") == (12, 20)


def test_a_delegate_is_an_agent_of_its_own_inside_its_action() -> None:
    trace = read(SAMPLE)
    agents, spans = frame(trace.agents), frame(trace.spans)

    assert agents["name"].to_list() == [None, "BrowsingAgent"]
    assert agents["depth"].to_list() == [0, 1]
    requests = spans.filter(spans["kind"] == "request")
    assert requests["agent"].value_counts(sort=True).rows() == [(0, 6), (1, 2)]
    spawn = spans.filter(spans["span"] == agents["spawning_span"][1])
    assert spawn["name"].to_list() == ["delegate"]


def test_the_wait_for_a_confirmation_lies_inside_its_tool() -> None:
    stream = Stream()
    stream.user(1)
    action = stream.step(5)
    stream.state(5.5, "awaiting_user_confirmation")
    stream.state(20, "user_confirmed")
    stream.result(25, action)
    reading = stream.read()

    (wait,) = reading.of("user_wait")
    assert reading.seconds(wait["span_key"]) == (5.5, 20)
    assert wait["parent_key"] == "action:1"


def test_a_condensation_with_a_summary_took_a_request_and_one_without_took_none() -> None:
    for summary, start in (("all", 9), (None, 13)):
        stream = Stream()
        stream.user(1)
        stream.result(9, stream.step(5))
        stream.add(13, "agent", action="condensation", args={"summary": summary})
        stream.step(20, "finish", "r2")
        reading = stream.read()

        assert reading.seconds("condensation:3") == (start, 13)
        assert reading.seconds("response:r2") == (13, 20)
        assert reading.linked("condensation") == {("condensation:3", "response:r2")}


def test_tokens_of_the_clients_usage_hold_the_cached_ones() -> None:
    details = {"prompt_tokens_details": {"cached_tokens": 80}, "cache_creation_input_tokens": 15}
    usage = {"prompt_tokens": 100, "completion_tokens": 7, **details}
    stream = Stream()
    stream.user(1)
    stream.step(5, answer={"usage": usage, "model": "m"})
    (request,) = stream.read().of("request")

    names = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "model")
    assert [request[name] for name in names] == [100, 80, 15, 7, "m"]


def test_tokens_without_usage_are_what_the_running_totals_grew_by() -> None:
    stream = Stream()
    stream.user(1)
    for at, prompt, output in ((5, 100, 10), (9, 250, 30)):
        total = {"prompt_tokens": prompt, "completion_tokens": output, "cache_read_tokens": 0}
        metrics = {"accumulated_token_usage": total}
        stream.step(at, "message", None, llm_metrics=metrics)
    found = [(span["input_tokens"], span["output_tokens"]) for span in stream.read().of("request")]

    assert found == [(100, 10), (150, 20)]


def test_a_stated_latency_gives_the_start() -> None:
    stream = Stream()
    stream.user(1)
    latencies = [{"model": "m", "latency": 2.5, "response_id": "r1"}]
    stream.step(5, llm_metrics={"response_latencies": latencies, "token_usages": []})
    reading = stream.read()

    assert reading.seconds("response:r1") == (2.5, 5)
    assert reading.evidence("response:r1") == ("derived", "measured")


def test_the_zone_is_told_from_the_answers_own_times() -> None:
    stream = Stream()
    stream.user(1)
    stream.step(5, answer={"created": int(EPOCH.timestamp()) + 4 + BEHIND_S})
    reading = stream.read()

    assert reading.of("request")[0]["end_ns"] == EPOCH_NS + (5 + BEHIND_S) * 10**9
    assert "-2 h" in reading.findings["local_time"]["example"]


def test_without_a_sign_of_the_zone_times_are_utc_and_that_is_told() -> None:
    assert "taken as UTC" in _one_tool().read().findings["local_time"]["example"]


def test_a_folder_with_a_file_for_each_event_is_the_same_session(tmp_path: Path) -> None:
    events = tmp_path / "sessions" / "c-1" / "events"
    events.mkdir(parents=True)
    for event in json.loads(SAMPLE.read_bytes()):
        (events / f"{event['id']}.json").write_text(json.dumps(event))

    folder, whole = read(tmp_path), read(SAMPLE)

    assert substance(folder)["spans"].total() == substance(whole)["spans"].total()
    facts = ("kind", "start_ns", "end_ns", "input_tokens", "agent")
    assert frame(folder.spans).select(facts).equals(frame(whole.spans).select(facts))
    assert frame(folder.sessions)["session"].to_list() == ["c-1"]
    assert sum(source["records"] for source in folder.sources.to_pylist()) == len(
        json.loads(SAMPLE.read_bytes())
    )


def test_a_result_without_its_action_is_told() -> None:
    stream = Stream()
    stream.user(1)
    stream.result(3, 77)

    assert stream.read().findings["stray_result"]["count"] == 1


def test_a_broken_event_leaves_the_others_as_they_were() -> None:
    sound, hurt = _one_tool(), _one_tool()
    hurt.events[2]["cause"] = {"odd": 1}
    before, after = sound.read(), hurt.read()

    assert after.spans["response:r1"] == before.spans["response:r1"]
    assert after.spans["action:1"]["end_ns"] is None
    assert after.findings["field_unusable"]["line"] == 3


def test_nothing_that_was_said_leaves_the_reader() -> None:
    stream = Stream()
    stream.user(1, "SECRET")
    stream.result(9, stream.step(5, args={"command": "SECRET"}), content="SECRET")

    assert "SECRET" not in str(vars(stream.read()))


def test_it_is_recognised_by_a_first_event_longer_than_what_is_looked_at() -> None:
    long = {
        "id": 0,
        "timestamp": iso(0)[:-1],
        "source": "agent",
        "message": "m" * 100_000,
        "action": "system",
    }

    assert recognise(Source("x", json.dumps([{**long, "args": {}}]).encode())).id == "openhands"
