"""Traces of sessions that wait for their user most of the time."""

import json
from pathlib import Path

BEGIN_NS = 1_767_225_600_000_000_000
MINUTE_NS = 60 * 10**9


def write_pauses_trace(path: Path) -> Path:
    """Two days: ten minutes of work, an hour or two of waiting, over and over."""
    lines, at = [], BEGIN_NS
    for number in range(60):
        kind, minutes = ("request", 10) if number % 2 == 0 else ("user_wait", 60 + number)
        end = at + minutes * MINUTE_NS
        lines.append({"session": "pauses", "span": number, "kind": kind, "start": at, "end": end})
        at = end
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def write_idle_trace(path: Path) -> Path:
    """A minute of work, three hours of waiting, a minute of a tool, a minute of work."""
    kinds = (("request", 1), ("user_wait", 180), ("tool", 1), ("request", 1))
    lines, at = [], BEGIN_NS
    for number, (kind, minutes) in enumerate(kinds):
        end = at + minutes * MINUTE_NS
        lines.append({"session": "idle", "span": number, "kind": kind, "start": at, "end": end})
        at = end
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path
