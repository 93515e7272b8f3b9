"""How often rules that infer a dependency agree with what records state: what the confidence of a rule rests on.

    python benchmarks/inference.py ../shared/data

Every trace is assembled as always; beside that each rule is asked about those spans and agents of which a record
states the dependency, as if none did. `told`: how many it is asked about; `found`: of how many it says something;
`right`: how often that is what the record states.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import polars as pl
from numpy.typing import NDArray

from agenttrace.errors import AgentTraceError
from agenttrace.ingest.assembly import dependencies, holders
from agenttrace.ingest.assembly.grain import infer_overlaps
from agenttrace.ingest.assembly.holders import Held
from agenttrace.ingest.assembly.lookup import NONE, Rows
from agenttrace.ingest.assembly.uses import infer_uses
from agenttrace.ingest.reading import read

_CONTAINED = holders._contained_spawns  # noqa: SLF001  # the rule itself, asked about more than it is asked otherwise


class Tally:
    """Counts by rule."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.told: Counter[str] = Counter()
        self.found: Counter[str] = Counter()
        self.right: Counter[str] = Counter()

    def spawns(self, table: pl.DataFrame, spans: pl.DataFrame, lane: NDArray[np.int64]) -> Rows:
        """Stands in for the rule of containment."""
        stated = table.get_column("spawn_row").fill_null(NONE).to_numpy()
        blind = table.with_columns(spawn_row=pl.lit(None, table.schema["spawn_row"]))
        guess = _CONTAINED(blind, spans, lane)
        about = stated != NONE
        name = "contained in tool call"
        self.told[name] += int(about.sum())
        self.found[name] += int((about & (guess != NONE)).sum())
        self.right[name] += int((about & (guess == stated)).sum())
        return _CONTAINED(table, spans, lane)

    def links(self, held: Held, stated: pl.DataFrame) -> pl.DataFrame:
        """Stands in for the rules about overlaps, and asks those about uses too."""
        explicit = stated.filter("explicit")
        self._overlaps(held, explicit)
        self._uses(held, explicit)
        return infer_overlaps(held, stated)

    def _overlaps(self, held: Held, explicit: pl.DataFrame) -> None:
        feeds = explicit.filter(pl.col("kind").cast(pl.String) == "feeds").select("from_row", "to_row")
        for rule, rows in infer_overlaps(held, explicit.clear()).group_by("rule"):
            both = rows.join(feeds, on="to_row", suffix="_told")
            self.found[str(rule[0])] += both["to_row"].n_unique()
            right = both.filter(pl.col("from_row") == pl.col("from_row_told"))
            self.right[str(rule[0])] += right["to_row"].n_unique()

    def _uses(self, held: Held, explicit: pl.DataFrame) -> None:
        if not held.lanes.get_column("background").any():
            return
        joins = explicit.filter(pl.col("kind").cast(pl.String) == "joins").select("from_row", "to_row")
        self.told["uses of background work"] += joins["from_row"].n_unique()
        for rule, rows in infer_uses(held, set()).group_by("rule"):
            both = rows.join(joins, on="from_row", suffix="_told")
            self.found[str(rule[0])] += both["from_row"].n_unique()
            right = both.filter(pl.col("to_row") == pl.col("to_row_told"))
            self.right[str(rule[0])] += right["from_row"].n_unique()


def main(arguments: Sequence[str] | None = None) -> int:
    """Reads every file below the paths, prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paths", nargs="+", type=Path)
    tally = Tally()
    for path in parser.parse_args(arguments).paths:
        _read_all(path, tally)
    print(f"{'rule':44}{'told':>8}{'found':>8}{'right':>8}")
    for rule in sorted({*tally.told, *tally.found}):
        share = f"{tally.right[rule] / tally.found[rule]:8.1%}" if tally.found[rule] else ""
        print(f"{rule:44}{tally.told[rule] or '':>8}{tally.found[rule]:>8}{tally.right[rule]:>8}{share}")
    return 0


def _read_all(path: Path, tally: Tally) -> None:
    standing_in: dict[str, Any] = {"_contained_spawns": tally.spawns}
    with patch.multiple(holders, **standing_in), patch.object(dependencies, "infer_overlaps", tally.links):
        try:
            read(path)
        except AgentTraceError as error:
            print(error, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
