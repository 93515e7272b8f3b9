"""The format: read all records, then make rows of what was collected."""

from __future__ import annotations

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.formats.codex.activity import (
    write_calls,
    write_compactions,
    write_pauses,
    write_reviews,
)
from agenttrace.ingest.formats.codex.answers import write_answers
from agenttrace.ingest.formats.codex.collected import Rollout
from agenttrace.ingest.formats.codex.collecting import Collector
from agenttrace.ingest.formats.codex.lanes import write_lanes
from agenttrace.ingest.formats.codex.lines import read_records
from agenttrace.ingest.formats.codex.sniffing import is_rollout
from agenttrace.ingest.formats.codex.work import begin_work
from agenttrace.ingest.head import Head
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source


class Codex:
    """The reader of one rollout: a thread, or a part of one."""

    @property
    def id(self) -> str:
        """The id of the format."""
        return "codex"

    @property
    def facts(self) -> FormatFacts:
        """What it can tell, and what it cannot."""
        return FormatFacts(
            about="rollouts of Codex: a file a thread, or the folder of sessions",
            containers=("JSON lines",),
            measured=(
                "end of requests that call no tool",
                "tokens",
                "cache reads",
                "tools that state a length",
                "turns",
                "compactions",
                "time to first token of the first request of a turn, where it is told",
            ),
            derived=(
                "requests, from changes of the sum of tokens",
                "start of requests",
                "tools from call to result",
                "waits for the user and for approvals",
                "subagents and joins",
                "copied history of forks, which is left out",
            ),
            untold=("queue and prefill", "retries", "requests of reviews"),
        )

    @property
    def companions(self) -> tuple[str, ...]:
        """Files beside the rollouts that are none."""
        return ("session_index.jsonl",)

    def sniff(self, head: Head) -> bool:
        """Whether the head holds records of a rollout."""
        return is_rollout(head)

    def read(self, source: Source, recorder: Recorder) -> None:
        """Everything of one file."""
        collector = Collector(recorder)
        for record in read_records(source, recorder):
            collector.take(record)
        for rollout in collector.finish():
            _write(rollout, recorder)


def _write(rollout: Rollout, recorder: Recorder) -> None:
    work = begin_work(rollout, recorder)
    write_answers(work)
    write_calls(work)
    write_compactions(work)
    write_reviews(work)
    write_pauses(work)
    write_lanes(rollout, recorder)
