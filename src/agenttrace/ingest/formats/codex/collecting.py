"""Sorts the records of a file into threads; most files hold one."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from agenttrace.ingest.formats.codex.collected import Rollout
from agenttrace.ingest.formats.codex.lines import EVENT, META, Record
from agenttrace.ingest.formats.codex.replay import Replay
from agenttrace.ingest.formats.codex.telling import Telling
from agenttrace.ingest.formats.codex.threads import Thread, read_thread
from agenttrace.ingest.recorder import Recorder
from agenttrace.model.vocabulary import Severity

_VERSION = re.compile(r"\d+\.\d+\.\d+[0-9A-Za-z.-]*")


class Collector:
    """Takes the records of a file, in their order."""

    def __init__(self, recorder: Recorder) -> None:
        """Nothing taken yet."""
        self._recorder = recorder
        self._telling: Telling | None = None
        self._replay: Replay | None = None
        self._repeated: Counter[str] = Counter()
        self._repeated_line: int | None = None
        self.rollouts: list[Rollout] = []

    def take(self, record: Record) -> None:
        """One record."""
        if self._telling is None or self._replay is None:
            self._start(record)
            return
        if record.kind == META and self._is_own(record.body, self._telling.rollout):
            return
        if self._replay.repeats(record):
            self._repeated[record.kind] += 1
            self._repeated_line = self._repeated_line or record.line
            self._telling.inherit(record)
        elif record.kind == META:
            self._start(record)
        else:
            self._telling.take(record)

    def finish(self) -> list[Rollout]:
        """All threads, complete."""
        if self._telling is not None:
            self._telling.finish()
        if self._repeated:
            counts = self._repeated[f"{EVENT}/token_count"]
            what = (
                f"history that was copied from another thread, {counts} counts of tokens among it: left out"
            )
            self._recorder.finding(
                "copied_history",
                Severity.INFO,
                what,
                line=self._repeated_line,
                count=self._repeated.total(),
            )
        return self.rollouts

    def _start(self, record: Record) -> None:
        if self._telling is not None:
            self._telling.finish()
        thread = read_thread(record.body) if record.kind == META else None
        rollout = Rollout(thread or Thread(f"from {record.t_ns}"), truncated=thread is None)
        self.rollouts.append(rollout)
        self._telling, self._replay = Telling(rollout, self._recorder), Replay(rollout.thread)
        if thread is None:
            what = "the first record says nothing of its thread: the beginning is missing"
            self._recorder.finding("thread_unknown", Severity.WARNING, what, line=record.line)
        if record.kind == META:
            self._note_version(record.body)
        else:
            self._telling.take(record)

    def _is_own(self, body: dict[str, Any], rollout: Rollout) -> bool:
        """Whether a resume repeats who the thread is, or says it at last."""
        thread = read_thread(body)
        if thread is None or (thread.id != rollout.thread.id and not rollout.truncated):
            return False
        if thread.id != rollout.thread.id:
            rollout.thread = thread
        rollout.truncated = False
        self._note_version(body)
        return True

    def _note_version(self, body: dict[str, Any]) -> None:
        version = body.get("cli_version")
        if isinstance(version, str) and _VERSION.fullmatch(version):
            self._recorder.dialect(version)
