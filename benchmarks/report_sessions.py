"""Sessions for the report's benchmark: one of any number of spans, and any number of small ones."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BEGIN_NS = 1_767_225_600_000_000_000
TOOLS = ("Bash", "Grep", "Read", "Edit", "WebFetch")
Line = dict[str, Any]


def write_large_session(path: Path, spans: int, seed: int) -> None:
    """A main agent that asks 40 subagents, group after group, all of them with requests and tool calls."""
    rng = random.Random(seed)
    subagents = 40
    steps = max(2, spans // (2 * (subagents + 1)))
    lines: list[Line] = []
    now = group_from = BEGIN_NS
    for number in range(subagents):
        if number % 5 == 0:
            now = _steps(rng, lines, "main", now, steps // 8)
            group_from = now
        call = f"spawn-{number}"
        end = _subagent(rng, lines, number, call, group_from + number % 5 * 10**9, steps)
        now = max(now, end)
    _steps(rng, lines, "main", now + 10**8, steps // 8)
    _write(path, [{**line, "session": "large"} for line in lines])


def _subagent(rng: random.Random, lines: list[Line], number: int, call: str, start: int, steps: int) -> int:
    own: list[Line] = []
    end = _steps(rng, own, f"a{number}", start + 10**7, steps)
    lines.append(_line("tool", "Agent", start, end + 10**7, span=call))
    lines.append(
        _line("agent", f"worker-{number}", start + 10**6, end + 10**6, span=f"a{number}", parent=call)
    )
    lines += [{**line, "parent": f"a{number}"} for line in own]
    return end + 10**7


def _steps(rng: random.Random, lines: list[Line], who: str, now: int, steps: int) -> int:
    for step in range(steps):
        took = int(rng.lognormvariate(21, 0.8))
        tokens = 4000 + 300 * step
        request = _line("request", None, now, now + took, span=f"{who}-r{step}", model="model-l")
        lines.append({**request, "input_tokens": tokens, "output_tokens": 200, "prefill_ns": took // 4})
        now += took + 10**6
        took = int(rng.lognormvariate(20, 1.2))
        lines.append(_line("tool", rng.choice(TOOLS), now, now + took, span=f"{who}-t{step}"))
        now += took + 10**6
    return now


def _line(kind: str, name: str | None, start: int, end: int, **facts: object) -> Line:
    return {"kind": kind, "start": start, "end": end, **({"name": name} if name else {}), **facts}


def write_many_sessions(path: Path, sessions: int, seed: int) -> None:
    """Sessions of about forty spans, no two alike."""
    rng = random.Random(seed)
    with path.open("w", encoding="utf-8") as file:
        for number in range(sessions):
            lines: list[Line] = []
            _steps(rng, lines, "main", BEGIN_NS + number * 10**11, rng.randint(8, 30))
            file.writelines(_text({**line, "session": f"session-{number:06}"}) for line in lines)


def _write(path: Path, lines: list[Line]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(_texts(lines))


def _texts(lines: list[Line]) -> Iterator[str]:
    return (_text(line) for line in lines)


def _text(line: Line) -> str:
    return json.dumps(line) + "\n"
