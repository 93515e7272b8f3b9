"""The served requests of a workload, one row each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from agenttrace.critical_path import columns
from agenttrace.critical_path.arrays import NONE, NULL, Ints
from agenttrace.critical_path.graph import Graph
from agenttrace.model.trace import Trace
from agenttrace.model.vocabulary import TokenQuality
from agenttrace.replay.served import Served

_PLACEHOLDER = tuple(TokenQuality).index(TokenQuality.PLACEHOLDER)


@dataclass(frozen=True, slots=True, eq=False)
class Requests:
    """Columns of requests. NULL where the source does not say; times are Unix, in ns.

    `span`: the row of the served span in the trace. `source`: the number of what tells of it. `session`: its number
    in the workload. `model`, `worker`, `prefill_worker`: numbers, -1 unknown. `queue_end`, `first_token`: instants
    that divide it. `placeholder`: 1 where the source has a count of output tokens that was written before anyone knew
    it: then that is NULL.
    """

    session: Ints
    agent: Ints
    span: Ints
    source: Ints
    model: Ints
    worker: Ints
    prefill_worker: Ints
    priority: Ints
    start: Ints
    queue_end: Ints
    first_token: Ints
    end: Ints
    input_tokens: Ints
    cached_tokens: Ints
    output_tokens: Ints
    placeholder: Ints

    def __len__(self) -> int:
        """How many there are."""
        return len(self.start)

    @property
    def apart(self) -> bool:
        """Whether what prefills them is another worker than what decodes them, of most of those that name both."""
        both = (self.prefill_worker != NONE) & (self.worker != NONE)
        return bool(2 * (both & (self.prefill_worker != self.worker)).sum() > max(1, int(both.sum())))

    @property
    def cached_on(self) -> Ints:
        """The worker whose cache is asked for their prompts."""
        return self.prefill_worker if self.apart else self.worker

    @property
    def queue(self) -> Ints:
        """Nanoseconds before the prefill; 0 where that is not told."""
        return np.where(self.queue_end != NULL, self.queue_end - self.start, 0)

    @property
    def decode(self) -> Ints:
        """Nanoseconds from the first token to the end; NULL where the first token is not told."""
        return np.where(self.first_token != NULL, self.end - self.first_token, NULL)

    def take(self, rows: Ints | NDArray[np.bool_]) -> Requests:
        """Some of them."""
        return Requests(*(getattr(self, field.name)[rows] for field in fields(self)))


def joined(parts: Sequence[Requests]) -> Requests:
    """The requests of several chunks, one after the other."""
    nothing = np.zeros(0, np.int64)
    return Requests(
        *(
            np.concatenate([nothing, *(getattr(part, field.name) for part in parts)])
            for field in fields(Requests)
        )
    )


def read_requests(chunk: Trace, graph: Graph, served: Served, models: dict[str, int]) -> Requests:
    """The requests of a chunk; what the view that is served does not say, the client's request may."""
    table, rows, outer = chunk.spans, served.rows, served.request

    def first_of(values: Ints, null: int = NULL) -> Ints:
        found = np.where(values[rows] != NULL, values[rows], values[outer])
        return np.where(found == NULL, null, found)

    def either(name: str, null: int = NULL) -> Ints:
        return first_of(columns.ints(table, name), null)

    guessed = columns.codes(table, "output_quality", TokenQuality) == _PLACEHOLDER
    output = first_of(np.where(guessed, NULL, columns.ints(table, "output_tokens")))

    prefiller, decoder = (
        np.where(values[rows] != NONE, values[rows], values[outer])
        for values in (_workers(table, "prefill_worker"), _workers(table, "worker"))
    )
    return Requests(
        session=graph.spans.session[rows],
        agent=graph.spans.agent[rows],
        span=rows,
        source=columns.numbers(table, "source")[rows],
        model=_models(chunk, served, models),
        worker=np.where(decoder != NONE, decoder, prefiller),
        prefill_worker=prefiller,
        priority=either("priority", 0),
        start=graph.forest.start[rows],
        queue_end=served.queue_end,
        first_token=served.first_token,
        end=graph.forest.end[rows],
        input_tokens=either("input_tokens"),
        cached_tokens=either("cache_read_tokens"),
        output_tokens=output,
        placeholder=((output == NULL) & (guessed[rows] | guessed[outer])).astype(np.int64),
    )


def _workers(table: pa.Table, name: str) -> Ints:
    """Workers by the 63 low bits of their numbers; -1 unknown."""
    column = table.column(name).combine_chunks()
    known = column.is_valid().to_numpy(zero_copy_only=False)
    values = column.fill_null(0).to_numpy(zero_copy_only=False).astype(np.uint64)
    low = (values & np.uint64(2**63 - 1)).astype(np.int64)
    return np.where(known, low, NONE)


def _models(chunk: Trace, served: Served, models: dict[str, int]) -> Ints:
    index, names = columns.dictionary(chunk.spans, "model")
    number = np.array(
        [NONE if name is None else models.setdefault(name, len(models)) for name in [*names, None]], np.int64
    )
    inner, outer = number[index[served.rows]], number[index[served.request]]
    return np.where(inner != NONE, inner, outer)
