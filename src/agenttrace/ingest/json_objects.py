"""The records of an input whatever they are wrapped in: lines, one list, or the pages of an API."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from agenttrace.ingest.head import Head
from agenttrace.ingest.json_values import has_lines, read_values
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.model.vocabulary import Severity

_PEEK, _FEW = 64, 8


class JsonObject(NamedTuple):
    """A record, and its line; None where several stand in one document, and are known by their number."""

    line: int | None
    value: dict[str, Any]


def read_objects(source: Source, recorder: Recorder, wrappers: Sequence[str]) -> Iterator[JsonObject]:
    """Each record. An object that has a list under one of `wrappers` is a page of what that list holds.

    Whoever takes a record counts it in `recorder.records`; what is no object is counted here, with a finding.
    """
    lined, counted = has_lines(source), recorder.records
    for line, value in read_values(source, recorder):
        recorder.records = counted
        for item in _items(value, wrappers):
            if isinstance(item, dict):
                yield JsonObject(line if lined else None, item)
            else:
                what = "a value that is no record: left out"
                recorder.records += 1
                number = line if lined else recorder.records
                recorder.finding("not_a_record", Severity.WARNING, what, line=number)
        counted = recorder.records
    recorder.records = counted


def peeked(head: Head, wrappers: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The first records of an input, for telling what it is; some may be cut off."""
    if head.keys.isdisjoint(wrappers):
        yield from head.items[:_PEEK]
        return
    for value in head.items[:_PEEK]:
        yield from (item for item in _items(value, wrappers)[:_PEEK] if isinstance(item, dict))


def first_peeked(head: Head, wrappers: Sequence[str]) -> list[dict[str, Any]]:
    """The first few of them."""
    return list(islice(peeked(head, wrappers), _FEW))


def pages(value: dict[str, Any], wrappers: Sequence[str]) -> list[Any] | None:
    """What the lists under these names hold; None where there is none. A list of nothing but lists is a table."""
    found = (value.get(name) for name in wrappers)
    lists = [each for each in found if isinstance(each, list) and not _is_table(each)]
    return [item for each in lists for item in each] if lists else None


def _is_table(items: list[Any]) -> bool:
    return isinstance((items or [None])[0], list) and all(isinstance(item, list) for item in items)


def _items(value: Any, wrappers: Sequence[str]) -> list[Any]:
    """One level of lists and one of pages, in either order: some exporters collect the pages in a list."""
    values = value if isinstance(value, list) else [value]
    found: list[Any] = []
    for item in values:
        inner = pages(item, wrappers) if isinstance(item, dict) else None
        found += [item] if inner is None else inner
    return found
