"""ATOF: the event stream of agent runtimes, a line for each start and end of a scope."""

from __future__ import annotations

from agenttrace.ingest.formats.atof.reader import Atof

ATOF = Atof()
