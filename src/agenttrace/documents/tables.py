"""docs/reference/tables.md: the tables of a trace, and the line for converters."""

from __future__ import annotations

from agenttrace.documents.markdown import GENERATED, table
from agenttrace.model.documents import generate
from agenttrace.model.schema import SCHEMA_VERSION, TABLES


def page() -> str:
    """What `schemas/` has in a file each, on one page."""
    files = generate()
    rows = [(f"[{t.name}](#{t.name})", t.row, f"{len(t.columns)}") for t in TABLES]
    parts = [_INTRODUCTION, table(("table", "one row is", "columns"), rows)]
    parts += [files[f"{t.name}.md"].replace(f"# {t.name}\n", f"## {t.name}\n", 1) for t in TABLES]
    return "\n".join(parts)


_INTRODUCTION = f"""# Tables

{GENERATED}

What traces become, and what `agenttrace ingest` writes as Parquet. Schema version {SCHEMA_VERSION}. Times are
integer nanoseconds, of instants since 1970 in UTC. Null means that the source did not say. JSON Schemas of
single rows, and the line of `spans-jsonl`, are in [schemas/](../../schemas/README.md); [how to read them
elsewhere](../how-to/read-the-tables.md).
"""
