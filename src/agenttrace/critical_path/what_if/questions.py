"""What is asked of every chunk, and what has to be known of the whole input for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from agenttrace.critical_path.what_if.parsing import parse
from agenttrace.critical_path.what_if.spec import FullCache, Spec
from agenttrace.model.vocabulary import Severity, SpanKind
from agenttrace.serving.service import Service

_FINDINGS = {"code": pl.String, "severity": pl.String, "count": pl.Int64, "example": pl.String}


@dataclass(frozen=True, slots=True)
class Questions:
    """`service`: what prefill costs; null where no change asks for it. `models`: those of the requests, null is one."""

    specs: tuple[Spec, ...] = ()
    service: Service | None = None
    models: tuple[str | None, ...] = ()

    def findings(self) -> pl.DataFrame:
        """Why an answer is missing: code, severity, count, example; no row if none is."""
        costs = [(model, self.service.cost_of(model)) for model in self.models] if self.service else []
        rows = [
            ("what_if_unknown", Severity.WARNING.value, 1, f"cache=1.0{_of(model)}: {why}")
            for model, why in costs
            if isinstance(why, str)
        ]
        return pl.DataFrame(rows, schema=_FINDINGS, orient="row")


def ask(what_if: Sequence[str | Spec], spans: pa.Table, service: Service | None = None) -> Questions:
    """Raises UsageError where one cannot be read. `spans`: those asked about; `service`: that of the whole input."""
    specs = tuple(parse(one) if isinstance(one, str) else one for one in what_if)
    if any(isinstance(change, FullCache) for spec in specs for change in spec.changes):
        return Questions(specs, service or Service({}), _models(spans))
    return Questions(specs)


def _models(spans: pa.Table) -> tuple[str | None, ...]:
    frame = pl.DataFrame(pl.from_arrow(spans.select(["kind", "model"]))).with_columns(
        pl.col("kind", "model").cast(pl.String)
    )
    requests = frame.filter(pl.col("kind") == SpanKind.REQUEST.value)
    return tuple(requests.get_column("model").unique().sort())


def _of(model: str | None) -> str:
    return "" if model is None else f", model {model}"
