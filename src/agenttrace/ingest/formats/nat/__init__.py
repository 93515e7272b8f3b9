"""NVIDIA NeMo Agent Toolkit: the intermediate steps of workflow runs."""

from __future__ import annotations

from agenttrace.ingest.formats.nat.reader import Nat

NAT = Nat()
