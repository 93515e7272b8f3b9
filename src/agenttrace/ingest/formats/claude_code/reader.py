"""The format: read all lines, then make rows of what was collected."""

from __future__ import annotations

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.formats.claude_code.agents import write_agents
from agenttrace.ingest.formats.claude_code.attempts import stop_answers, write_attempts
from agenttrace.ingest.formats.claude_code.background import write_background
from agenttrace.ingest.formats.claude_code.calls import write_calls
from agenttrace.ingest.formats.claude_code.causes import Walker
from agenttrace.ingest.formats.claude_code.collected import Transcript
from agenttrace.ingest.formats.claude_code.collecting import Collector
from agenttrace.ingest.formats.claude_code.compactions import name_compactions, write_compactions
from agenttrace.ingest.formats.claude_code.dialogues import write_dialogues
from agenttrace.ingest.formats.claude_code.hooks import write_hooks
from agenttrace.ingest.formats.claude_code.lines import read_records
from agenttrace.ingest.formats.claude_code.pauses import write_pauses
from agenttrace.ingest.formats.claude_code.requests import write_requests
from agenttrace.ingest.formats.claude_code.sessions import write_sessions
from agenttrace.ingest.formats.claude_code.sniffing import is_transcript
from agenttrace.ingest.formats.claude_code.tools import settle_tools
from agenttrace.ingest.formats.claude_code.work import Work
from agenttrace.ingest.head import Head
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source


class ClaudeCode:
    """The reader of one transcript file, whatever part of a session it holds."""

    @property
    def id(self) -> str:
        """The id of the format."""
        return "claude-code"

    @property
    def facts(self) -> FormatFacts:
        """What it can tell, and what it cannot."""
        return FormatFacts(
            about="transcripts of Claude Code: a file, or a project folder",
            containers=("JSON lines",),
            measured=(
                "end of requests",
                "tools that state a duration",
                "subagents",
                "compactions",
                "retries",
                "cache reads",
            ),
            derived=("start of requests", "tools from call to result", "user and permission waits", "joins"),
            untold=("queue, prefill and decode: a request is one phase, model",),
        )

    @property
    def companions(self) -> tuple[str, ...]:
        """Files of the project folder that are no transcripts."""
        titles = ("custom-title.json", "sent-prefix.json", "precompact.json")
        return ("*.meta.json", "journal.jsonl", "wf_*.json", *titles)

    def sniff(self, head: Head) -> bool:
        """Whether the head holds a transcript's records."""
        return is_transcript(head.data)

    def read(self, source: Source, recorder: Recorder) -> None:
        """Everything of one file."""
        collector = Collector(recorder)
        take = collector.take
        for line, record in read_records(source, recorder):
            take(line, record)
        transcript = collector.finish()
        _write_rows(transcript, recorder)
        write_agents(transcript, source, recorder)
        write_sessions(transcript, recorder)


def _write_rows(transcript: Transcript, recorder: Recorder) -> None:
    """Spans, marks and links; what comes later builds on the bounds that came before."""
    work = Work(transcript, recorder, Walker(transcript), name_compactions(transcript))
    stop_answers(work)
    settle_tools(transcript, recorder)
    boundaries = write_compactions(work)
    write_attempts(work)
    write_requests(work, boundaries)
    write_calls(work)
    write_dialogues(work)
    write_pauses(work)
    write_background(work)
    write_hooks(work)
    work.rows.hand_over(recorder)
