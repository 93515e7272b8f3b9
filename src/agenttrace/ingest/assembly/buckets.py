"""Complete sessions whose rows are put together by themselves: the piece of work that any process can do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from agenttrace.dataset.stored import Stored
from agenttrace.ingest.assembly.assembling import About, assemble_rows
from agenttrace.ingest.assembly.ledger import Ledger, LedgerRow
from agenttrace.ingest.assembly.rows import Rows
from agenttrace.ingest.joining.matches import Matches
from agenttrace.model.trace import Trace

SHORT_SPANS = 100_000
"""Put together, and analysed, in a fraction of a second."""


@dataclass(frozen=True, slots=True)
class Assembled:
    """Complete sessions, without findings; and the findings made of them."""

    trace: Trace
    findings: Sequence[LedgerRow]


@dataclass(frozen=True, slots=True)
class Bucket:
    """Some families of sessions, complete: rows, and what all input tells of them. It can be pickled."""

    rows: Rows
    matches: Matches
    about: About
    suspend_after_ns: int

    @property
    def is_short(self) -> bool:
        """Of no more sessions than one large one, or some smaller ones: see `Engine`."""
        return self.rows.spans <= SHORT_SPANS

    def loaded(self) -> Bucket:
        """The same, with its rows in memory."""
        return replace(self, rows=self.rows.loaded())

    def assemble(self) -> Assembled:
        """Their trace."""
        ledger = Ledger(self.about.paths)
        trace = assemble_rows(self.rows, self.matches, self.about, ledger, self.suspend_after_ns)
        return Assembled(trace, ledger.rows())


@dataclass(frozen=True, slots=True)
class StoredBucket:
    """Complete sessions of a dataset, which were assembled before."""

    stored: Stored

    def assemble(self) -> Assembled:
        """Their trace. What was found is among the findings of the dataset."""
        return Assembled(self.stored.trace(), ())
