"""Writes `schemas/`: of each table a JSON Schema of its rows and a document, both from `schema.py`.

python -m agenttrace.model.documents schemas            writes them
python -m agenttrace.model.documents --check schemas    exit 1 where they have drifted
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa

from agenttrace.model.interchange import line_document, line_schema
from agenttrace.model.schema import SCHEMA_VERSION, TABLES, Column, Table

_INTRODUCTION = """# Schemas

Generated from `src/agenttrace/model/schema.py` by `make schemas`; the tests fail when they differ.
Of each table: `<table>.schema.json` is the JSON Schema of one row, `<table>.md` the same to read.
Times are integer nanoseconds. Null means that the source did not say.
[spans-jsonl](spans-jsonl.md) is no table but the format for converters, a line of JSON for each span:
[how to write one](../docs/how-to/write-a-converter.md).

| table | one row is |
|---|---|
"""


def generate() -> dict[str, str]:
    """File name and content of everything in `schemas/`."""
    files = {"README.md": _INTRODUCTION + "".join(f"| [{t.name}]({t.name}.md) | {t.row} |\n" for t in TABLES)}
    for table in TABLES:
        files[f"{table.name}.schema.json"] = json.dumps(json_schema(table), indent=2) + "\n"
        files[f"{table.name}.md"] = _document(table)
    files["spans-jsonl.schema.json"] = json.dumps(line_schema(_json_type), indent=2) + "\n"
    files["spans-jsonl.md"] = line_document()
    return files


def json_schema(table: Table) -> dict[str, Any]:
    """JSON Schema (2020-12) of one row of a table."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": table.name,
        "description": f"One row is {table.row}. Schema version {SCHEMA_VERSION}.",
        "type": "object",
        "properties": {column.name: _property(column) for column in table.columns},
        "required": [column.name for column in table.columns if not column.nullable],
        "additionalProperties": False,
    }


def _property(column: Column) -> dict[str, Any]:
    described = _json_type(column.type)
    if column.words is not None:
        words: list[str | None] = [word.value for word in column.words]
        described["enum"] = [*words, None] if column.nullable else words
    if column.nullable:
        described["type"] = [described["type"], "null"]
    described["description"] = column.meaning + (f" [{column.unit}]" if column.unit else "")
    return described


def _json_type(arrow: pa.DataType) -> dict[str, Any]:
    if pa.types.is_dictionary(arrow) or pa.types.is_string(arrow):
        return {"type": "string"}
    if pa.types.is_boolean(arrow):
        return {"type": "boolean"}
    if pa.types.is_floating(arrow):
        return {"type": "number"}
    if pa.types.is_integer(arrow):
        signed = pa.types.is_signed_integer(arrow)
        bits = arrow.bit_width
        low = -(2 ** (bits - 1)) if signed else 0
        return {"type": "integer", "minimum": low, "maximum": 2 ** (bits - signed) - 1}
    if isinstance(arrow, pa.MapType):
        return {"type": "object", "additionalProperties": _json_type(arrow.item_type)}
    if isinstance(arrow, pa.ListType):
        return {"type": "array", "items": _json_type(arrow.value_type)}
    message = f"no JSON type for {arrow}"
    raise TypeError(message)


def _document(table: Table) -> str:
    lines = [
        f"# {table.name}",
        "",
        f"One row is {table.row}.",
        "",
        "| column | type | null | unit | meaning |",
    ]
    lines.append("|---|---|---|---|---|")
    for column in table.columns:
        null = "yes" if column.nullable else "no"
        words = f": {', '.join(word.value for word in column.words)}" if column.words else ""
        cells = (f"`{column.name}`", _type_name(column), null, column.unit or "", column.meaning + words)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _type_name(column: Column) -> str:
    if column.words is not None:
        return "word"
    if pa.types.is_dictionary(column.type):
        return "string"
    return str(column.type).replace("|", "\\|")


def main(arguments: list[str]) -> int:
    """Writes, or with --check compares; 1 where a file differs, is missing, or is one too many."""
    check = "--check" in arguments
    folder = Path(next(a for a in arguments if not a.startswith("-")))
    files = generate()
    if not check:
        folder.mkdir(exist_ok=True)
        for name, content in files.items():
            (folder / name).write_text(content, encoding="utf-8")
        return 0
    found = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.*")}
    drifted = sorted(name for name in files.keys() | found.keys() if files.get(name) != found.get(name))
    for name in drifted:
        sys.stderr.write(
            f"{folder / name}: differs from src/agenttrace/model/schema.py; run `make schemas`\n"
        )
    return 1 if drifted else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
