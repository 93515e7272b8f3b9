"""opencode: steps of the assistant as requests, its tools, its subagents, from an export or from the storage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agenttrace.critical_path.analysis import analyze
from agenttrace.ingest.reading import read
from contract.table_rows import difference, frame, substance
from unit.ingest.raw_reading import SAMPLES, RawReading, Row, ms, read_raw

EXPORTS = [SAMPLES / "opencode" / "export.json", SAMPLES / "opencode" / "export-child.json"]
TOKENS = {"input": 20, "output": 7, "reasoning": 0, "cache": {"read": 70, "write": 10}}


def text(start: float, end: float, kind: str = "text") -> Row:
    return {"type": kind, "text": "said", "time": {"start": ms(start), "end": ms(end)}}


def tool(start: float, end: float, status: str = "completed", **state: Any) -> Row:
    times = {"start": ms(start), "end": ms(end)}
    return {
        "type": "tool",
        "callID": "c",
        "tool": "bash",
        "state": {"status": status, "time": times, **state},
    }


def answer(*parts: Row, done: float = 20, **info: Any) -> RawReading:
    ids = {"id": "msg_2", "sessionID": "ses_1", "role": "assistant", "parentID": "msg_1"}
    known = {**ids, "time": {"created": ms(1), "completed": ms(done)}, "tokens": TOKENS, "modelID": "m"}
    prompt = {"id": "msg_1", "sessionID": "ses_1", "role": "user", "time": {"created": ms(0)}}
    numbered = [
        {"id": f"prt_{number}", "messageID": "msg_2", "sessionID": "ses_1", **part}
        for number, part in enumerate(parts, 1)
    ]
    session = {"id": "ses_1", "time": {"created": ms(0)}}
    messages = [{"info": prompt, "parts": []}, {"info": {**known, **info}, "parts": numbered}]
    return read_raw("opencode", json.dumps({"info": session, "messages": messages}).encode())


def test_a_request_without_tools_ends_with_its_last_block() -> None:
    reading = answer(text(3, 4, "reasoning"), text(4, 9))

    assert reading.seconds("msg_2") == (1, 9)
    assert reading.evidence("msg_2") == ("bounded", "measured")


def test_a_request_with_tools_ended_not_before_the_last_call() -> None:
    reading = answer(text(3, 4), tool(5, 12), tool(6, 8))

    assert reading.seconds("msg_2") == (1, 6)
    assert reading.evidence("msg_2") == ("bounded", "bounded")
    assert reading.seconds("part:prt_2") == (5, 12)
    assert reading.evidence("part:prt_2") == ("measured", "measured")
    at_ns = {link["to_key"]: link["at_ns"] for link in reading.links}
    assert at_ns == {"part:prt_2": ms(5) * 10**6, "part:prt_3": None}


def _id(at: float) -> str:
    """An id as it is made at that instant: the lowest 36 bits of the milliseconds, a counter, and chance."""
    return f"msg_{(ms(at) % 2**36) * 4096 + 1:012x}" + "a" * 14


def test_what_a_fork_copied_is_left_out() -> None:
    """It has the times of the session that was forked, and ids of when it was copied."""

    def message(made: float, role: str, at: float, **info: Any) -> Row:
        ids = {"id": _id(made), "sessionID": "ses_1", "role": role, "time": {"created": ms(at), **info}}
        return {"info": ids, "parts": []}

    messages = [
        message(100, "user", 0),
        message(100.001, "assistant", 1, completed=ms(5)),
        message(200, "user", 200),
        message(200.5, "assistant", 200.5, completed=ms(204)),
    ]
    document = {"info": {"id": "ses_1", "time": {"created": ms(100)}}, "messages": messages}
    reading = read_raw("opencode", json.dumps(document).encode())

    assert reading.spans.keys() == {_id(200), _id(200.5)}
    assert reading.findings["copied_history"]["count"] == 2


def test_an_answer_that_the_end_of_the_program_cut_off_is_unfinished() -> None:
    reading = answer(time={"created": ms(1)})

    assert reading.spans["msg_2"]["status"] == "unfinished"
    assert reading.evidence("msg_2")[1] == "unknown"
    assert answer(text(3, 4)).spans["msg_2"]["status"] == "ok"


def test_the_first_block_tells_the_first_token_if_it_has_a_length() -> None:
    assert answer(text(3, 4, "reasoning")).spans["msg_2"]["first_token_ns"] == ms(3) * 10**6
    assert answer(text(4, 4)).spans["msg_2"]["first_token_ns"] is None
    assert answer(tool(5, 6), text(7, 8)).spans["msg_2"]["first_token_ns"] is None


@pytest.mark.parametrize(
    ("tokens", "output"),
    [
        ({**TOKENS, "reasoning": 5, "total": 112}, 12),
        ({**TOKENS, "reasoning": 5, "total": 107}, 7),
        ({**TOKENS, "reasoning": 9}, 16),
    ],
)
def test_tokens_hold_the_cached_ones_and_reasoning_once(tokens: Row, output: int) -> None:
    request = answer(text(3, 4), tokens=tokens).spans["msg_2"]

    assert (request["input_tokens"], request["cache_read_tokens"], request["cache_write_tokens"]) == (
        100,
        70,
        10,
    )
    assert request["output_tokens"] == output


def test_several_steps_of_one_message_are_several_requests() -> None:
    finish = {"type": "step-finish", "tokens": TOKENS}
    start = {"type": "step-start"}
    reading = answer(start, text(2, 3), tool(4, 8), finish, start, text(10, 12), finish)

    assert reading.seconds("msg_2") == (1, 4)
    assert reading.seconds("msg_2:step:2") == (8, 12)
    assert reading.linked("tool-result") == {("part:prt_3", "msg_2:step:2")}


def test_retries_tell_of_attempts_that_failed() -> None:
    retry = {"type": "retry", "attempt": 1, "time": {"created": ms(3)}}
    reading = answer(retry, text(8, 9))

    assert reading.seconds("msg_2:attempt:1") == (1, 3)
    assert reading.seconds("msg_2") == (3, 9)
    assert reading.spans["msg_2"]["attempt"] == 2
    assert reading.linked("retry") == {("msg_2:attempt:1", "msg_2")}


def test_an_abort_and_an_error_are_told_apart() -> None:
    aborted = answer(text(3, 4), error={"name": "MessageAbortedError"})
    failed = answer(text(3, 4), error={"name": "APIError"})

    assert aborted.spans["msg_2"]["status"] == "cancelled"
    assert (failed.spans["msg_2"]["status"], failed.spans["msg_2"]["error"]) == ("error", "APIError")


def test_a_stopped_tool_has_only_an_end() -> None:
    reading = answer(tool(9, 9, "error", error="Tool execution aborted"))

    assert reading.seconds("part:prt_1") == (None, 9)
    assert reading.spans["part:prt_1"]["status"] == "cancelled"


def test_a_summary_is_a_compaction() -> None:
    reading = answer(text(3, 9), summary=True)

    assert reading.spans["msg_2"]["purpose"] == "compaction"
    assert reading.seconds("compaction:msg_2") == reading.seconds("msg_2")


def test_a_session_with_a_parent_is_the_subagent_of_the_call_that_ran_it() -> None:
    trace = read(EXPORTS)
    agents, spans = frame(trace.agents), frame(trace.spans)

    assert agents["source_id"].to_list() == ["ses_main", "ses_child"]
    spawning = spans.filter(spans["span"] == agents["spawning_span"][1])
    assert spawning["name"].to_list() == ["task"]
    assert frame(trace.sessions)["session"].to_list() == ["ses_main"]


def test_the_path_leads_through_the_subagent_and_the_waits() -> None:
    (session,) = analyze(read(EXPORTS)).sessions.to_dicts()

    assert session["requests"] == 9
    assert session["compactions"] == 1
    assert session["path_user_ns"] == 30 * 10**9
    assert session["path_harness_ns"] < 3 * 10**9


@pytest.mark.parametrize("layout", ["part/{message}", "part/{session}/{message}"])
def test_the_storage_says_the_same_as_the_export(layout: str, tmp_path: Path) -> None:
    for export in EXPORTS:
        document = json.loads(export.read_bytes())
        session = document["info"]["id"]
        _write(tmp_path / "session" / "p" / f"{session}.json", document["info"])
        for message in document["messages"]:
            name = message["info"]["id"]
            _write(tmp_path / "message" / session / f"{name}.json", message["info"])
            for part in message["parts"]:
                folder = tmp_path / layout.format(message=name, session=session)
                _write(folder / f"{part['id']}.json", part)

    whole, stored = substance(read(EXPORTS)), substance(read(tmp_path))

    assert difference(whole, stored) == {}


def _write(path: Path, value: Row) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


def test_a_part_without_its_message_stands_for_itself() -> None:
    ids = {"id": "prt_1", "messageID": "msg_9", "sessionID": "ses_1"}
    alone = read_raw("opencode", json.dumps({**ids, **tool(3, 5)}).encode())
    said = read_raw("opencode", json.dumps({**ids, **text(3, 5)}).encode())

    assert alone.seconds("part:prt_1") == (3, 5)
    assert set(said.findings) == {"part_alone"}


def test_ids_that_lead_elsewhere_are_no_paths(tmp_path: Path) -> None:
    message = tmp_path / "message" / "s" / "m.json"
    info = {"sessionID": "ses_1", "role": "assistant", "time": {"created": ms(1)}}
    part = {"id": "prt_1", "messageID": "msg_1", "sessionID": "ses_1", **tool(1, 2)}
    (tmp_path / "part" / "msg_").mkdir(parents=True)
    _write(tmp_path / "elsewhere" / "p.json", part)
    _write(tmp_path / "part" / "msg_2" / "p.json", part)

    for name, found in (("msg_/../../elsewhere", 0), ("msg_2", 1)):
        _write(message, {**info, "id": name})
        assert len(read_raw("opencode", message).of("tool")) == found


def test_nothing_that_was_said_leaves_the_reader() -> None:
    reading = answer(
        {**text(3, 4), "text": "SECRET"}, tool(4, 5, input={"command": "SECRET"}, output="SECRET")
    )

    assert "SECRET" not in str(vars(reading))


def test_a_part_whose_type_is_no_text_is_survived() -> None:
    reading = answer({**text(3, 4), "type": {"a": []}}, text(4, 9))

    assert reading.seconds("msg_2") == (1, 9)


def test_what_the_user_adds_while_an_answer_is_made_belongs_to_the_turn() -> None:
    def message(number: int, role: str, at: float, parts: list[Row], **info: Any) -> Row:
        ids = {"id": f"msg_{number}", "sessionID": "ses_1", "role": role}
        times = {"created": ms(at), **info.pop("time", {})}
        numbered = [
            {"id": f"prt_{number}", "sessionID": "ses_1", "messageID": ids["id"], **part} for part in parts
        ]
        return {"info": {**ids, "time": times, **info}, "parts": numbered}

    messages = [
        message(1, "user", 0, []),
        message(2, "assistant", 1, [tool(4, 9)], parentID="msg_1", time={"completed": ms(9)}),
        message(3, "user", 7, []),
        message(4, "assistant", 9.5, [text(10, 12)], parentID="msg_3", time={"completed": ms(12)}),
        message(5, "user", 20, []),
    ]
    document = {"info": {"id": "ses_1", "time": {"created": ms(0)}}, "messages": messages}
    reading = read_raw("opencode", json.dumps(document).encode())

    assert reading.spans["msg_4"]["parent_key"] == "msg_1"
    assert reading.seconds("msg_3") == (7, 7)
    assert (reading.spans["msg_3"]["kind"], reading.spans["msg_3"]["parent_key"]) == ("other", "msg_1")
    assert (reading.spans["msg_5"]["kind"], reading.spans["msg_5"]["parent_key"]) == ("interaction", None)
