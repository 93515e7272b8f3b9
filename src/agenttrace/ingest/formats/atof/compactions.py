"""Compactions that a harness marks: before one and after it, or once."""

from __future__ import annotations

from dataclasses import dataclass

from agenttrace.ingest import fields
from agenttrace.ingest.formats.atof.events import Event
from agenttrace.ingest.formats.atof.rows import span_key
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.stretches import Stretch
from agenttrace.model.vocabulary import Evidence, Purpose, SpanKind

COMPACTION = "compaction"


@dataclass(frozen=True, slots=True)
class Note:
    """A mark: which hook made it, if it says so."""

    t_ns: int
    line: int
    uuid: str
    parent: str | None
    hook: str


def note_of(event: Event) -> Note | None:
    """None where the mark has no time."""
    if event.t_ns is None:
        return None
    hook = event.part("data").get("hook_event_name") or event.note("hook_event_name")
    name = (fields.text(hook) or "").lower().replace("_", "")
    return Note(event.t_ns, event.line, event.uuid, event.parent, name)


def write_compactions(notes: list[Note], recorder: Recorder) -> None:
    """A span from each mark before a compaction to the one after it in the same scope; one of no length else."""
    waiting: dict[str | None, Note] = {}
    for note in sorted(notes, key=lambda note: (note.t_ns, note.uuid)):
        before = waiting.pop(note.parent, None)
        if note.hook.startswith("pre"):
            waiting[note.parent] = note
            if before is not None:
                _write(before, before.t_ns, Evidence.BOUNDED, recorder)
        elif before is not None:
            _write(before, note.t_ns, Evidence.MEASURED, recorder)
        else:
            _write(note, note.t_ns, Evidence.BOUNDED, recorder)
    for note in waiting.values():
        _write(note, note.t_ns, Evidence.BOUNDED, recorder)


def _write(note: Note, end_ns: int, evidence: Evidence, recorder: Recorder) -> None:
    Stretch(
        session_key=f"atof:{note.parent or note.uuid}",
        key=span_key(note.uuid),
        kind=SpanKind.COMPACTION,
        line=note.line,
        parent_key=span_key(note.parent) if note.parent else None,
        purpose=Purpose.COMPACTION,
        start_ns=note.t_ns,
        end_ns=end_ns,
        start_evidence=evidence,
        end_evidence=evidence,
    ).record(recorder)
