"""A compaction reaches from the last thing said to the summary; its request has a file of its own."""

from __future__ import annotations

from typing import Any

from unit.ingest.claude_code.chat import Chat, call, read

AFTER = "req:msg_2:req_2"


def _compacted(command_at: float | None = None, **metadata: Any) -> Chat:
    chat = Chat()
    chat.prompt(0)
    chat.answer(1, "1", call("t1"), stop="tool_use")
    said = chat.result(5, "t1")
    chat.system(
        100,
        "compact_boundary",
        parent=None,
        logicalParentUuid=said,
        compactMetadata={"trigger": "auto", **metadata},
    )
    chat.prompt(100, "This session is being continued", isCompactSummary=True)
    if command_at is not None:
        chat.prompt(command_at, "<command-name>/compact</command-name>")
    chat.answer(104, "2")
    return chat


def test_it_reaches_from_what_was_said_before_to_the_boundary() -> None:
    reading = _compacted(preTokens=167_000, postTokens=20_000).read()
    (span,) = reading.of("compaction")
    assert reading.bounds(span["span_key"]) == (5, 100)
    assert (span["purpose"], span["tokens_before"], span["tokens_after"]) == ("compaction", 167_000, 20_000)
    assert (span["compaction_trigger"], span["start_evidence"]) == ("auto", "bounded")
    assert reading.linked("compact_boundary") == {(span["span_key"], AFTER)}
    assert reading.linked("tool_result") == {("tool:t1", span["span_key"])}
    assert reading.bounds(AFTER) == (100, 104)


def test_its_stated_length_is_measured() -> None:
    reading = _compacted(durationMs=60_000).read()
    (span,) = reading.of("compaction")
    assert reading.bounds(span["span_key"]) == (40, 100)
    assert span["start_evidence"] == "measured"


def test_one_that_was_asked_for_starts_with_the_command() -> None:
    reading = _compacted(command_at=70).read()
    (span,) = reading.of("compaction")
    assert reading.bounds(span["span_key"]) == (70, 100)
    assert [reading.bounds(wait["span_key"]) for wait in reading.of("user_wait")] == [(5, 70)]


def test_the_request_that_writes_the_summary_names_the_same_span_from_its_own_file() -> None:
    main = _compacted()
    own = Chat(agent="acompact-1a2b3c", prefix="c", last=main.records[2]["uuid"])
    own.prompt(6, "a reminder", isMeta=True)
    own.prompt(7, "Your task is to create a detailed summary")
    own.answer(95, "9")
    reading = own.read()
    (request,) = reading.of("request")
    (span,) = main.read().of("compaction")
    assert request["parent_key"] == span["span_key"]
    assert (request["purpose"], request["agent_key"]) == ("compaction", "s1:main")
    assert reading.bounds(request["span_key"]) == (7, 95)
    together = read(main.content + own.content)
    assert together.spans[request["span_key"]]["parent_key"] == span["span_key"]


def test_where_the_boundary_names_no_record_of_the_file_the_last_thing_said_stands_for_it() -> None:
    chat = _compacted()
    said = chat.records[2]["uuid"]
    chat.records[3]["logicalParentUuid"] = "never written"
    assert set(chat.read().spans) >= {f"compact:{said}"}


def test_a_tail_that_was_kept_does_not_let_the_next_request_start_before_the_summary() -> None:
    chat = _compacted()
    chat.records.pop()
    chat.result(5, "t0", uuid="kept", parent=chat.records[-1]["uuid"])
    chat.answer(104, "2", parent=chat.records[2]["uuid"])
    reading = chat.read()
    assert reading.bounds(AFTER) == (100, 104)
    assert AFTER in {target for _, target in reading.linked("compact_boundary")}


def test_clearing_tool_results_without_a_request_is_told() -> None:
    chat = Chat()
    chat.prompt(0)
    chat.system(1, "microcompact_boundary", microcompactMetadata={"trigger": "auto"})
    chat.answer(2, "1")
    reading = chat.read()
    assert reading.of("compaction") == []
    assert reading.findings["microcompaction"]["count"] == 1
