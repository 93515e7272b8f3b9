"""What the modules that make rows share: the transcript, the walker, the rows, who answers to what."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from agenttrace.ingest.formats.claude_code.causes import Cause, Walker
from agenttrace.ingest.formats.claude_code.collected import Node, Role, Transcript
from agenttrace.ingest.formats.claude_code.rows import Link, Rows
from agenttrace.ingest.recorder import Recorder
from agenttrace.model.vocabulary import LinkKind


@dataclass(slots=True)
class Work:
    """One file in the making.

    `asked`: for each prompt (uuid), what began because of it. `told`: for each task in the background,
    what was told of its end, with the instant of the telling.
    """

    transcript: Transcript
    recorder: Recorder
    walker: Walker
    compaction_keys: dict[str, str]
    rows: Rows = field(default_factory=Rows)
    asked: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    told: dict[str, list[tuple[int, str, str]]] = field(default_factory=lambda: defaultdict(list))

    def depend(self, session_key: str, key: str, cause: Cause) -> None:
        """`key` waited for all that its cause names."""
        for tool in cause.tools:
            self._link(session_key, tool.key, key, LinkKind.FEEDS, "tool_result")
            result = self.transcript.results[tool.id]
            if result.awaited_task:
                self.told[result.awaited_task].append((result.t_ns, key, "task-output"))
        for node in cause.notices:
            if node.about:
                self.told[node.about].append((node.t_ns, key, "task-notification"))
        if cause.end is not None:
            self._depend_on_end(session_key, key, cause.end)

    def _depend_on_end(self, session_key: str, key: str, end: Node) -> None:
        if end.role is Role.FAILURE:
            self._link(session_key, attempt_key(end.uuid), key, LinkKind.RETRIES, "api_error")
        elif end.role in {Role.PROMPT, Role.COMMAND}:
            self.asked[end.uuid].append(key)
        elif end.role in {Role.SUMMARY, Role.BOUNDARY}:
            compaction = self.compaction_keys.get(end.uuid) or self.compaction_keys.get(end.parent or "")
            if compaction is not None:
                self.continue_from(session_key, compaction, key)

    def continue_from(self, session_key: str, compaction_key: str, key: str) -> None:
        """`key` is the first that goes on with the summary."""
        self._link(session_key, compaction_key, key, LinkKind.CONTINUES, "compact_boundary")

    def _link(self, session_key: str, source: str, target: str, kind: LinkKind, rule: str) -> None:
        self.rows.links.append(
            Link(session_key=session_key, from_key=source, to_key=target, kind=kind, rule=rule)
        )


def attempt_key(uuid: str) -> str:
    """The key of an attempt that left no answer."""
    return f"attempt:{uuid}"
