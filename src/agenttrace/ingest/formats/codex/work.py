"""What the modules that write rows share: the thread, the recorder, the keys."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from agenttrace.ingest.formats.codex.collected import Rollout, Run
from agenttrace.ingest.recorder import Recorder
from agenttrace.model.vocabulary import Evidence, LinkKind


@dataclass(frozen=True, slots=True)
class Work:
    """One thread in the making. `lost`: output at the end of the file that may belong to a request."""

    rollout: Rollout
    recorder: Recorder
    lost: Run | None = None

    @property
    def lane(self) -> str:
        """The key of the thread's lane."""
        return self.rollout.thread.id

    def span(self, **values: object) -> None:
        """A span of this thread."""
        self.recorder.span(session_key=self.rollout.thread.session_key, agent_key=self.lane, **values)

    def link(self, from_key: str, to_key: str, kind: LinkKind, rule: str, at_ns: int | None = None) -> None:
        """A dependency that the records state."""
        self.recorder.link(
            session_key=self.rollout.thread.session_key,
            from_key=from_key,
            to_key=to_key,
            kind=kind.value,
            rule=rule,
            at_ns=at_ns,
            explicit=True,
        )

    def mark(self, key: str, kind: str, t_ns: int, refers_to: str | None = None) -> None:
        """An instant in a span, at which a record was written."""
        self.recorder.mark(
            session_key=self.rollout.thread.session_key,
            span_key=key,
            kind=kind,
            t_ns=t_ns,
            evidence=Evidence.MEASURED.value,
            refers_to_key=refers_to,
        )


def begin_work(rollout: Rollout, recorder: Recorder) -> Work:
    """Names all spans. Keys are the same in a file that holds only the beginning of another one."""
    thread = rollout.thread.id
    used: Counter[str] = Counter()
    for run in rollout.runs:
        run.key = _numbered(used, f"{thread}:answer:{run.first_ns}")
    for compaction in rollout.compactions:
        compaction.key = _numbered(used, f"{thread}:compaction:{compaction.end_ns}")
    for call in rollout.calls.values():
        call.key = f"{thread}:tool:{call.id}"
    last = rollout.runs[-1] if rollout.runs else None
    lost = last is not None and not (last.counted or rollout.finished) and rollout.counts_tokens
    return Work(rollout, recorder, last if lost else None)


def _numbered(used: Counter[str], key: str) -> str:
    used[key] += 1
    return key if used[key] == 1 else f"{key}#{used[key]}"
