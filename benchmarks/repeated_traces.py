"""Traces of any size: a sample over and over, with other ids and, in a folder, in other files each time."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from random import Random

from agenttrace.samples import sample_bytes
from telemetry_forms import batches, documents, framed, json_line, to_protobuf

SAMPLE = "claude-code-33min"
FORMATS = ("dynamo", "claude-code", "otlp", "otlp-protobuf")
_MEGABYTE = 10**6
_BATCH = 256
_HEX = 8
"""So many digits of an id change from copy to copy; its length never does."""

_IDS = re.compile(
    rb"[0-9a-f]{8}(?=-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"  # uuids
    rb"|(?<=\")(?:[0-9a-f]{32}|[0-9a-f]{16})(?=\")"  # traces and spans
    rb"|(?<=[^0-9A-Za-z]a)[0-9a-f]{16}(?![0-9A-Za-z])"  # agents
    rb"|(?<![0-9A-Za-z])(?:msg|req|toolu)_[0-9A-Za-z]{20,}"
)


class Repeated:
    """Content that is taken apart once at its ids, and put together again with others."""

    def __init__(self, content: bytes, ids: re.Pattern[bytes] = _IDS) -> None:
        """`ids` finds what changes."""
        self._between = ids.split(content)
        self._ids = ids.findall(content)
        self._known = sorted(set(self._ids))

    def copy(self, number: int) -> bytes:
        """The copy of that number; the same number gives the same one."""
        other = dict(zip(self._known, map(partial(_changed, number), self._known), strict=True))
        pieces = [b""] * (2 * len(self._ids) + 1)
        pieces[0::2] = self._between
        pieces[1::2] = [other[found] for found in self._ids]
        return b"".join(pieces)


def _changed(number: int, found: bytes) -> bytes:
    """Another id of the same length and alphabet, ending in the number where there is room for it."""
    if b"_" in found:
        return found[:-_HEX] + b"%0*x" % (_HEX, number)
    if not _TEXT_ID.fullmatch(found):
        return found[:-4] + number.to_bytes(4, "big")
    return b"%0*x" % (_HEX, (int(found[:_HEX], 16) + number * 0x9E3779B1) % 2**32) + found[_HEX:]


_TEXT_ID = re.compile(rb"[0-9a-f]{8,32}")


def write_input(format_id: str, folder: Path, megabytes: float, seed: int, real: Path | None) -> list[Path]:
    """Files of that size together; `real` is a folder of transcripts that are taken instead of the sample."""
    folder.mkdir(parents=True, exist_ok=True)
    if format_id == "claude-code":
        return list(_write_transcripts(folder, megabytes, seed, real))
    path = folder / ("trace.pb" if format_id == "otlp-protobuf" else "trace.jsonl")
    with path.open("wb") as out:
        number = size = 0
        repeated = _repeated(format_id, seed)
        while size < megabytes * _MEGABYTE:
            size += out.write(repeated.copy(number))
            number += 1
    return [path]


def _repeated(format_id: str, seed: int) -> Repeated:
    if format_id == "dynamo":
        return Repeated(sample_bytes(SAMPLE, seed=seed, format_id="dynamo"))
    spans = [
        (signal, resource)
        for signal, resource in batches(documents(sample_bytes(SAMPLE, seed=seed, format_id="otlp")), _BATCH)
        if signal == "resourceSpans"
    ]
    if format_id == "otlp":
        return Repeated(b"".join(json_line(signal, resource) + b"\n" for signal, resource in spans))
    message = b"".join(framed(to_protobuf(resource)) for _, resource in spans)
    return Repeated(message, _binary_ids(spans, message))


def _binary_ids(spans: list[tuple[str, dict[str, object]]], message: bytes) -> re.Pattern[bytes]:
    """Ids of traces and spans are bytes there; those in attributes are the text that they always are."""
    text = b"".join(json_line(signal, resource) for signal, resource in spans)
    named = {bytes.fromhex(found.decode()) for found in re.findall(rb'pan(?:Id)":"([0-9a-f]{16})"', text)}
    named |= {bytes.fromhex(found.decode()) for found in re.findall(rb'"traceId":"([0-9a-f]{32})"', text)}
    named |= {found for found in _IDS.findall(text) if found in message}
    return re.compile(b"|".join(re.escape(found) for found in sorted(named, key=len, reverse=True)))


def _write_transcripts(folder: Path, megabytes: float, seed: int, real: Path | None) -> Iterator[Path]:
    sources = _transcripts(seed, real)
    number = size = 0
    while size < megabytes * _MEGABYTE:
        name, repeated = sources[number % len(sources)]
        path = folder / f"{number:05}-{name}"
        size += path.write_bytes(repeated.copy(number))
        number += 1
        yield path


def _transcripts(seed: int, real: Path | None) -> list[tuple[str, Repeated]]:
    found = sorted(real.rglob("*.jsonl")) if real and real.is_dir() else []
    if not found:
        return [("session.jsonl", Repeated(sample_bytes(SAMPLE, seed=seed)))]
    Random(seed).shuffle(found)
    return [(path.name, Repeated(_unpacked(path))) for path in found]


def _unpacked(path: Path) -> bytes:
    content = path.read_bytes()
    return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
