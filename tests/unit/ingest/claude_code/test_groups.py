"""Files of one session that are read together: which those are, and that order and cuts change nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from agenttrace.ingest.reading import read
from agenttrace.model.trace import Trace
from contract.table_rows import bag, difference, frame, substance
from unit.ingest.claude_code.chat import Chat, Row, call

SEEDS = range(8)
SEAM = 10
"""Where a session goes on under another id: cut exactly there, nothing tells that both parts are one."""

TASK = {"name": "Task", "prompt": "look at it", "subagent_type": "general"}


def _main(session: str = "s1") -> Chat:
    chat = Chat(session=session)
    chat.prompt(0, "first words")
    chat.answer(1, "1", call("t1", "mcp__x__y"), call("t2"), stop="tool_use")
    chat.result(2, "t1", {"status": "async_launched", "agentId": "zz"})
    chat.result(2, "t2", {"durationMs": 900})
    chat.answer(5, "2")
    chat.queue(7, "enqueue", "more")
    chat.prompt(9, "more", promptSource="queued")
    chat.answer(12, "3")
    chat.prompt(60, "and more")
    chat.answer(61, "4")
    return chat


def _nameless() -> list[Row]:
    """The main agent's records, with those of a subagent of an early version, which has no id."""
    chat = Chat()
    chat.prompt(0)
    chat.answer(1, "1", call("t1", **TASK), stop="tool_use")
    chat.result(60, "t1")
    chat.answer(65, "2")
    inline = Chat(agent="x", prefix="i")
    inline.prompt(2, "look at it")
    inline.answer(10, "a1", call("t9"), stop="tool_use")
    inline.result(11, "t9")
    inline.answer(30, "a2")
    for record in inline.records:
        del record["agentId"]
    return chat.records + inline.records


def _copied() -> list[Row]:
    """The parent's records with copies of its subagent's, and the subagent's own."""
    own = Chat(agent="a1", prefix="a", version="2.1.38")
    own.prompt(2, "look at it")
    own.answer(10, "a1", call("t9", "Read"), stop="tool_use")
    own.result(11, "t9", {"durationMs": 400})
    own.answer(59, "a2")
    chat = Chat(version="2.1.38")
    chat.prompt(0)
    chat.answer(1, "1", call("t1", "Task", subagent_type="Explore"), stop="tool_use")
    for record in own.records:
        kept = {
            key: record[key] for key in ("type", "uuid", "timestamp", "requestId", "message") if key in record
        }
        progress = {"type": "agent_progress", "agentId": "a1", "prompt": "", "message": kept}
        chat.add("progress", 12, data=progress, parentToolUseID="t1", toolUseID="agent_msg_1")
    chat.result(60, "t1", {"status": "completed", "agentId": "a1"}, parent=chat.records[1]["uuid"])
    chat.answer(65, "2")
    return chat.records + own.records


def _copies_alone() -> list[Row]:
    return [record for record in _copied() if "agentId" not in record]


def _resumed() -> list[Row]:
    """A chain that goes on under another id."""
    first = _main()
    assert len(first.records) == SEAM
    more = Chat(session="s2", prefix="r", last=first.last)
    more.prompt(100, "on")
    more.answer(103, "9")
    return first.records + more.records


def _without_names() -> list[Row]:
    records = _main().records
    for record in records[4:]:
        record.pop("uuid", None)
    return records


def _broken_off() -> list[Row]:
    """What began it all is missing."""
    return _main().records[2:]


CASES: dict[str, Callable[[], list[Row]]] = {
    "main": lambda: _main().records,
    "nameless sidechain": _nameless,
    "own records and copies": _copied,
    "copies alone": _copies_alone,
    "resumed": _resumed,
    "records without names": _without_names,
    "broken off": _broken_off,
}


def _read(folder: Path, *files: Sequence[Row]) -> Trace:
    paths = []
    for number, records in enumerate(files):
        path = folder / f"{len(list(folder.iterdir()))}-{number}.jsonl"
        path.write_bytes(b"".join(json.dumps(record).encode() + b"\n" for record in records))
        paths.append(path)
    return read(paths, input_format="claude-code")


