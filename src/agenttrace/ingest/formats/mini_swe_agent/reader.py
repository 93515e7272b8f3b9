"""The format as the rest of agenttrace sees it. What reads it is loaded where a file needs it."""

from __future__ import annotations

from typing import Any

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.head import Head
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source

_PROGRAM = "mini-swe-agent"

_BARE = {"role", "content"}


class MiniSweAgent:
    """The reader of one .traj.json file."""

    @property
    def id(self) -> str:
        """The id of the format."""
        return "mini-swe-agent"

    @property
    def facts(self) -> FormatFacts:
        """What it can tell, and what it cannot."""
        return FormatFacts(
            about="trajectories of mini-swe-agent (.traj.json)",
            containers=("JSON document", "JSON list (first versions)"),
            measured=("version 2: end of requests, end of commands", "tokens"),
            derived=("version 2: start of requests and of commands",),
            untold=(
                "versions before 2: all times",
                "start of the first request",
                "waiting for a person, which lies inside commands and requests",
                "queue, prefill and decode: a request is one phase, model",
            ),
        )

    @property
    def companions(self) -> tuple[str, ...]:
        """None."""
        return ()

    def sniff(self, head: Head) -> bool:
        """Whether it names itself, or is a list of nothing but roles and contents that begins with a system."""
        found = head.document
        if isinstance(found, list):
            return _is_bare(found)
        if not isinstance(found, dict):
            return False
        info, named = found.get("info"), found.get("trajectory_format")
        by_name = isinstance(named, str) and named.startswith(_PROGRAM)
        return by_name or (isinstance(info, dict) and "mini_version" in info)

    def read(self, source: Source, recorder: Recorder) -> None:
        """All messages."""
        from agenttrace.ingest.formats.mini_swe_agent.reading import read_trajectory  # noqa: PLC0415

        read_trajectory(source, recorder)


def _is_bare(items: list[Any]) -> bool:
    first = items[:3]
    return (
        len(first) > 1
        and all(isinstance(item, dict) and item.keys() == _BARE for item in first)
        and first[0]["role"] == "system"
        and all(isinstance(item["role"], str) for item in first)
    )
