"""A slice of records taken in at once."""

from __future__ import annotations

import numpy as np

from agenttrace.ingest.dynamo.request_trace import RequestTrace
from agenttrace.ingest.dynamo.shredded.records import Records
from agenttrace.ingest.dynamo.shredded.requests import request_columns
from agenttrace.ingest.dynamo.shredded.tools import tool_columns
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.shredded import UnusualShapeError
from agenttrace.ingest.slices import Slice
from agenttrace.native import library

LARGEST_SLICE = 32 << 20
"""Beyond it there is a line of many megabytes."""


def take_records(piece: Slice, recorder: Recorder) -> RequestTrace | None:
    """The trace of a slice; None, and nothing was done, where its lines are to be read one by one."""
    if library() is None or piece.size_bytes > LARGEST_SLICE:
        return None
    try:
        return _taken(Records(piece.text(), piece.first_line), recorder)
    except UnusualShapeError:
        return None


def _taken(records: Records, recorder: Recorder) -> RequestTrace:
    trace = RequestTrace(recorder)
    owned = records.owned(trace.owners)
    requests = request_columns(records, owned, recorder)
    tools = tool_columns(records, owned, recorder)
    schemas = records.fields(np.arange(records.count)).texts("schema").unique().to_pylist()
    records.note_headers(owned, trace.owners)
    trace.schemas |= {name for name in schemas if name is not None}
    recorder.records += records.count
    trace.requests.add_columns(*requests)
    trace.tools.add_columns(*tools)
    return trace
