"""What is asked of every chunk, and what has to be known of the whole input for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from agenttrace.critical_path.what_if.caching import PrefillCosts, prefill_costs
from agenttrace.critical_path.what_if.parsing import parse
from agenttrace.critical_path.what_if.spec import FullCache, Spec
from agenttrace.model.vocabulary import Severity

_FINDINGS = {"code": pl.String, "severity": pl.String, "count": pl.Int64, "example": pl.String}


@dataclass(frozen=True, slots=True)
class Questions:
    """`costs`: what prefill costs; null where no change asks for it."""

    specs: tuple[Spec, ...] = ()
    costs: PrefillCosts | None = None

    def findings(self) -> pl.DataFrame:
        """Why an answer is missing: code, severity, count, example; no row if none is."""
        missing = self.costs.untold if self.costs is not None else {}
        rows = [
            ("what_if_unknown", Severity.WARNING.value, 1, f"cache=1.0{_of(model)}: {why}")
            for model, why in missing.items()
        ]
        return pl.DataFrame(rows, schema=_FINDINGS, orient="row")


def ask(what_if: Sequence[str | Spec], spans: pa.Table) -> Questions:
    """Raises UsageError where one cannot be read. `spans`: those of the whole input."""
    specs = tuple(parse(one) if isinstance(one, str) else one for one in what_if)
    cached = any(isinstance(change, FullCache) for spec in specs for change in spec.changes)
    return Questions(specs, prefill_costs(spans) if cached else None)


def _of(model: str | None) -> str:
    return "" if model is None else f", model {model}"
