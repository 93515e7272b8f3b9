"""Which Parquet files are Tempo's own blocks, told by the columns that their footers name."""

from __future__ import annotations

from agenttrace.ingest.head import Head

_COLUMNS = (b"RootServiceName", b"NestedSetLeft")


def is_block(head: Head) -> bool:
    """Whether it is one, of the versions that are read."""
    return all(name in head.footer for name in _COLUMNS)
