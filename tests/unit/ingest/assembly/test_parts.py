"""A part of several sources holds what one part for each of them would."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.ingest import laying
from agenttrace.ingest.assembly.frames import Frames, together
from agenttrace.ingest.assembly.parts import Part, part_of, part_without_rows, without_told
from agenttrace.ingest.laying import Laying, Place
from agenttrace.ingest.raw import RawTrace
from agenttrace.ingest.recorder import Recorder
from agenttrace.model.vocabulary import Severity

_MODELS = (None, "m-1", "m-2")
_STATUSES = (None, "ok", "error")

Drawn = tuple[int, int, int]
"""The number of a session, of a model and of a status."""


def recorded(rows: Sequence[Drawn]) -> RawTrace:
    """A span, an agent, a mark and an edge for each; a finding where there are any."""
    recorder = Recorder()
    for line, (session, model, status) in enumerate(rows, 1):
        key = f"s{session}"
        recorder.span(
            session_key=key, span_key=f"{key}-{line}", kind="request", purpose="turn", line=line,
            start_ns=line, end_ns=2 * line, start_evidence="measured", end_evidence="measured",
            model=_MODELS[model], status=_STATUSES[status],
        )  # fmt: skip
        recorder.agent(session_key=key, agent_key=key, name=_MODELS[model])
        recorder.mark(
            session_key=key, span_key=f"{key}-{line}", kind="first_block", t_ns=line, evidence="measured"
        )
        recorder.same_session(key, f"s{session + 1}")
        recorder.records += 1
    if rows:
        recorder.finding("a_code", Severity.INFO, "what there was", line=1, count=len(rows))
        recorder.dialect("some")
    return recorder.trace()


def rows_of(parts: Sequence[Part]) -> Frames:
    return together([frames for part in parts for frames in part.frames()])


_SOURCES = st.lists(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 2)), max_size=5),
    min_size=1,
    max_size=5,
)


@given(_SOURCES)
def test_rows_are_those_of_each_source(drawn: list[list[Drawn]]) -> None:
    origins = [10 * number + 3 for number in range(len(drawn))]
    alone = [part_of([recorded(rows)]).placed([origin]) for rows, origin in zip(drawn, origins, strict=True)]

    whole = part_of([recorded(rows) for rows in drawn]).placed(origins)

    expected, found = rows_of(alone).items(), rows_of([whole]).items()
    for name, frame in found.items():
        assert frame.equals(expected[name]), name
        assert frame.schema == expected[name].schema
    assert whole.told == tuple(part.told[0] for part in alone)


@given(_SOURCES)
def test_notes_are_those_of_all_sources(drawn: list[list[Drawn]]) -> None:
    alone = [part_of([recorded(rows)]).notes for rows in drawn]

    notes = part_of([recorded(rows) for rows in drawn]).notes

    for key in {key for each in alone for key in each.spans}:
        assert notes.spans[key] == sum(each.spans[key] for each in alone)
    assert notes.strong == frozenset().union(*(each.strong for each in alone))
    assert notes.others == frozenset().union(*(each.others for each in alone))
    assert notes.ids.sort().equals(pl.concat([each.ids for each in alone]).sort())


def test_what_is_told_goes_with_the_rows_or_without_them() -> None:
    part = part_of([recorded([(0, 0, 0)]), recorded([])])

    assert [told.records for told in part.told] == [1, 0]
    assert part_without_rows(part.told[0]).rows is None
    assert list(part_without_rows(part.told[0]).frames()) == []
    assert [(told.records, told.findings) for told in without_told(part).told] == [(0, ()), (0, ())]


def test_lines_of_findings_count_as_those_of_rows() -> None:
    placed = part_of([recorded([(0, 0, 0)])]).placed([4], 100)

    assert placed.told[0].findings[0].line == 101
    assert next(placed.frames()).spans.select("origin", "line").rows() == [(4, 101)]


def test_a_part_is_of_as_many_sources_as_are_small_together(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(laying, "_PART_ROWS", 3)
    sizes = {7: 1, 8: 1, 9: 2, 12: 5, 13: 0, 14: 1}
    raws = ((number, recorded([(0, 0, 0)] * size)) for number, size in sizes.items())

    found = list(Laying(Place(None, str(tmp_path), 0)).laid_together(raws))

    assert [each.numbers for each in found] == [(7, 8, 9), (12,), (13, 14)]
    assert [len(each.part.told) for each in found] == [3, 1, 2]
