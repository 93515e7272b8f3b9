"""Block hashes of prompts: by far the most of a trace's bytes, so they become machine integers at once."""

from __future__ import annotations

from array import array
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from agenttrace.ingest import fields
from agenttrace.ingest.dynamo.columns import UNKNOWN, Columns, Ints, Values, chosen
from agenttrace.ingest.dynamo.hash_text import Change, HashTexts
from agenttrace.ingest.dynamo.records import Record
from agenttrace.ingest.recorder import Recorder
from agenttrace.model.vocabulary import Severity

SIZES = 1 << 31


class Prompt(NamedTuple):
    """What the text of a request's hashes says, in blocks of so many tokens."""

    text: bytes
    block_size: int
    change: Change


class Lists(NamedTuple):
    """Lists of hashes as columns: of each how many blocks of its chain's last one it keeps, and the rest of all."""

    kept: Ints
    hashes: NDArray[np.uint64]


class Prefixes:
    """The hashes of a block of rows, one list after the other, each as the change of its chain's last one."""

    def __init__(self) -> None:
        """No hashes yet."""
        self._hashes = array("Q")
        self._kept: list[int] = []
        self._texts = HashTexts()

    def read(self, replay: Record, session_key: str | None, text: bytes) -> Prompt | None:
        """What the text of the list says that was cut out of `replay`; None if that is to be read as a whole."""
        size = replay.get("trace_block_size")
        if replay.get("input_sequence_hashes") != [] or type(size) is not int or not 0 < size < SIZES:
            return None
        change = self._texts.change(session_key, size, text)
        return None if change is None else Prompt(text, size, change)

    def add_prompt(self, session_key: str | None, prompt: Prompt) -> int:
        """How many hashes this prompt added."""
        if session_key is not None:
            self._texts.keep(session_key, prompt.block_size, prompt.text, prompt.change)
        self._kept.append(prompt.change.kept)
        self._hashes.extend(prompt.change.new)
        return len(prompt.change.new)

    def add(self, session_key: str | None, hashes: Any) -> int:
        """How many hashes this list added; UNKNOWN if it is no list of uint64, and then it added none."""
        if session_key is not None:
            self._texts.forget(session_key)
        self._kept.append(0)
        if hashes is None:
            return 0
        if type(hashes) is not list:
            return UNKNOWN
        try:
            self._hashes.fromlist(hashes)  # all of the list or nothing of it
        except (TypeError, OverflowError):
            return self._add_each(hashes)
        return len(hashes)

    def add_lists(self, lists: Lists) -> None:
        """Lists of a whole block of rows."""
        self._kept += lists.kept.tolist()
        self._hashes.frombytes(lists.hashes.tobytes())

    def _add_each(self, hashes: list[Any]) -> int:
        read = [fields.unsigned(value) for value in hashes]
        sound = [value for value in read if value is not None]
        if len(sound) < len(read):
            return UNKNOWN
        self._hashes.fromlist(sound)
        return len(sound)

    def record(self, recorder: Recorder, block: Columns, session_keys: Values, span_keys: Values) -> None:
        """Records the lists of a block whose column `hashes` holds what `add` returned."""
        flat, self._hashes = np.frombuffer(self._hashes, dtype=np.uint64), array("Q")
        added = np.array(block.raw("hashes"), dtype=np.int64)
        before, self._kept = np.array(self._kept, dtype=np.int32), []
        told = (added > 0) | (before > 0)
        size = block.counts("trace_block_size", 2**31 - 1)
        block.count_finding(
            "prefix_unusable",
            Severity.WARNING,
            "request.replay: hashes that are no uint64, or no block size",
            (added == UNKNOWN) | (told & (size <= 0)),
        )
        ends = np.cumsum(np.maximum(added, 0))
        bounds: Any = pa.array(np.concatenate([np.zeros(1, np.int64), ends]), pa.int32())
        lists = pa.ListArray.from_arrays(bounds, pa.array(flat, pa.uint64()))
        sound = np.flatnonzero(told & (size > 0))
        if len(sound) < block.length:
            lists = lists.take(sound)
        if len(sound):
            recorder.extend_prefixes(
                {
                    "session_key": chosen(session_keys, sound),
                    "span_key": chosen(span_keys, sound),
                    "block_size": pa.array(size[sound], pa.int32()),
                    "kept_blocks": pa.array(before[sound], pa.int32()),
                    "blocks": lists,
                }
            )
