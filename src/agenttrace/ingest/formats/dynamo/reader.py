"""The format as the rest of agenttrace sees it. What reads a record on each line is loaded where it is needed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from agenttrace.ingest.cycles import cycles_unsought
from agenttrace.ingest.dynamo.records import is_record
from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.head import Head
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.slices import Slice, read_in_slices, slices_of
from agenttrace.ingest.source import DamagedEnd, Source
from agenttrace.model.vocabulary import Severity

if TYPE_CHECKING:
    from agenttrace.ingest.dynamo.request_trace import TraceLeft

_TORN = re.compile(
    rb'\s*\{\s*(?:"timestamp"\s*:\s*[-\d.eE+]+\s*,\s*"event"\s*:\s*\{\s*)?'
    rb'"schema"\s*:\s*"dynamo\.(?:request|agent)\.trace\.v\d'
)
_SCHEMA = b".trace.v"
"""Of the schema's name, in every record and in a torn one."""
_KEYS = ("schema", "event")
"""A record has its schema, or is in an envelope."""

_SNIFFED_LINES = 64


class Dynamo:
    """NVIDIA Dynamo request and agent traces."""

    id = "dynamo"
    companions: tuple[str, ...] = ()
    facts = FormatFacts(
        about="request and agent traces of NVIDIA Dynamo",
        containers=("JSON lines", "gzip (many members)", "zstd", "bare or in the envelope"),
        measured=(
            "queue",
            "prefill",
            "decode",
            "tools (where tool events are on)",
            "cache reads",
            "subagents",
            "workers",
        ),
        derived=(
            "tools from gaps (where tool events are off)",
            "compactions",
            "retries",
            "user waits",
            "joins",
        ),
        untold=("network", "cache writes", "text"),
    )

    def sniff(self, head: Head) -> bool:
        """A line of the head is a record of the schema; records inside other records do not count."""
        if (head.lined and head.keys.isdisjoint(_KEYS)) or _SCHEMA not in head.data:
            return False
        lines = head.data.removeprefix(b"\xef\xbb\xbf").split(b"\n")[:_SNIFFED_LINES]
        return any(map(is_record, lines)) or _TORN.match(lines[-1]) is not None

    def read(self, source: Source, recorder: Recorder) -> None:
        """One span for each request and each tool call; agents and their parents from `agent_context`."""
        read_in_slices(self, source, recorder)

    def slices(self, source: Source) -> Iterator[Slice]:
        """Some lines each."""
        return slices_of(source)

    def read_slice(self, piece: Slice, recorder: Recorder) -> TraceLeft:
        """What is left are chains, and tool calls that do not end."""
        from agenttrace.ingest.dynamo.request_trace import RequestTrace  # noqa: PLC0415
        from agenttrace.ingest.dynamo.shredded.taking import take_records  # noqa: PLC0415

        with cycles_unsought():
            trace = take_records(piece, recorder)
            if trace is None:
                trace = RequestTrace(recorder)
                for number, line in piece.lines():
                    recorder.records += 1
                    trace.add(number, line)
            return trace.leave()

    def settle(
        self, left: Iterable[tuple[TraceLeft, int]], damage: DamagedEnd | None, recorder: Recorder
    ) -> None:
        """Agents, and what they have to do with each other."""
        from agenttrace.ingest.dynamo.request_trace import RequestTrace  # noqa: PLC0415

        trace = RequestTrace(recorder)
        for each, lines_before in left:
            trace.absorb(each, lines_before)
        if damage is not None:
            recorder.finding(
                "truncated_stream",
                Severity.WARNING,
                "the compressed stream ends in the middle: what came before is used",
                line=recorder.records + 1,
            )
        trace.finish()
