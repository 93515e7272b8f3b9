"""OTLP JSON lines of any size: sessions scattered over several files, roots last, as a gateway writes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from agenttrace.samples import sample_bytes
from repeated_traces import SAMPLE, Repeated
from telemetry_forms import batches, documents, json_line

FILES = 6
_BATCH = 100
_MEGABYTE = 10**6
_ROOT = b'"claude_code.interaction"'


def write_scattered(folder: Path, megabytes: float, seed: int, files: int = FILES) -> list[Path]:
    """Sessions of about a thousand spans each, in batches of a hundred; the last file has the roots of all."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number}.jsonl" for number in range(files)]
    lines, repeated = _repeated(seed)
    with ExitStack() as stack:
        outs = [stack.enter_context(path.open("wb")) for path in paths]
        number = size = 0
        while size < megabytes * _MEGABYTE:
            for place, line in _placed(repeated.copy(number), lines, number, files):
                size += outs[place].write(line)
            number += 1
    return paths


def write_alone(path: Path, number: int, seed: int) -> None:
    """One of these sessions by itself, in one file."""
    path.write_bytes(_repeated(seed)[1].copy(number))


def _repeated(seed: int) -> tuple[int, Repeated]:
    """How many lines come before those of roots, and all lines."""
    rest: list[bytes] = []
    roots: list[bytes] = []
    whole = documents(sample_bytes(SAMPLE, seed=seed, format_id="otlp"))
    for signal, resource in batches(whole, 1):
        if signal == "resourceSpans":
            (roots if _ROOT in json_line(signal, resource) else rest).append(json_line(signal, resource))
    return len(list(_joined(rest))), Repeated(b"".join([*_joined(rest), *_joined(roots)]))


def _joined(lines: list[bytes]) -> Iterator[bytes]:
    """Batches of single spans of one resource and scope as larger ones."""
    begin, end = b'"spans":[', b"]}]}]}"
    for start in range(0, len(lines), _BATCH):
        some = lines[start : start + _BATCH]
        head = some[0][: some[0].index(begin) + len(begin)]
        spans = [line[line.index(begin) + len(begin) : -len(end)] for line in some]
        yield head + b",".join(spans) + end + b"\n"


def _placed(content: bytes, before_roots: int, number: int, files: int) -> Iterator[tuple[int, bytes]]:
    for place, line in enumerate(content.splitlines(keepends=True)):
        yield (number + place) % (files - 1) if place < before_roots else files - 1, line
