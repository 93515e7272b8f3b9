"""What no writer means: bombs, endless lines, blank space, nesting, other units, mixed folders, torn ends."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from agenttrace.critical_path.analysis import analyze
from agenttrace.errors import InputError
from agenttrace.ingest import compressed, lines
from agenttrace.ingest.json_text import begins_document
from agenttrace.ingest.reading import read
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.registry import format_by_id, formats, recognise
from agenttrace.ingest.source import Source
from unit.ingest.readings import read_content

SAMPLES = Path(__file__).resolve().parents[3] / "sample_traces"
LINED = {
    "dynamo": "dynamo/fan-out.jsonl",
    "otlp": "otlp/fan-out.jsonl",
    "claude-code": "claude-code/fan-out.jsonl",
    "codex": "codex/rollout-2026-03-01T13-00-00-019ca97b-f880-7000-8000-000000000000.jsonl",
    "gemini-cli": "gemini-cli/chat.jsonl",
    "pi": "pi/session.jsonl",
    "aiperf": "aiperf/profile_export.jsonl",
    "atof": "atof/session.jsonl",
    "openai-agents": "openai-agents/handoff.jsonl",
}
DOCUMENTS = {
    "atif": "atif/session.json",
    "cline": "cline/task/ui_messages.json",
    "gemini-cli": "gemini-cli/chat.json",
    "langfuse": "langfuse/support-agent.json",
    "langsmith": "langsmith/nested.json",
    "mini-swe-agent": "mini-swe-agent/trajectory.traj.json",
    "nat": "nat/all_requests_profiler_traces.json",
    "opencode": "opencode/export.json",
    "openhands": "openhands/trajectory.json",
    "phoenix": "phoenix/spans.json",
    "swe-agent": "swe-agent/trajectory.traj",
}
MIB = 1 << 20
every_lined = pytest.mark.parametrize(("format_id", "name"), LINED.items())
every_document = pytest.mark.parametrize(("format_id", "name"), DOCUMENTS.items())
every_packer = pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
Pack = Callable[[bytes], bytes]


def _spans(format_id: str, content: bytes) -> dict[str, object]:
    """The spans without their lines, for a document may be laid out over several."""
    found = read_content(format_id, content).spans
    return {key: {**span, "line": None} for key, span in found.items()}


@every_packer
@pytest.mark.parametrize("filling", [b"\0", b" ", b'{"a":1}\n'])
def test_a_compression_bomb_is_refused_with_a_hint(
    pack: Pack, filling: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compressed, "BOMB_BYTES", 4 * MIB)
    monkeypatch.setattr(compressed, "BOMB_RATIO", 100)
    bomb = Source("bomb", pack(filling * (64 * MIB // len(filling))))

    with pytest.raises(InputError, match="compression bomb") as error:
        list(bomb.lines())

    assert error.value.hint is not None
    assert "unpack it first" in error.value.hint


@every_packer
def test_what_repeats_itself_is_no_bomb_below_the_limit(pack: Pack) -> None:
    content = b'{"a": 1}\n' * (8 * MIB // 9)

    assert sum(1 for _ in Source("x", pack(content)).lines()) == 8 * MIB // 9


@pytest.mark.parametrize("format_id", ["dynamo", "claude-code", "codex"])
def test_a_bomb_in_a_folder_costs_no_more_than_itself(
    format_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compressed, "BOMB_BYTES", 4 * MIB)
    monkeypatch.setattr(compressed, "BOMB_RATIO", 100)
    sound, other = (SAMPLES / LINED[name] for name in (format_id, "dynamo"))
    for file in {sound, other}:
        shutil.copy(file, tmp_path / f"{file.parent.name}-{file.name}")
    bomb = other.read_bytes() if format_id == "dynamo" else sound.read_bytes()
    (tmp_path / "bomb.jsonl.gz").write_bytes(gzip.compress(bomb + b"{}\n" * (16 * MIB)))

    trace = read(tmp_path)

    assert trace.spans.num_rows == read(sorted({sound, other})).spans.num_rows
    assert "unreadable" in trace.findings["code"].to_pylist()


def test_a_line_without_an_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LONGEST_LINE_BYTES", 2 * MIB)

    with pytest.raises(InputError, match="one line of more than"):
        list(Source("x", b"x" * 8 * MIB).lines())
    assert [len(line) for _, line in Source("x", b" " * 8 * MIB + b"ab").lines()] == [2]


def test_zeros_and_spaces_without_end_are_one_broken_line() -> None:
    assert list(Source("x", b"a\n" + bytes(3 * MIB)).lines()) == [(1, b"a"), (2, b"\0")]
    assert list(Source("x", b"a\n" + b" " * 3 * MIB).lines()) == [(1, b"a")]


@every_lined
def test_a_line_of_fifty_megabytes_takes_no_other_along(format_id: str, name: str) -> None:
    content = (SAMPLES / name).read_bytes().rstrip() + b"\n"
    long = b'{"filler": "' + b"x" * 50_000_000 + b'"}\n'

    assert _spans(format_id, content + long) == _spans(format_id, content)


@every_lined
@pytest.mark.parametrize("nest", [b"[" * 100_000, b'{"a":' * 100_000 + b"1" + b"}" * 100_000])
def test_a_line_nested_without_end_takes_no_other_along(format_id: str, name: str, nest: bytes) -> None:
    content = (SAMPLES / name).read_bytes().rstrip() + b"\n"

    assert _spans(format_id, content + nest + b"\n") == _spans(format_id, content)


@every_document
@pytest.mark.parametrize("space", [b" ", b"\n"])
def test_blank_space_before_a_document_hides_nothing(format_id: str, name: str, space: bytes) -> None:
    content = (SAMPLES / name).read_bytes()
    spaced = space * 3 * MIB + content

    assert recognise(Source("x", spaced)).id == format_id
    assert _spans(format_id, spaced) == _spans(format_id, content)


@every_document
@pytest.mark.parametrize("fault", [b'"\xff\xfe', b"{]", b"[" * 100_000, b"not json", b"\0" * 40])
def test_a_document_that_breaks_near_its_end_is_still_known(format_id: str, name: str, fault: bytes) -> None:
    content = (SAMPLES / name).read_bytes()
    broken = content[: int(len(content) * 0.8)] + fault

    assert recognise(Source("x", broken)).id == format_id
    assert read_content(format_id, broken).spans


@pytest.mark.parametrize("path", sorted({*LINED.values(), *DOCUMENTS.values()}))
@pytest.mark.parametrize("word", [b"NaN", b"Infinity", b"-Infinity", b"1e999"])
def test_numbers_that_are_none_are_survived(path: str, word: bytes) -> None:
    content = re.sub(rb"(?<=[ :])\d+(?:\.\d+)?(?=[,}\s])", word, (SAMPLES / path).read_bytes())
    format_id = path.partition("/")[0]

    assert word in content or format_id == "pi"
    read_content(format_id, content)


def test_the_formats_of_a_folder_are_told_apart_whatever_the_files_are_called(tmp_path: Path) -> None:
    for number, name in enumerate(sorted({*LINED.values(), *DOCUMENTS.values()})):
        shutil.copy(SAMPLES / name, tmp_path / f"{number}.png")
    (tmp_path / "picture.json").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    (tmp_path / "empty.jsonl").write_bytes(b"")

    trace = read(tmp_path)

    assert set(trace.sources["format"].to_pylist()) == LINED.keys() | DOCUMENTS.keys()
    assert trace.findings["code"].to_pylist().count("not_a_trace") == 2
    assert LINED.keys() | DOCUMENTS.keys() <= {known.id for known in formats()}


@pytest.mark.parametrize(
    ("unit", "divisor"), [("seconds", 10**9), ("milliseconds", 10**6), ("microseconds", 10**3)]
)
def test_instants_in_another_unit_are_said(tmp_path: Path, unit: str, divisor: int) -> None:
    content = (SAMPLES / LINED["otlp"]).read_bytes()
    path = tmp_path / "trace"
    path.write_bytes(
        re.sub(rb'(UnixNano": ?"?)(\d+)', lambda m: m[1] + str(int(m[2]) // divisor).encode(), content)
    )

    examples = [f["example"] for f in read(path).findings.to_pylist() if f["code"] == "unit_mistaken"]

    assert len(examples) == 1
    assert unit in examples[0]
    assert "unit_mistaken" not in read(SAMPLES / LINED["otlp"]).findings["code"].to_pylist()


@every_lined
def test_a_clock_that_jumps_leaves_no_session_of_negative_length(
    format_id: str, name: str, tmp_path: Path
) -> None:
    lines = (SAMPLES / name).read_bytes().splitlines()
    half = len(lines) // 2
    path = tmp_path / "trace"
    path.write_bytes(b"\n".join(lines[:half] + [line.replace(b"2026-", b"2025-") for line in lines[half:]]))

    sessions = analyze(read(path, input_format=format_id)).sessions

    assert sessions.height
    assert sessions["wall_ns"].min() >= 0  # type: ignore[operator]


@every_lined
def test_a_session_that_never_ends_is_analysed_as_far_as_it_goes(
    format_id: str, name: str, tmp_path: Path
) -> None:
    lines = (SAMPLES / name).read_bytes().splitlines()
    path = tmp_path / "trace"
    path.write_bytes(b"\n".join(lines[: len(lines) * 2 // 3]) + b"\n" + lines[-1][:20])

    assert analyze(read(path, input_format=format_id)).sessions.height


@pytest.mark.parametrize(
    ("text", "document"),
    [
        (b'{\n "a": 1}', 1),
        (b'{\n{"a": 1}\n', 0),
        (b'[\n{"a": 1},\n{"a": 2}]', 1),
        (b'[\n{"a": 1}\n{"a": 2}', 0),
        (b"[\n", 0),
        (b'{"a": 1}\n{"a": 2}', 0),
    ],
)
def test_a_lone_bracket_is_a_broken_line_where_lines_follow(text: bytes, document: int) -> None:
    assert begins_document(text) == document


@pytest.mark.parametrize("format_id", ["gemini-cli", "pi"])
def test_a_chat_whose_header_is_torn_is_still_known(format_id: str) -> None:
    header, rest = (SAMPLES / LINED[format_id]).read_bytes().split(b"\n", 1)

    assert recognise(Source("x", header[:40] + b"\n" + rest)).id == format_id


def test_what_stands_between_the_records_of_an_outfile_is_said() -> None:
    content = (SAMPLES / "gemini-cli/telemetry.outfile").read_bytes()
    sound, broken = (
        read_content("gemini-cli", text)
        for text in (content, content.replace(b"\n}\n{", b"\n}\nnot json\n{", 1))
    )

    assert [*broken.spans] == [*sound.spans]
    assert broken.findings.keys() - sound.findings.keys() == {"broken_document"}


def test_an_agent_that_is_exported_twice_keeps_its_lane() -> None:
    lines = (SAMPLES / LINED["openai-agents"]).read_bytes().splitlines()
    twice = [line for line in lines if json.loads(line).get("span_data", {}).get("type") == "agent"]
    content = b"\n".join(lines)
    sound = read_content("openai-agents", content)
    recorder = Recorder()
    format_by_id("openai-agents").read(Source("x", b"\n".join([*lines, *twice])), recorder)

    assert {agent["agent_key"] for agent in recorder.trace().agents.to_pylist()} == set(sound.agents)


def test_a_chat_without_ids_is_known_though_its_last_message_is_cut_off() -> None:
    said = [{"id": f"m{n}", "timestamp": "2026-03-01T12:00:00Z", "type": "user"} for n in range(2)]
    content = json.dumps({"messages": said}).encode()

    assert recognise(Source("x", content[: content.rindex(b'"timestamp"')])).id == "gemini-cli"
