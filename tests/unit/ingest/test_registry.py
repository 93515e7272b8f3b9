"""Formats that other packages bring: found by their entry point, and named when they cannot be loaded."""

from collections.abc import Iterator
from importlib.metadata import EntryPoint

import pytest

from agenttrace.errors import UsageError
from agenttrace.ingest import registry

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


def test_a_format_of_another_package_is_one_of_the_formats(monkeypatch: pytest.MonkeyPatch) -> None:
    own = registry.formats()
    registry.formats.cache_clear()
    _offer(monkeypatch, OFFERED)

    assert [known.id for known in registry.formats()] == [*(known.id for known in own), "dynamo"]


def test_a_format_that_cannot_be_loaded_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    _offer(monkeypatch, "no_such_module:FORMAT")

    with pytest.raises(UsageError, match="`theirs` of an installed package cannot be loaded"):
        registry.formats()


def test_ids_are_of_one_format_each() -> None:
    ids = [known.id for known in registry.formats()]

    assert len(set(ids)) == len(ids)
