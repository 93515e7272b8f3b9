"""`agenttrace analyze`, with an analysis that is made by hand."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from agenttrace.errors import NoDataError
from agenttrace.ingest import reading
from agenttrace.workers.engine import usable_cores
from cli.running import call, stand_in
from contract.trace_files import SAMPLES
from unit.report.analyses import HOSTILE, analysis_of, long_session, many_sessions


@pytest.fixture
def fleet(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return stand_in(monkeypatch, many_sessions())


def test_the_report_begins_with_the_answer(
    fleet: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = call(capsys, "analyze", "a", "b")
    assert code == 0
    assert out.startswith("24 sessions, median 12.1 s")
    assert err == ""
    assert fleet.pop("jobs") == usable_cores()
    assert fleet.pop("sharing") == reading.Sharing()
    assert fleet == {"paths": ["a", "b"], "input_format": None, "suspend_after_ns": 30 * 60 * 10**9}


def test_options_reach_the_reading(fleet: dict[str, object], capsys: pytest.CaptureFixture[str]) -> None:
    call(capsys, "analyze", "--input-format", "otlp", "--suspend-after", "1h30m", "--jobs", "7", "a")
    assert fleet["jobs"] == 7
    assert fleet["input_format"] == "otlp"
    assert fleet["suspend_after_ns"] == 90 * 60 * 10**9


@pytest.mark.usefixtures("fleet")
def test_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "analyze", "a", "--format", "json", "--top", "2", "--label", "build=a=b")
    document = json.loads(out)
    assert code == 0
    assert document["summary"]["sessions"] == 24
    assert [len(session["turns"]) for session in document["sessions"]] == [2] * 24
    assert document["sessions"][0]["labels"] == {"build": "a=b"}


@pytest.mark.usefixtures("fleet")
def test_the_other_formats(capsys: pytest.CaptureFixture[str]) -> None:
    _, lines, _ = call(capsys, "analyze", "a", "--format", "jsonl")
    assert [*map(json.loads, lines.splitlines())][-1]["summary"]["sessions"] == 24
    _, table, _ = call(capsys, "analyze", "a", "--format", "csv")
    assert len(list(csv.DictReader(io.StringIO(table)))) == 24
    _, page, _ = call(capsys, "analyze", "a", "--format", "md")
    assert page.startswith("**24 sessions")


@pytest.mark.usefixtures("fleet")
def test_json_goes_to_a_file_beside_the_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "analysis.json"
    file.write_text("what was there")
    code, out, _ = call(capsys, "analyze", "a", "--json", str(file))
    assert code == 0
    assert out.startswith("24 sessions")
    assert json.loads(file.read_bytes())["command"] == "analyze"
    assert [path.name for path in tmp_path.iterdir()] == ["analysis.json"]


@pytest.mark.usefixtures("fleet")
def test_json_to_standard_output_takes_the_place_of_the_report(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "analyze", "a", "--json", "-")
    _, same, _ = call(capsys, "analyze", "a", "--format", "json")
    assert code == 0
    assert out == same
    assert json.loads(out)["command"] == "analyze"
    assert not Path("-").exists()


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize("chosen", ["table", "json", "csv"])
def test_two_documents_do_not_share_standard_output(chosen: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, "analyze", "a", "--json", "-", "--format", chosen)
    assert (code, out) == (2, "")
    assert err.startswith(f"error: --json - and --format {chosen}: both would go to standard output\nhint: ")


@pytest.mark.usefixtures("fleet")
def test_a_file_that_cannot_be_written_is_said_and_nothing_is_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "no" / "analysis.json"
    code, out, err = call(capsys, "analyze", "a", "--json", str(file))
    assert (code, out) == (2, "")
    assert err == f"error: {file}: cannot be written: No such file or directory\n"


@pytest.mark.usefixtures("fleet")
def test_one_session_is_chosen_by_the_beginning_of_its_id(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "analyze", "a", "--session", "run-017", "--format", "json")
    assert [session["session_id"] for session in json.loads(out)["sessions"]] == ["run-017"]
    code, _, err = call(capsys, "analyze", "a", "--session", "run-77")
    assert code == 2
    assert err.startswith("error: there is no session 'run-77'\nhint: there are: run-0")


def test_nothing_to_analyse_is_exit_3(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = analysis_of([])
    stand_in(monkeypatch, replace(empty, findings=long_session().findings))
    code, out, err = call(capsys, "analyze", "traces", "--format", "json")
    assert (code, out) == (NoDataError.exit_code, "") == (3, "")
    assert err.startswith("error: traces/run.jsonl: no session with timings")
    assert "hint: 120 × output-tokens-estimated" in err


@pytest.mark.parametrize(("severity", "expected"), [("info", 0), ("warning", 4), ("error", 4)])
def test_strict_refuses_what_was_dropped_or_repaired(
    severity: str, expected: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = {
        "code": "torn",
        "severity": severity,
        "count": 3,
        "file": "a.jsonl",
        "line": 7,
        "example": HOSTILE,
    }
    stand_in(monkeypatch, many_sessions(), [found])
    assert call(capsys, "analyze", "a.jsonl")[0] == 0
    code, _, err = call(capsys, "analyze", "--strict", "a.jsonl")
    assert code == expected
    if expected:
        assert err.startswith("error: a.jsonl:7: torn: \\x1b[31m")
        assert "(3 such faults in all)" in err
        assert all(line.isprintable() for line in err.splitlines())


@pytest.mark.parametrize(
    ("text", "code"),
    [("torn", "torn_last_line"), ("joined", "joined_lines"), ("marked", "repaired_line"), ("whole", "")],
)
def test_strict_refuses_lines_that_are_not_json(
    text: str, code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = (SAMPLES / "claude-code" / "fan-out.jsonl").read_bytes()
    given = {
        "torn": whole[:-40],
        "joined": whole.replace(b"\n", b"", 1),
        "marked": b"\xef\xbb\xbf" + whole,
        "whole": whole,
    }[text]
    (tmp_path / "a.jsonl").write_bytes(given)
    assert call(capsys, "analyze", str(tmp_path / "a.jsonl"))[0] == 0
    found, _, err = call(capsys, "analyze", "--strict", str(tmp_path / "a.jsonl"))
    assert (found, code in err) == (4 if code else 0, True)


def test_findings_are_mentioned_where_nobody_would_see_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in(monkeypatch, long_session())
    assert call(capsys, "analyze", "a")[2] == ""
    assert (
        call(capsys, "analyze", "a", "--format", "csv")[2]
        == "note: 6 findings: negative-duration, torn-line\n"
    )
    assert call(capsys, "analyze", "a", "--format", "csv", "-q")[2] == ""


@pytest.mark.usefixtures("fleet")
def test_verbose_says_what_was_read_and_how_long_it_took(capsys: pytest.CaptureFixture[str]) -> None:
    _, _, err = call(capsys, "analyze", "a", "-v")
    assert "traces/run.jsonl: spans-jsonl, 1245 records, 24 sessions\n" in err
    assert err.startswith("reading and analysing: 0.0")


@pytest.mark.parametrize(
    ("arguments", "colored"),
    [([], False), (["--color", "always"], True), (["--color", "never"], False)],
)
def test_colour_is_only_where_it_is_wanted(
    arguments: list[str],
    colored: bool,  # noqa: FBT001
    fleet: dict[str, object],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert fleet == {}
    assert ("\x1b[" in call(capsys, "analyze", "a", *arguments)[1]) is colored


@pytest.mark.usefixtures("fleet")
def test_the_environment_decides_on_colour_where_nothing_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in call(capsys, "analyze", "a")[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in call(capsys, "analyze", "a")[1]


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--label", "x"], "error: --label x: expected KEY=VALUE\n"),
        (["--label", "=x"], "error: --label =x: expected KEY=VALUE\n"),
        (["--label", "a=\x1b[0m"], r"error: --label a=\x1b[0m: holds characters that cannot be shown" + "\n"),
        (["--suspend-after", "30"], "error: --suspend-after 30: a duration needs a number and a unit"),
        (["--suspend-after", "0s"], "error: --suspend-after 0s: it has to be longer than nothing\n"),
        (
            ["--suspend-after", "9999999d"],
            "error: --suspend-after 9999999d: longer than any session can be\n",
        ),
        (["--top", "0"], "error: invalid value for '--top'"),
        (["--top", "many"], "error: invalid value for '--top'"),
    ],
)
def test_a_value_that_cannot_be_meant_is_named(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = call(capsys, "analyze", "a", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(message)


def test_a_defect_is_one_line_and_a_traceback_only_with_debug(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def read(*_: object, **__: object) -> None:
        raise KeyError(HOSTILE)

    monkeypatch.setattr(reading, "Reading", read)
    code, _, err = call(capsys, "analyze", "a")
    assert code == 70
    assert err.startswith("error: internal error: KeyError: ")
    assert err.count("\n") == 2
    assert all(line.isprintable() for line in err.splitlines())
    code, _, err = call(capsys, "analyze", "a", "--debug")
    assert code == 70
    assert err.startswith("Traceback")


def test_an_interruption_is_exit_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def read(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(reading, "Reading", read)
    assert call(capsys, "analyze", "a") == (130, "", "error: interrupted\n")
