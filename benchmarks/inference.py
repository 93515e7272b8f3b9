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
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import polars as pl

from agenttrace.errors import AgentTraceError
from agenttrace.ingest.assembly import dependencies, spawns
from agenttrace.ingest.assembly.agents import Lanes
from agenttrace.ingest.assembly.grain import infer_overlaps
from agenttrace.ingest.assembly.holders import Held
from agenttrace.ingest.assembly.link_rows import Inferred
from agenttrace.ingest.assembly.lookup import NONE, Rows
from agenttrace.ingest.assembly.uses import infer_uses
from agenttrace.ingest.reading import read

_CONTAINED = spawns._contained_spawns  # noqa: SLF001  # the rule itself, asked about more than it is asked otherwise


class Tally:
    """Counts by rule."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.told: Counter[str] = Counter()
        self.found: Counter[str] = Counter()
        self.right: Counter[str] = Counter()

    def spawns(self, spans: pl.DataFrame, lanes: Lanes) -> Rows:
        """Stands in for the rule of containment."""
        stated = lanes.facts.spawn
        blind = replace(lanes, facts=replace(lanes.facts, spawn=np.full(len(stated), NONE, np.int64)))
        guess = _CONTAINED(spans, blind)
        about = stated != NONE
        name = "contained in tool call"
        self.told[name] += int(about.sum())
        self.found[name] += int((about & (guess != NONE)).sum())
        self.right[name] += int((about & (guess == stated)).sum())
        return _CONTAINED(spans, lanes)

    def links(self, held: Held, stated: pl.DataFrame) -> list[Inferred]:
        """Stands in for the rules about overlaps, and asks those about uses too."""
        explicit = stated.filter("explicit")
        self._overlaps(held, explicit)
        self._uses(held, explicit)
        return infer_overlaps(held, stated)

    def _overlaps(self, held: Held, explicit: pl.DataFrame) -> None:
        feeds = explicit.filter(pl.col("kind").cast(pl.String) == "feeds").select("from_row", "to_row")
        for links in filter(_found, infer_overlaps(held, explicit.clear())):
            both = _rows(links).join(feeds, on="to_row", suffix="_told")
            self.found[links.rule.name] += both["to_row"].n_unique()
            right = both.filter(pl.col("from_row") == pl.col("from_row_told"))
            self.right[links.rule.name] += right["to_row"].n_unique()

    def _uses(self, held: Held, explicit: pl.DataFrame) -> None:
        if not held.lanes.get_column("background").any():
            return
        joins = explicit.filter(pl.col("kind").cast(pl.String) == "joins").select("from_row", "to_row")
        self.told["uses of background work"] += joins["from_row"].n_unique()
        for links in filter(_found, infer_uses(held, set())):
            both = _rows(links).join(joins, on="from_row", suffix="_told")
            self.found[links.rule.name] += both["from_row"].n_unique()
            right = both.filter(pl.col("to_row") == pl.col("to_row_told"))
            self.right[links.rule.name] += right["from_row"].n_unique()


def _found(links: Inferred) -> bool:
    return len(links.sid) > 0


def _rows(links: Inferred) -> pl.DataFrame:
    return pl.DataFrame({"from_row": links.from_row, "to_row": links.to_row})


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
    with patch.multiple(spawns, **standing_in), patch.object(dependencies, "infer_overlaps", tally.links):
        try:
            read(path)
        except AgentTraceError as error:
            print(error, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
