"""The files of one session: all of their lines are read, then rows are made of what was collected."""

from __future__ import annotations

from agenttrace.ingest.cycles import cycles_unsought
from agenttrace.ingest.formats.claude_code.agents import write_agents
from agenttrace.ingest.formats.claude_code.attempts import stop_answers, write_attempts
from agenttrace.ingest.formats.claude_code.background import write_background
from agenttrace.ingest.formats.claude_code.calls import write_calls
from agenttrace.ingest.formats.claude_code.causes import Walker
from agenttrace.ingest.formats.claude_code.collecting import Collector
from agenttrace.ingest.formats.claude_code.compactions import name_compactions, write_compactions
from agenttrace.ingest.formats.claude_code.dialogues import write_dialogues
from agenttrace.ingest.formats.claude_code.gathering import Gathering
from agenttrace.ingest.formats.claude_code.hooks import write_hooks
from agenttrace.ingest.formats.claude_code.lines import read_records
from agenttrace.ingest.formats.claude_code.pauses import write_pauses
from agenttrace.ingest.formats.claude_code.requests import write_requests
from agenttrace.ingest.formats.claude_code.sessions import write_sessions
from agenttrace.ingest.formats.claude_code.tools import settle_tools
from agenttrace.ingest.formats.claude_code.work import Work
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source


class Session:
    """The files of one session, read together."""

    def __init__(self, *, complete: bool = True) -> None:
        """None of them yet; `complete` if all that there are will be added."""
        self._complete = complete
        self._gathering = Gathering()
        self._sources: list[Source] = []

    @property
    def keys(self) -> set[str]:
        """The ids of the sessions that the files tell of; more than one where a session was resumed."""
        return self._gathering.sessions

    def add(self, source: Source) -> None:
        """One more file of it."""
        self.add_to(source, Recorder())

    def add_to(self, source: Source, recorder: Recorder) -> None:
        """The same, with a recorder for its rows."""
        source.open().close()
        collector = Collector(self._gathering, recorder, source)
        self._sources.append(source)
        with cycles_unsought():
            for first, records in read_records(source, recorder):
                collector.take(first, records)
        collector.finish()

    def finish(self) -> list[Recorder]:
        """The rows, in a recorder for each file, in the order in which they were added.

        Files that give one record at different times are of different runs: each is read alone, so that
        assembly can tell the runs apart.
        """
        if self._gathering.conflicts > 0:
            return [_read_alone(source) for source in self._sources]
        transcript, recorders = self._gathering.settle(), self._gathering.recorders
        with cycles_unsought():
            walker, compaction_keys = Walker(transcript), name_compactions(transcript)
            _write_rows(Work(transcript, recorders, walker, compaction_keys, self._complete))
        write_agents(transcript, self._sources, recorders)
        write_sessions(transcript, recorders)
        return recorders.all


def _read_alone(source: Source) -> Recorder:
    session = Session(complete=False)
    session.add(source)
    (recorder,) = session.finish()
    return recorder


def _write_rows(work: Work) -> None:
    """Spans, marks and links; what comes later builds on the bounds that came before."""
    stop_answers(work)
    settle_tools(work.transcript, work.recorders)
    boundaries = write_compactions(work)
    write_attempts(work)
    write_requests(work, boundaries)
    write_calls(work)
    write_dialogues(work)
    write_pauses(work)
    write_background(work)
    write_hooks(work)
    work.rows.hand_over(work.recorders)
