"""opencode's database gives what the export of the same sessions gives, and is only looked at."""

from __future__ import annotations

import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest

from agenttrace.errors import InputError
from agenttrace.ingest.formats.opencode import database, journal
from agenttrace.ingest.reading import read
from agenttrace.ingest.registry import recognise
from agenttrace.ingest.source import Source
from unit.ingest.readings import Reading, read_content, read_source

SAMPLES = Path(__file__).resolve().parents[4] / "sample_traces" / "opencode"
STORE = SAMPLES / "opencode.db"
SCHEMA = """
CREATE TABLE `session` (`id` text PRIMARY KEY, `parent_id` text);
CREATE TABLE `message` (`id` text PRIMARY KEY, `session_id` text NOT NULL, `data` text NOT NULL);
CREATE TABLE `part` (`id` text PRIMARY KEY, `message_id` text, `session_id` text, `data` text NOT NULL);
"""
ANSWER = {"role": "assistant", "time": {"created": 1772366400000, "completed": 1772366403000}}


def _made(path: Path, script: str = SCHEMA, **rows: list[tuple[Any, ...]]) -> Source:
    with closing(sqlite3.connect(path)) as made:
        made.executescript(script)
        for table, values in rows.items():
            for row in values:
                marks = ",".join("?" * len(row))
                made.execute(f"INSERT INTO {table} VALUES ({marks})", row)  # noqa: S608  # made here
        made.commit()
    source = Source(str(path))
    assert recognise(source).id == "opencode"
    return source


def _without_lines(found: Reading) -> dict[str, dict[str, Any]]:
    return {key: {**row, "line": None} for key, row in found.spans.items()}


def test_it_gives_what_the_exports_give() -> None:
    found = read_source("opencode", Source(str(STORE)))
    exported: dict[str, dict[str, Any]] = {}
    for name in ("export.json", "export-child.json"):
        exported |= _without_lines(read_source("opencode", Source(str(SAMPLES / name))))

    assert _without_lines(found) == exported
    assert found.agents.keys() == {"ses_main", "ses_child"}


def test_packed_or_from_a_pipe_it_is_the_same() -> None:
    plain = read_source("opencode", Source(str(STORE)))
    for content in (STORE.read_bytes(), gzip.compress(STORE.read_bytes())):
        assert recognise(Source("x", content)).id == "opencode"
        assert read_content("opencode", content) == plain


def test_one_in_use_is_read_with_its_journal_and_without_a_trace(tmp_path: Path) -> None:
    path = tmp_path / "opencode.db"
    _made(path, message=[("msg_1", "ses_1", json.dumps(ANSWER))])
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("INSERT INTO message VALUES ('msg_2', 'ses_1', ?)", (json.dumps(ANSWER),))
        writer.commit()
        writer.execute("BEGIN IMMEDIATE")
        before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
        found = read_source("opencode", Source(str(path)))
        packed = read_content("opencode", path.read_bytes())
        assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
        assert read(tmp_path).sources["path"].to_pylist() == [str(path)]

    assert found.spans.keys() == {"msg_1", "msg_2"}
    assert packed.spans.keys() == {"msg_1"}
    assert not found.findings


