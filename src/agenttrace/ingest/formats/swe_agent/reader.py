"""The format as the rest of agenttrace sees it. What reads it is loaded where a file needs it."""

from __future__ import annotations

from typing import Any

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.head import HEAD_BYTES, Head
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source

_STEP = ({"action", "observation", "thought"}, {"action", "observation", "response"})


class SweAgent:
    """The reader of one .traj file."""

    @property
    def id(self) -> str:
        """The id of the format."""
        return "swe-agent"

    @property
    def facts(self) -> FormatFacts:
        """What it can tell, and what it cannot."""
        return FormatFacts(
            about="trajectories of SWE-agent (.traj): tool times only, without a clock",
            containers=("JSON document",),
            measured=("how long each command ran (`execution_time`)",),
            derived=("the order of requests and commands",),
            untold=(
                "when anything happened: a session is laid out as if its tools were all of its time",
                "lengths and tokens of requests",
                "older trajectories and demonstrations: all times",
            ),
        )

    @property
    def companions(self) -> tuple[str, ...]:
        """None."""
        return ()

    def sniff(self, head: Head) -> bool:
        """Whether it begins as a trajectory or a demonstration does."""
        found = head.document
        if not isinstance(found, dict):
            return False
        attempts = _objects(found.get("attempts"))
        steps = _objects((attempts[0] if attempts else found).get("trajectory"))
        if any(needed <= step.keys() for step in steps[:4] for needed in _STEP):
            return True
        if steps and len(head.data) >= HEAD_BYTES and steps[0].keys() <= _STEP[0]:
            return isinstance(steps[0].get("action"), str)
        said = _objects(found.get("history"))
        return bool(said) and all("role" in item and "content" in item for item in said[:4])

    def read(self, source: Source, recorder: Recorder) -> None:
        """All steps of all attempts."""
        from agenttrace.ingest.formats.swe_agent.reading import read_trajectory  # noqa: PLC0415

        read_trajectory(source, recorder)


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
