"""Where what a message tells belongs, and its bounds as spans have them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agenttrace.ingest.formats.opencode.sessions import session_key
from agenttrace.ingest.record_fields import FieldReader
from agenttrace.model.vocabulary import Evidence, LinkKind, Severity


@dataclass(frozen=True, slots=True)
class Place:
    """A session, and the prompt that is being answered in it."""

    reader: FieldReader
    session_id: str
    parent_key: str | None

    @property
    def keys(self) -> dict[str, str | None]:
        """Keys of its session, its lane, and what it hangs in."""
        return {
            "session_key": session_key(self.session_id),
            "agent_key": self.session_id,
            "parent_key": self.parent_key,
        }

    def bounds(
        self, start_ns: int | None, end_ns: int | None, evidence: Evidence, line: int
    ) -> dict[str, Any]:
        """Bounds with this evidence; an end before its start is taken as that."""
        if start_ns is not None and end_ns is not None and end_ns < start_ns:
            what = "something that ended before it began: taken as of no length"
            self.reader.recorder.finding("negative_duration", Severity.WARNING, what, line=line)
            end_ns = start_ns
        return {
            "start_ns": start_ns,
            "end_ns": end_ns,
            "start_evidence": Evidence.UNKNOWN if start_ns is None else evidence,
            "end_evidence": Evidence.UNKNOWN if end_ns is None else evidence,
        }

    def feeds(self, source: str, target: str, rule: str, at_ns: int | None) -> None:
        """What the first gave, the second was waiting for."""
        self.reader.recorder.link(
            session_key=session_key(self.session_id),
            from_key=source,
            to_key=target,
            kind=LinkKind.FEEDS,
            explicit=True,
            rule=rule,
            at_ns=at_ns,
        )
