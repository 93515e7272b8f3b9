"""L12: in one piece, in any pieces, in any order of files, a trace gives the same tables."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from agenttrace.ingest.reading import read
from contract.table_rows import difference, substance
from contract.trace_cases import cases, every_dynamo_trace, of_format, trace
from contract.trace_files import SAMPLES, TraceFile, content, documents, lines_of

PROJECT = SAMPLES / "claude-code" / "33min-project"
FILES = 7
BATCH = 5
SIGNALS = (("resourceSpans", "scopeSpans", "spans"), ("resourceLogs", "scopeLogs", "logRecords"))

every_json_telemetry = pytest.mark.parametrize(
    "file", cases([file for file in of_format("otlp") if ".json" in file.name])
)


@every_dynamo_trace
def test_lines_in_any_files_in_any_order_give_the_same_tables(file: TraceFile, tmp_path: Path) -> None:
    pieces = _written([line + b"\n" for line in lines_of(content(file.path))], tmp_path)

    assert difference(substance(read(pieces, input_format=file.format)), substance(trace(file))) == {}


@every_json_telemetry
def test_spans_in_any_files_in_any_order_give_the_same_tables(file: TraceFile, tmp_path: Path) -> None:
    pieces = _written(list(_batches(content(file.path))), tmp_path)

    assert difference(substance(read(pieces, input_format=file.format)), substance(trace(file))) == {}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_files_of_a_project_in_any_order_give_the_same_tables(seed: int) -> None:
    paths = sorted(PROJECT.rglob("*.jsonl"))
    shuffled = _chance(seed).sample(paths, len(paths))

    assert difference(substance(read(shuffled)), substance(read(PROJECT))) == {}


@pytest.mark.parametrize("format_id", ["otlp", "dynamo"])
def test_a_session_over_twenty_files_with_its_root_last_is_the_same(format_id: str, tmp_path: Path) -> None:
    name = f"{format_id}/33min.jsonl.gz"
    whole = content(SAMPLES / name)
    lines = list(_batches(whole)) if format_id == "otlp" else [line + b"\n" for line in lines_of(whole)]
    pieces = _written(_roots_last(lines), tmp_path, files=20, shuffled=False)

    assert difference(substance(read(pieces, input_format=format_id)), substance(read(SAMPLES / name))) == {}


def _roots_last(lines: list[bytes]) -> list[bytes]:
    """The other lines first, shuffled; then those that hold a root, which name no parent."""
    shuffled = _chance(20).sample(lines, len(lines))
    return sorted(
        shuffled, key=lambda line: b"claude_code.interaction" in line or b"parent_session_id" not in line
    )


def _written(lines: list[bytes], folder: Path, files: int = FILES, *, shuffled: bool = True) -> list[Path]:
    """The lines over several files, named so that nothing can be told from it."""
    order = _chance(len(lines)).sample(lines, len(lines)) if shuffled else lines
    size = -(-len(order) // files)
    paths = []
    for number, start in enumerate(range(0, len(order), size)):
        path = folder / f"{number}.part"
        path.write_bytes(b"".join(order[start : start + size]))
        paths.append(path)
    return paths


def _batches(data: bytes) -> Iterator[bytes]:
    """The same telemetry as a collector writes it: a line for every few spans or log records."""
    for document, (signal, scopes, items) in itertools.product(documents(data), SIGNALS):
        for part in document.get(signal, []):
            for scope in part.get(scopes, []):
                whole = scope.get(items, [])
                for start in range(0, len(whole), BATCH):
                    batch = {**scope, items: whole[start : start + BATCH]}
                    yield json.dumps({signal: [{**part, scopes: [batch]}]}).encode() + b"\n"


def _chance(seed: int) -> Random:
    return Random(seed)  # seeded, not secret
