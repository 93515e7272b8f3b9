"""A trace whose every name tries to be something else than a name."""

import json
from pathlib import Path

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    '"><img src=x onerror=alert(3)>',
    "<!--<script>",
    "\x1b[31mred\x1b[0m\x07",
    "\u202egnirts desrever\u202c",
    "\u2028next\u2029line",
    "' onmouseover='alert(4)",
    "&lt;b&gt;&amp;",
    "$style ${program} {{x}}",
    "javascript:alert(5)",
    "a\x00b",
)
SESSION = '"><script>alert(6)</script>'
IDS = (
    "a&b=c#d%41 e+f",
    "s=1&t=0-1&sel=2",
    "\u65e5\u672c\u00a0\u8a9e",
    "r\u202etl\u202c",
    "nul\x00 \x1b[2J",
    "0b7d2c52-6a0e-4d0f-9a44-1f0a8c1f6d11",
    "x" * 10_000,
)
"""Of sessions: what an address divides at, what nobody sees, and what is too long for any line."""


def write_hostile_trace(path: Path) -> Path:
    """Two sessions; tools, agents, models, errors and ids are all hostile."""
    lines = []
    for session in (SESSION, f"{SESSION} again"):
        at = 1_767_225_600_000_000_000
        for number, name in enumerate(HOSTILE):
            request = {
                "kind": "request",
                "span": f"r{number}{name}",
                "model": name,
                "start": at,
                "end": at + 10**9,
            }
            tool = {
                "kind": "tool",
                "span": f"t{number}{name}",
                "name": name,
                "start": at + 10**9,
                "end": at + 3 * 10**9,
            }
            lines += [
                {**request, "input_tokens": 100 * number, "output_tokens": 5},
                {**tool, "status": "error", "error": name},
            ]
            if number == 3:
                inner = {
                    "span": f"a{name}",
                    "parent": f"t{number}{name}",
                    "start": at + 10**9,
                    "end": at + 2 * 10**9,
                }
                lines.append({"kind": "agent", "name": name, **inner})
                lines.append({**request, **inner, "span": "inner", "parent": f"a{name}"})
            at += 3 * 10**9
        lines = [{"session": session, **line} for line in lines]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def write_ids_trace(path: Path) -> Path:
    """A short session of each id."""
    at = 1_767_225_600_000_000_000
    kinds = ("request", "tool", "request")
    lines = [
        {
            "session": session,
            "span": number,
            "kind": kind,
            "start": at + number * 10**9,
            "end": at + (number + 1) * 10**9,
        }
        for session in IDS
        for number, kind in enumerate(kinds)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path
