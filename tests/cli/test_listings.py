"""`agenttrace formats` and `agenttrace schema`."""

import json

import pytest

from agenttrace.ingest.registry import formats
from agenttrace.model.schema import TABLES
from cli.running import call


def test_formats_are_those_that_can_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "formats", "--format", "json")
    listed = json.loads(out)["formats"]
    assert code == 0
    assert {entry["id"] for entry in listed} == {known.id for known in formats()}
    assert all(entry["measured"] for entry in listed)


def test_formats_are_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = call(capsys, "formats")
    assert out.startswith("dynamo: ")
    assert "measured  queue, prefill, decode" in out


def test_the_tables_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "schema")
    assert code == 0
    assert all(f"\n  {table.name}" in out for table in TABLES)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_is_told_column_by_column(table: object, capsys: pytest.CaptureFixture[str]) -> None:
    known = next(each for each in TABLES if each is table)
    _, out, _ = call(capsys, "schema", known.name)
    assert all(f"\n  {column.name}" in out for column in known.columns)
    _, document, _ = call(capsys, "schema", known.name, "--format", "json")
    assert list(json.loads(document)["properties"]) == [column.name for column in known.columns]


def test_all_tables_come_as_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = call(capsys, "schema", "--format", "json")
    assert [table["title"] for table in json.loads(out)["tables"]] == [table.name for table in TABLES]


def test_an_unknown_table_is_answered_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(capsys, "schema", "spanz")
    assert code == 2
    assert err.startswith("error: there is no table spanz\nhint: did you mean spans?\n")
