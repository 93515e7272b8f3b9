"""L12: in one piece, in any pieces, in any order of files, a trace gives the same tables."""

import itertools
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from agenttrace.ingest.reading import read
from agenttrace.model.trace import Trace
from contract.table_rows import difference, substance
from contract.trace_cases import cases, every_dynamo_trace, of_format, trace
from contract.trace_files import SAMPLES, SHARED, TraceFile, content, documents, lines_of

PROJECT = SAMPLES / "claude-code" / "33min-project"
PROJECTS = {"33min": PROJECT, "real": SHARED / "sessions" / "claude-code" / "marot-spotter"}
FILES = 7
BATCH = 5
SIGNALS = (("resourceSpans", "scopeSpans", "spans"), ("resourceLogs", "scopeLogs", "logRecords"))

every_transcript = pytest.mark.parametrize("file", cases(of_format("claude-code")))
every_cut = pytest.mark.parametrize("shuffled", [False, True], ids=["cut", "shuffled"])
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


@every_transcript
@every_cut
def test_a_transcript_over_twenty_files_in_random_order_is_the_same(
    file: TraceFile, tmp_path: Path, *, shuffled: bool
) -> None:
    lines = [line + b"\n" for line in lines_of(content(file.path))]
    pieces = _written(lines, _beside(file.path, tmp_path), 20, shuffled=shuffled)

    read_in_pieces = read(_chance(20).sample(pieces, len(pieces)), input_format="claude-code")

    assert difference(substance(read_in_pieces), substance(trace(file))) == {}
    assert _counted(read_in_pieces) == _counted(trace(file))


@pytest.mark.parametrize("project", PROJECTS)
@every_cut
def test_a_project_of_which_every_file_is_cut_is_the_same(
    project: str, tmp_path: Path, *, shuffled: bool
) -> None:
    folder = PROJECTS[project]
    if not folder.is_dir():
        pytest.skip(f"third-party traces are not here: {folder}")
    pieces = []
    for number, path in enumerate(sorted(folder.rglob("*.jsonl"))):
        lines = [line + b"\n" for line in lines_of(content(path))]
        pieces += _written(lines, _beside(path, tmp_path / str(number)), shuffled=shuffled)

    read_in_pieces = read(_chance(33).sample(pieces, len(pieces)), input_format="claude-code")

    assert difference(substance(read_in_pieces), substance(read(folder))) == {}
    assert _counted(read_in_pieces) == _counted(read(folder))


@pytest.mark.parametrize("project", PROJECTS)
def test_lines_of_all_files_of_a_project_in_any_files_give_the_same_work(
    project: str, tmp_path: Path
) -> None:
    folder = PROJECTS[project]
    if not folder.is_dir():
        pytest.skip(f"third-party traces are not here: {folder}")
    paths = sorted(folder.rglob("*.jsonl"))
    lines = [line + b"\n" for path in paths for line in lines_of(content(path))]
    pieces = _written(lines, tmp_path, 20)
    for beside in folder.rglob("*.meta.json"):
        shutil.copy(beside, tmp_path)

    read_in_pieces = read(pieces, input_format="claude-code")

    assert difference(substance(read_in_pieces), substance(read(folder))) == {}


@every_transcript
def test_a_transcript_beside_its_own_pieces_is_counted_once(file: TraceFile, tmp_path: Path) -> None:
    lines = [line + b"\n" for line in lines_of(content(file.path))]
    pieces = _written(lines, _beside(file.path, tmp_path), shuffled=False)
    given = _chance(3).sample([*pieces, file.path], len(pieces) + 1)

    assert difference(substance(read(given, input_format="claude-code")), substance(trace(file))) == {}


def _beside(path: Path, folder: Path) -> Path:
    """A folder for pieces of the file, with what is told of it beside it."""
    folder.mkdir(exist_ok=True)
    beside = path.with_name(f"{path.stem}.meta.json")
    if beside.exists():
        shutil.copy(beside, folder)
    return folder


def _counted(read: Trace) -> Counter[tuple[str, str]]:
    """How often each finding was made, in all files together."""
    counted: Counter[tuple[str, str]] = Counter()
    for row in read.findings.to_pylist():
        counted[row["code"], row["severity"]] += row["count"]
    return counted


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
