"""One reader's inputs, one after the other: what is checked of each, and what is kept of those that fail."""

from __future__ import annotations

import faulthandler
import json
import os
import resource
import time
import traceback
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from random import Random

import pyarrow as pa

from agenttrace.errors import AgentTraceError
from agenttrace.ingest.assembly.assemble import ReadSource
from agenttrace.ingest.raw import RawTrace
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.registry import format_by_id, recognise
from agenttrace.ingest.source import Source
from damage_house import Read, put_through
from damage_outcome import Outcome, Problems, limited
from fuzz import CASE_LIMIT_S, MEMORY_LIMIT_MB

_TOGETHER = 40
_SHARE_OF_TIME = 0.4
_SHARE_RECOGNISED = 0.05
_LOOKED_EVERY = 200
_GROWN_MB = MEMORY_LIMIT_MB // 2


class Cases:
    """Takes inputs, and keeps what goes wrong."""

    def __init__(self, format_id: str, folder: Path, seed: int, seconds: float) -> None:
        """Files are written to the folder; after so many seconds of a processor the process ends.

        So it does, to be started again, where what the fuzzer keeps of each input has added up to too much: the
        limit of memory is one of a single input.
        """
        self._format = format_by_id(format_id)
        self._folder = folder
        self._chance = Random(seed)
        self._current = os.open(folder / "current", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        self._seconds = seconds
        self._started = time.process_time()
        self._seen: set[bytes] = set()
        self._waiting: list[tuple[bytes, ReadSource]] = []
        self._house_s = 0.0
        self._places: set[str] = set()
        self._findings: list[dict[str, str]] = []
        self._executions = self._assembled = 0
        self._used_mb = _used_mb()
        self._slowest_s = 0.0

    def take(self, data: bytes) -> None:
        """One input."""
        os.ftruncate(self._current, len(data))
        os.pwrite(self._current, data, 0)
        self._executions += 1
        faulthandler.dump_traceback_later(60 * CASE_LIMIT_S, exit=True)
        started = time.process_time()
        problems: Problems = []
        with limited(CASE_LIMIT_S, problems):
            self._read(data)
        self._slowest_s = max(self._slowest_s, time.process_time() - started)
        for category, text in problems:
            self._note(category, text, data)
        if len(self._waiting) >= _TOGETHER:
            self._assemble()
        over = time.process_time() - self._started > self._seconds
        if over or (self._executions % _LOOKED_EVERY == 0 and _used_mb() > self._used_mb + _GROWN_MB):
            self.finish()
            os._exit(0)  # the fuzzer itself would only end by way of exit(), where no thread runs any more

    def _read(self, data: bytes) -> None:
        try:
            source, recorder = Source("fuzz", data), Recorder()
            self._format.sniff(source.head)
            if self._chance.random() < _SHARE_RECOGNISED:
                self._recognise(data)
            self._format.read(source, recorder)
            raw = recorder.trace()
        except AgentTraceError:
            return
        except Exception:  # noqa: BLE001  # this is what is looked for
            self._note("traceback", traceback.format_exc(), data)
            return
        enough = self._house_s > _SHARE_OF_TIME * (time.process_time() - self._started)
        if not enough and (digest := _digest(raw)) not in self._seen:
            self._seen.add(digest)
            self._waiting.append((data, ReadSource("fuzz", self._format.id, len(data), raw)))

    def _recognise(self, data: bytes) -> None:
        """All formats look at it: none may fail."""
        with suppress(AgentTraceError):
            recognise(Source("fuzz", data))

    def _assemble(self) -> None:
        """What waits, through the rest of the house."""
        faulthandler.dump_traceback_later(100 * CASE_LIMIT_S, exit=True)
        started = time.process_time()
        cases = [
            Read(Outcome(self._assembled + number, self._format.id, "fuzz"), source)
            for number, (_, source) in enumerate(self._waiting)
        ]
        put_through(cases, CASE_LIMIT_S)
        for case, (data, _) in zip(cases, self._waiting, strict=True):
            for category, text in case.outcome.problems:
                self._note(category, text, data)
        self._assembled += len(cases)
        self._waiting = []
        self._house_s += time.process_time() - started

    def _note(self, category: str, text: str, data: bytes) -> None:
        """Keeps the first input for each place in the code."""
        frames = [line.strip() for line in text.splitlines() if line.lstrip().startswith("File ")]
        place = category + (frames[-1] if frames else text[:100])
        if place in self._places:
            return
        self._places.add(place)
        name = f"finding-{len(list(self._folder.glob('finding-*.bin')))}.bin"
        (self._folder / name).write_bytes(data)
        self._findings.append({"category": category, "text": text, "file": name})

    def finish(self) -> None:
        """The rest, and the figures."""
        self._assemble()
        told = {
            "seconds": round(time.process_time() - self._started, 1),
            "executions": self._executions,
            "assembled": self._assembled,
            "peak_mb": _used_mb(),
            "slowest_s": round(self._slowest_s, 3),
            "findings": self._findings,
        }
        (self._folder / "result.json").write_text(json.dumps(told), encoding="utf-8")


def _used_mb() -> int:
    """The most memory that the process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def _digest(raw: RawTrace) -> bytes:
    """Equal for equal rows."""
    found = blake2b(digest_size=16)
    for name in ("spans", "agents", "marks", "links", "calls", "prefixes", "sessions", "key_edges"):
        table = getattr(raw, name)
        if table.num_rows:
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, table.schema) as stream:
                stream.write_table(table)
            found.update(sink.getvalue())
    return found.digest()
