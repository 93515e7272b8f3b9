"""OpenHands: trajectories, event streams with a file for each event, and the events of its newer SDK."""

from __future__ import annotations

from agenttrace.ingest.formats.openhands.reader import OpenHands

OPENHANDS = OpenHands()
