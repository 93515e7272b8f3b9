"""Formats that other packages bring: found by their entry point, and named when they cannot be loaded."""

from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from agenttrace.errors import UnknownFormatError, UsageError
from agenttrace.ingest import registry
from agenttrace.ingest.source import Source

OFFERED = "agenttrace.ingest.formats.dynamo:DYNAMO"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    registry.formats.cache_clear()
    yield
    registry.formats.cache_clear()


def _offer(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    def entry_points(group: str) -> list[EntryPoint]:
        return [EntryPoint("theirs", value, group)] if group == "agenttrace.formats" else []

    monkeypatch.setattr(registry, "entry_points", entry_points)


def test_an_id_is_of_one_format_only(monkeypatch: pytest.MonkeyPatch) -> None:
    _offer(monkeypatch, OFFERED)

    with pytest.raises(
        UsageError, match="two formats have the id `dynamo`: one of agenttrace itself, one of"
    ):
        registry.formats()


def test_our_own_formats_do_not_depend_on_what_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    own = registry.own_formats()
    _offer(monkeypatch, "no_such_module:FORMAT")

    assert registry.own_formats() == own


def test_a_format_that_cannot_be_loaded_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    _offer(monkeypatch, "no_such_module:FORMAT")

    with pytest.raises(UsageError, match="`theirs` of the package of no_such_module:FORMAT cannot be loaded"):
        registry.formats()


def test_ids_are_of_one_format_each() -> None:
    ids = [known.id for known in registry.formats()]

    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (b"PAR1\x15\x04", "a Parquet file"),
        (b"PK\x03\x04", "a zip archive"),
        (b'{"schemaVersion": 1,\n "traceEvents": [\n {"ph": "X"', "a Chrome trace"),
        (
            b'"bookmarked","id","timestamp","name","sessionId"\n"false","t","2026"',
            "a table of Langfuse's traces",
        ),
        (b'{"schema_version": 1, "command": "noise", "runs": 2}', "what `agenttrace noise` wrote"),
        (
            b'{"schema_version": 1, "command": "diff", "verdict": "regression"}',
            "what `agenttrace diff` printed as JSON",
        ),
        (b'schema_version = 1\nkind = "measured"\nname = "fitted"\n', "a platform"),
        (b'{"agenttrace_dataset": 2, "batches": []}', "the list of a dataset"),
        (b"", "an empty file"),
        (b"{}", "content of no known format"),
    ],
)
def test_what_is_not_read_is_called_by_its_name(head: bytes, what: str) -> None:
    with pytest.raises(UnknownFormatError, match=what):
        registry.recognise(Source("x", head))


def test_kernel_traces_are_refused_as_what_they_are(shared_data: Path) -> None:
    for file in (shared_data / "critical-path" / "hta").rglob("*.json.gz"):
        with pytest.raises(UnknownFormatError, match="a Chrome trace"):
            registry.recognise(Source(str(file)))
