"""gptme's conversations: a message on each line."""

from __future__ import annotations

from agenttrace.ingest.formats.gptme.reader import Gptme

GPTME = Gptme()
