"""Parts on disk are given out by bucket: those of one bucket where they lie, the others taken apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from agenttrace.ingest.assembly import store
from agenttrace.ingest.assembly.frames import Frames
from agenttrace.ingest.assembly.parts import part_of
from agenttrace.ingest.assembly.rows import Rows
from agenttrace.ingest.assembly.store import RawStore
from agenttrace.ingest.recorder import Recorder
from agenttrace.workers.engine import InThisProcess


def recorded(*sessions: str, marks: str | None = None) -> Recorder:
    """A span on line 1, 2 and so on of each session; and a mark of another one."""
    recorder = Recorder()
    for line, name in enumerate(sessions, 1):
        recorder.span(
            session_key=name, span_key=f"{name}-{line}", kind="request", purpose="turn", line=line,
            start_ns=1, end_ns=2, start_evidence="measured", end_evidence="measured",
        )  # fmt: skip
    if marks:
        recorder.mark(session_key=marks, span_key="m", kind="first_token", t_ns=1, evidence="measured")
    return recorder


def buckets(monkeypatch: pytest.MonkeyPatch, *recorders: Recorder) -> list[Rows]:
    """Of a bucket for each session, the parts 100 lines apart and of sources 0, 1 and so on."""
    monkeypatch.setattr(store, "BUCKET_ROWS", 1)
    monkeypatch.setattr(store, "FEW_ROWS", 0)
    raw = RawStore(memory_bytes=0)
    for number, recorder in enumerate(recorders):
        raw.add(part_of([recorder.trace()]).placed([number], 100 * number))
    return raw.buckets(InThisProcess())


def spans(frames: Frames) -> list[tuple[int, int, str]]:
    return frames.spans.select("origin", "line", "span_key").rows()


def files(rows: Rows) -> list[str]:
    assert not isinstance(rows.held, Frames)
    return [Path(place.path).name for place in rows.held]


def test_a_part_of_one_bucket_stays_where_it_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = buckets(monkeypatch, recorded("a", "a"), recorded("b"), recorded("b", "a"))

    assert files(first) == ["rows-0", "scattered-0"]
    assert files(second) == ["rows-1", "scattered-0"]
    assert spans(first.frames()) == [(0, 1, "a-1"), (0, 2, "a-2"), (2, 202, "a-2")]
    assert spans(second.frames()) == [(1, 101, "b-1"), (2, 201, "b-1")]


def test_a_mark_of_another_session_goes_to_its_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = buckets(monkeypatch, recorded("a", marks="b"), recorded("b"))

    assert first.frames().marks.is_empty()
    assert second.frames().marks.get_column("session_key").to_list() == ["b"]


def test_rows_of_no_session_are_in_no_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = buckets(monkeypatch, recorded("a", marks="c"), recorded("b"), recorded(marks="c"))

    assert first.frames().marks.is_empty()
    assert second.frames().marks.is_empty()
    assert files(second) == ["rows-1"]


def test_parts_keep_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = buckets(monkeypatch, recorded("a", "b"), recorded("a"), recorded("b", "a"), recorded("a"))

    assert [origin for origin, _, _ in spans(first.frames())] == [0, 1, 2, 3]
