"""Realistic traces of any size: sessions with subagents, tools, a compaction; no two have an id in common.

    python benchmarks/generate.py --format otlp --size 1000 -o traces
    python benchmarks/generate.py --format claude-code --sessions 500 --seed 7 -o traces

Some stories are told anew from the seed; each session is one of them with ids of its own, at another time. The same
arguments give the same bytes. Of OTLP and Dynamo's request trace a file holds many sessions, and of Claude Code one.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import blake2b
from itertools import count
from pathlib import Path
from random import Random

from agenttrace.samples import sample_bytes
from telemetry_forms import batches, documents, json_line

FORMATS = ("otlp", "dynamo", "claude-code")
STORIES = 48
MONTH_MS = 30 * 24 * 3600 * 1000
_LONG, _SHORT = "claude-code-33min", "fan-out"
_SHORT_OF = 6
"""One story in so many is a short one."""

_FILE_BYTES = 64 << 20
_BATCH = 256
_MEGABYTE = 10**6
_LETTERS = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

_CHANGING = re.compile(
    rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"  # uuids
    rb"|(?<=\")(?:[0-9a-f]{32}|[0-9a-f]{16})(?=\")"  # traces and spans
    rb"|(?<=[^0-9A-Za-z]a)[0-9a-f]{16}(?![0-9A-Za-z])"  # agents
    rb"|(?<![0-9A-Za-z])(?:msg|req|toolu)_[0-9A-Za-z]{20,}"
    rb"|(?<![0-9])17[89][0-9]{16}(?![0-9])"  # nanoseconds
    rb"|(?<![0-9])17[89][0-9]{10}(?:\.[0-9]+)?(?![0-9])"  # milliseconds
    rb"|20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z"
)


class Story:
    """A session that is taken apart once at its ids and times, and told again with others."""

    def __init__(self, content: bytes) -> None:
        """`content`: lines that are complete sessions."""
        self._between = _CHANGING.split(content)
        self._found = _CHANGING.findall(content)
        self._known = sorted(set(self._found))

    def told(self, salt: bytes, later_ms: int) -> bytes:
        """The same story with other ids, so much later."""
        change = partial(_changed, salt, later_ms)
        other = dict(zip(self._known, map(change, self._known), strict=True))
        pieces = [b""] * (2 * len(self._found) + 1)
        pieces[0::2] = self._between
        pieces[1::2] = [other[found] for found in self._found]
        return b"".join(pieces)


def _changed(salt: bytes, later_ms: int, found: bytes) -> bytes:
    if found[:2] == b"20" and found.endswith(b"Z"):
        moment = datetime.fromisoformat(found.decode()) + timedelta(milliseconds=later_ms)
        return (moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z").encode()
    if found.isdigit() and len(found) == 19:
        return b"%d" % (int(found) + later_ms * 10**6)
    if found[:2] == b"17" and len(found.partition(b".")[0]) == 13 and b"-" not in found:
        whole, point, rest = found.partition(b".")
        return b"%d" % (int(whole) + later_ms) + point + rest
    return _other_id(salt, found)


def _other_id(salt: bytes, found: bytes) -> bytes:
    """Of the same length and alphabet, and as random as ids are."""
    drawn = blake2b(salt + found, digest_size=32).digest()
    prefix, underscore, rest = found.rpartition(b"_")
    if underscore:
        return prefix + underscore + bytes(_LETTERS[byte % 62] for byte in drawn)[: len(rest)]
    digits = iter(drawn.hex().encode())
    return bytes(next(digits) if byte != ord("-") else byte for byte in found)


def sessions(format_id: str, seed: int, stories: int = STORIES) -> Iterator[bytes]:
    """Sessions without end, each as lines of its own."""
    random = Random(seed)
    told: list[Story] = []
    for number in count():
        if len(told) < stories:
            name = _SHORT if number % _SHORT_OF == _SHORT_OF - 1 else _LONG
            told.append(Story(_content(name, format_id, random.randrange(2**31))))
        salt = b"%d %d " % (seed, number)
        story = told[number] if number < stories else random.choice(told)
        yield story.told(salt, random.randrange(MONTH_MS))


def _content(name: str, format_id: str, seed: int) -> bytes:
    content = sample_bytes(name, seed=seed, format_id=format_id)
    if format_id != "otlp":
        return content
    lines = [
        json_line(signal, resource)
        for signal, resource in batches(documents(content), _BATCH)
        if signal == "resourceSpans"
    ]
    return b"".join(line + b"\n" for line in lines)


def write(
    format_id: str,
    folder: Path,
    seed: int,
    *,
    megabytes: float | None = None,
    number: int | None = None,
    stories: int = STORIES,
) -> list[Path]:
    """Files with so many sessions, or of about so many megabytes together."""
    folder.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    size = 0
    for done, session in enumerate(sessions(format_id, seed, stories)):
        if done == number or (megabytes is not None and size >= megabytes * _MEGABYTE):
            return paths
        if format_id == "claude-code" or not paths or paths[-1].stat().st_size >= _FILE_BYTES:
            paths.append(folder / f"{len(paths):06}.jsonl")
            paths[-1].unlink(missing_ok=True)
        with paths[-1].open("ab") as out:
            size += out.write(session)
    return paths


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--format", choices=FORMATS, default=FORMATS[0])
    much = parser.add_mutually_exclusive_group()
    much.add_argument("--size", type=float, help="megabytes, about")
    much.add_argument("--sessions", type=int)
    parser.add_argument("--stories", type=int, default=STORIES, help="different ones")
    parser.add_argument("--seed", type=int, default=33)
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER")
    options = parser.parse_args(arguments)
    number = 100 if options.sessions is None and options.size is None else options.sessions
    paths = write(
        options.format,
        options.output,
        options.seed,
        megabytes=options.size,
        number=number,
        stories=options.stories,
    )
    print(f"{len(paths)} files, {sum(path.stat().st_size for path in paths) / _MEGABYTE:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
