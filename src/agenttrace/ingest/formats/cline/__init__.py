"""Cline and Roo Code: what their tasks showed to the user, which is all that has times."""

from __future__ import annotations

from agenttrace.ingest.formats.cline.reader import Cline

CLINE = Cline()