def test_a_new_one_lies_in_its_journal_wholly(tmp_path: Path) -> None:
    """What the first `opencode run` on a machine leaves behind: a page, and the journal."""
    made, left = tmp_path / "made.db", tmp_path / "opencode.db"
    with closing(sqlite3.connect(made)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.executescript(SCHEMA)
        writer.execute("INSERT INTO message VALUES ('msg_1', 'ses_1', ?)", (json.dumps(ANSWER),))
        writer.commit()
        left.write_bytes(made.read_bytes())
        Path(f"{left}-wal").write_bytes(Path(f"{made}-wal").read_bytes())

    source = Source(str(left))
    assert b"part" not in left.read_bytes()
    assert recognise(source).id == "opencode"
    assert read_source("opencode", source).spans.keys() == {"msg_1"}


def test_a_journal_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = _made(tmp_path / "opencode.db", message=[("msg_1", "ses_1", json.dumps(ANSWER))])
    (tmp_path / "opencode.db-wal").touch()
    monkeypatch.setattr(journal, "_LARGEST_BYTES", 0)
    found = read_source("opencode", source)

    assert found.spans.keys() == {"msg_1"}
    assert found.findings.keys() == {"journal_not_read"}


def test_a_part_without_its_message_is_told_unless_it_is_a_tool(tmp_path: Path) -> None:
    times = {"start": 1772366401000, "end": 1772366402000}
    tool = {"type": "tool", "tool": "bash", "callID": "c", "state": {"status": "completed", "time": times}}
    found = read_source(
        "opencode",
        _made(
            tmp_path / "a.db",
            message=[("msg_5", "ses_1", json.dumps(ANSWER))],
            part=[
                ("prt_1", "msg_1", "ses_1", json.dumps(tool)),
                ("prt_2", "msg_5", "ses_1", json.dumps(tool)),
                ("prt_3", "msg_9", "ses_1", json.dumps({"type": "text"})),
                ("prt_4", "msg_9", "ses_1", "no JSON"),
            ],
        ),
    )

    assert found.spans.keys() == {"msg_5", "part:prt_1", "part:prt_2"}
    assert {code: row["count"] for code, row in found.findings.items()} == {
        "part_alone": 1,
        "broken_document": 1,
    }
    assert found.records == 5


def test_values_of_other_types_cost_their_row(tmp_path: Path) -> None:
    rows = [
        ("msg_1", "ses_1", json.dumps(ANSWER)),
        ("msg_2", b"\xff", b"{}"),
        (7, "ses_1", "[]"),
        (None, 5, "{}"),
    ]
    found = read_source("opencode", _made(tmp_path / "a.db", message=rows))

    assert found.spans.keys() == {"msg_1"}
    assert found.records == 4


ENDLESS = """
CREATE VIEW message AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n)
    SELECT id, 's' AS session_id, '{}' AS data FROM n;
"""
NO_MESSAGES = (
    "CREATE TABLE `event_sequence` (`aggregate_id` text PRIMARY KEY, `seq` integer, `owner_id` text);"
)


@pytest.mark.parametrize("script", [SCHEMA.replace("`message` (", "`other` (") + ENDLESS, NO_MESSAGES])
def test_a_store_that_is_laid_out_otherwise_is_told(tmp_path: Path, script: str) -> None:
    found = read_source("opencode", _made(tmp_path / "a.db", script))

    assert found.findings.keys() == {"store_not_read"}


def test_a_store_of_other_columns_is_told(tmp_path: Path) -> None:
    script = "CREATE TABLE `message` (`id` text); CREATE TABLE `part` (`message_id` text);"
    assert read_source("opencode", _made(tmp_path / "a.db", script)).findings.keys() == {"damaged_database"}


def test_a_new_store_is_recognised_though_its_messages_are_told_of_far_behind(tmp_path: Path) -> None:
    """Each table has its pages where it was made, with the page of the index of its key."""
    columns = ",".join(f"`a_column_of_this_table_{n}` text NOT NULL" for n in range(20))
    before = "".join(f"CREATE TABLE `other{n}` (`id` text PRIMARY KEY, {columns});" for n in range(20))
    table = "CREATE TABLE `project` (`id` text PRIMARY KEY, `worktree` text, `sandboxes` text NOT NULL);"
    source = _made(tmp_path / "a.db", table + before + SCHEMA)

    assert source.head.data.find(b"CREATE TABLE `part`") < 0
    assert recognise(source).id == "opencode"


def test_other_databases_are_refused_by_name(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as made:
        made.execute("CREATE TABLE message (id text, body text)")
        made.commit()
    with pytest.raises(InputError, match="SQLite database"):
        recognise(Source(str(tmp_path / "a.db")))


def test_one_that_is_too_large_to_unpack_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_LARGEST_BYTES", 1000)
    with pytest.raises(InputError, match="packed database"):
        read_content("opencode", STORE.read_bytes())


@pytest.mark.parametrize("store", [STORE, SAMPLES / "opencode-2.db"], ids=["1", "2"])
@pytest.mark.parametrize("seed", range(40))
def test_whatever_is_damaged_is_told_and_nothing_raises(seed: int, store: Path, tmp_path: Path) -> None:
    chance, content = Random(seed), bytearray(store.read_bytes())
    for _ in range(chance.choice((1, 5, 200))):
        content[chance.randrange(100, len(content))] = chance.randrange(256)
    content = content[: chance.choice((len(content), chance.randrange(100, len(content))))]
    (tmp_path / "a.db").write_bytes(content)

    plain = read_source("opencode", Source(str(tmp_path / "a.db")))
    packed = read_content("opencode", bytes(content))

    for found in (plain, packed):
        assert set(found.findings) <= {
            "damaged_database", "broken_document", "field_unusable", "message_without_id", "part_alone",
            "session_without_id", "store_not_read", "unknown_record", "negative_duration", "copied_history",
        }  # fmt: skip
