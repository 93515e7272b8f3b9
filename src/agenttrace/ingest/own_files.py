"""What agenttrace itself wrote, given to it as a trace: said to be that, with the command that takes it."""

from __future__ import annotations

import re
from collections.abc import Callable

from agenttrace.ingest.head import Head
from agenttrace.ingest.refusal import Refusal

BASELINE_KEY = b"agenttrace.baseline"
"""The key of the metadata of a saved baseline."""

_TRACES = "give the traces that it was made of"
_BASELINE = Refusal(
    "a baseline that `agenttrace diff --save-baseline` wrote: summaries of sessions, no trace",
    "`agenttrace diff FILE CANDIDATE` takes it",
)
_NOISE = Refusal("what `agenttrace noise` wrote", "`agenttrace diff --noise FILE` takes it")
_PLATFORM = Refusal(
    "a platform, for example of `agenttrace fit`", "`agenttrace replay --platform FILE` takes it"
)
_LINES = Refusal("what `agenttrace analyze --format jsonl` printed", _TRACES)
_PAGE = Refusal("a report of agenttrace, to be opened in a browser", _TRACES)
_MANIFEST = Refusal("the list of a dataset that `agenttrace ingest` made", "name the folder that it lies in")

_GENERATOR = b'<meta name="generator" content="agenttrace '
_KIND = re.compile(rb'^kind = "(?:measured|modelled)"', re.MULTILINE)
_LINE_KEYS = {"session_id", "source_id", "format", "source", "wall_ns", "active_ns"}


def own_file(head: Head) -> Refusal | None:
    """Which of our own files begins so, if it is one."""
    if head.data.startswith(b"PAR1"):
        return _BASELINE if BASELINE_KEY in head.footer else None
    if head.data.startswith((b"{", b"[")):
        return _own_json(head)
    return next((what for is_it, what in _TEXTS if is_it(head.data)), None)


def _own_json(head: Head) -> Refusal | None:
    found = head.document
    if not isinstance(found, dict):
        return None
    if "agenttrace_dataset" in found:
        return _MANIFEST
    if found.keys() >= _LINE_KEYS:
        return _LINES
    command = found.get("command")
    if not isinstance(found.get("schema_version"), int) or command not in _COMMANDS:
        return None
    return _NOISE if command == "noise" else Refusal(f"what `agenttrace {command}` printed as JSON", _TRACES)


_COMMANDS = ("analyze", "diff", "doctor", "fit", "noise", "replay")
_TEXTS: tuple[tuple[Callable[[bytes], bool], Refusal], ...] = (
    (lambda data: _GENERATOR in data[:4096], _PAGE),
    (lambda data: b"schema_version" in data and _KIND.search(data) is not None, _PLATFORM),
)
