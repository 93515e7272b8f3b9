"""Agents whose parent is named and nowhere to be seen."""

from __future__ import annotations

import polars as pl

from agenttrace.ingest.assembly.lane_facts import LaneFacts
from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.ingest.assembly.lookup import NONE, KeyIndex
from agenttrace.model.vocabulary import Severity


def note_missing_parents(
    spans: pl.DataFrame, lanes: LaneFacts, raw_agents: pl.DataFrame, ledger: Ledger
) -> None:
    """A finding for each agent whose parent has no row of any kind in its session.

    Such an agent stands in for the root: a file is missing, or the trace began too late.
    """
    if raw_agents.get_column("parent_agent_key").null_count() == raw_agents.height:
        return
    named = raw_agents.drop_nulls("parent_agent_key")
    found = KeyIndex(pl.Series(lanes.sid), lanes.key).find(
        *named.select("sid", "parent_agent_key").get_columns()
    )
    orphans = named.filter(pl.Series(found == NONE)).unique(
        ["sid", "agent_key", "parent_agent_key"], keep="first", maintain_order=True
    )
    for known in (raw_agents, spans):
        if orphans.is_empty():
            return
        orphans = orphans.join(
            known, left_on=["sid", "parent_agent_key"], right_on=["sid", "agent_key"], how="anti"
        )
    ledger.add_rows(
        "parent_agent_missing",
        Severity.WARNING,
        "an agent that names a parent of which there is no record",
        orphans.select("origin", line=pl.lit(None, pl.Int64)),
    )