@pytest.mark.parametrize("case", CASES)
def test_any_cut_in_any_order_gives_the_same(case: str, tmp_path: Path) -> None:
    whole = _read(tmp_path, CASES[case]())
    for seed in SEEDS:
        chance, records = Random(seed), CASES[case]()
        if seed % 2:
            chance.shuffle(records)
        places = [place for place in range(1, len(records)) if place != SEAM]
        cuts = sorted(chance.sample(places, 4))
        pieces = [records[a:b] for a, b in zip([0, *cuts], [*cuts, len(records)], strict=True)]
        chance.shuffle(pieces)

        cut = _read(tmp_path, *pieces)

        assert difference(substance(cut), substance(whole)) == {}, seed


@pytest.mark.parametrize("case", CASES)
def test_what_is_given_twice_counts_once(case: str, tmp_path: Path) -> None:
    records = CASES[case]()
    once = _read(tmp_path, records)
    part = records[: len(records) * 2 // 3]

    twice = _read(tmp_path, part, records, list(reversed(records)))

    assert difference(substance(twice), substance(once)) == {}


def test_records_without_names_are_told_apart_by_what_they_say(tmp_path: Path) -> None:
    one, other = _main(), Chat()
    other.prompt(200, "something else")
    other.answer(203, "7")
    for record in other.records:
        del record["uuid"], record["parentUuid"]

    requests = frame(_read(tmp_path, one.records, other.records).spans).filter(kind="request")

    assert requests.height == 5


def test_a_row_stands_in_the_file_and_on_the_line_of_its_record(tmp_path: Path) -> None:
    records = _main().records
    trace = _read(tmp_path, records[5:], records[:5])

    places = {
        (row["request_id"], row["source"], row["line"])
        for row in frame(trace.spans).filter(kind="request").rows(named=True)
    }

    assert places == {("req_1", 1, 2), ("req_2", 1, 5), ("req_3", 0, 3), ("req_4", 0, 5)}
    assert [row["records"] for row in trace.sources.to_pylist()] == [5, 5]


def test_a_finding_is_of_the_file_in_which_it_was_made(tmp_path: Path) -> None:
    records = _main().records
    records.insert(8, {"type": "novelty", "sessionId": "s1"})
    trace = _read(tmp_path, records[5:], records[:5])

    (finding,) = [row for row in trace.findings.to_pylist() if row["code"] == "unknown_record"]

    assert (finding["file"], finding["line"]) == (trace.sources["path"][0].as_py(), 4)


def test_two_runs_with_the_same_names_at_other_times_stay_two(tmp_path: Path) -> None:
    later = [
        {**record, "timestamp": record["timestamp"].replace("2026", "2027")} for record in _main().records
    ]

    trace = _read(tmp_path, _main().records, later)

    assert trace.sessions.num_rows == 2
    assert frame(trace.spans).filter(kind="request").height == 8
    assert "id_collision" in trace.findings["code"].to_pylist()


def test_a_fork_keeps_what_is_its_own_and_one_without_anything_of_its_own_is_no_session(
    tmp_path: Path,
) -> None:
    first, fork = _main("s1"), _main("s2")
    first.prompt(90, "on")
    first.answer(93, "first's own")
    fork.prompt(100, "another way", uuid="f1")
    fork.answer(103, "fork's own", uuid="f2")

    trace = _read(tmp_path, first.records, fork.records, _main("s3").records)

    requests = frame(trace.spans).filter(kind="request").group_by("session").len()
    assert set(requests.rows()) == {("s1", 5), ("s2", 1)}
    assert frame(trace.sessions)["session"].to_list() == ["s1", "s2"]


def test_a_record_before_the_first_that_names_its_session_is_of_that_session(tmp_path: Path) -> None:
    records: list[dict[str, Any]] = _main().records
    whole = _read(tmp_path, records)
    shorn = [{key: value for key, value in records[4].items() if key != "sessionId"}, *records[5:]]

    cut = _read(tmp_path, shorn, records[:4])

    without = ("line", "source")
    assert bag(cut.spans, without) == bag(whole.spans, without)
