"""Block hashes of prompts: by far the most of a trace's bytes, so they become machine integers at once."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from agenttrace.ingest import fields
from agenttrace.ingest.dynamo.columns import UNKNOWN, Columns
from agenttrace.ingest.recorder import Recorder
from agenttrace.model.vocabulary import Severity


class Prefixes:
    """The hashes of a block of rows, one list after the other."""

    def __init__(self) -> None:
        """No hashes yet."""
        self._hashes = array("Q")

    def add(self, hashes: Any) -> int:
        """How many hashes this list added; UNKNOWN if it is no list of uint64, and then it added none."""
        if hashes is None:
            return 0
        if type(hashes) is not list:
            return UNKNOWN
        try:
            self._hashes.fromlist(hashes)  # all of the list or nothing of it
        except (TypeError, OverflowError):
            return self._add_each(hashes)
        return len(hashes)

    def _add_each(self, hashes: list[Any]) -> int:
        read = [fields.unsigned(value) for value in hashes]
        sound = [value for value in read if value is not None]
        if len(sound) < len(read):
            return UNKNOWN
        self._hashes.fromlist(sound)
        return len(sound)

    def record(
        self, recorder: Recorder, block: Columns, session_keys: Sequence[str], span_keys: Sequence[str]
    ) -> None:
        """Records the lists of a block whose column `hashes` holds what `add` returned."""
        flat, self._hashes = np.frombuffer(self._hashes, dtype=np.uint64), array("Q")
        added = np.array(block.raw("hashes"), dtype=np.int64)
        size = block.counts("trace_block_size", 2**31 - 1)
        block.count_finding(
            "prefix_unusable",
            Severity.WARNING,
            "request.replay: hashes that are no uint64, or no block size",
            (added == UNKNOWN) | ((added > 0) & (size <= 0)),
        )
        ends = np.cumsum(np.maximum(added, 0))
        bounds: Any = pa.array(np.concatenate([np.zeros(1, np.int64), ends]), pa.int32())
        lists = pa.ListArray.from_arrays(bounds, pa.array(flat, pa.uint64()))
        kept = np.flatnonzero((added > 0) & (size > 0))
        if len(kept) < block.length:
            lists = lists.take(kept)
        rows: list[int] = kept.tolist()
        if rows:
            recorder.extend_prefixes(
                {
                    "session_key": [session_keys[row] for row in rows],
                    "span_key": [span_keys[row] for row in rows],
                    "block_size": pa.array(size[kept], pa.int32()),
                    "blocks": lists,
                }
            )
