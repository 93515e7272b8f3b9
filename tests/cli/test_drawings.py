"""`--html`, `--waterfall`, `--redact`, `export`: where they write, what they refuse."""

import gzip
from pathlib import Path

import pytest

from cli.running import run
from house.repository import ROOT

SAMPLES = ROOT / "sample_traces"
FAN_OUT = str(SAMPLES / "claude-code" / "fan-out.jsonl")
MANY = str(SAMPLES / "dynamo-captures" / "B")


def test_the_page_is_written_beside_the_table(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    done = run("analyze", FAN_OUT, "--html", str(target))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"1 m ")
    assert target.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert list(tmp_path.iterdir()) == [target]


def test_the_page_goes_to_standard_output_alone() -> None:
    done = run("analyze", FAN_OUT, "--html", "-")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"<!doctype html>")
    assert done.stdout.rstrip().endswith(b"</html>")


@pytest.mark.parametrize("other", [["--format", "json"], ["--json", "-"]])
def test_standard_output_has_room_for_one(other: list[str]) -> None:
    done = run("analyze", FAN_OUT, "--html", "-", *other)
    assert done.returncode == 2
    assert b"both would go to standard output" in done.stderr


def test_an_input_is_not_written_over(tmp_path: Path) -> None:
    trace = tmp_path / "trace.jsonl"
    trace.write_bytes(Path(FAN_OUT).read_bytes())
    for arguments in (
        ["analyze", str(trace), "--html", str(trace)],
        ["export", str(trace), "--to", "perfetto", "-o", str(trace)],
    ):
        done = run(*arguments)
        assert done.returncode == 2
        assert b"that is an input" in done.stderr
    assert trace.read_bytes() == Path(FAN_OUT).read_bytes()


def test_one_of_many_sessions_makes_a_page_of_one(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    done = run("analyze", MANY, "--session", "B-s003", "--html", str(target), "-q")
    assert done.returncode == 0, done.stderr
    text = target.read_text(encoding="utf-8")
    assert text.count('class="session" data-session="B-s003') == 1
    assert "sessions-table" not in text.partition("<script>")[0]


def test_the_waterfall_stands_below_the_report() -> None:
    done = run("analyze", FAN_OUT, "--waterfall", COLUMNS="80")
    report, waterfall = done.stdout.decode().split("\nWaterfall ")
    assert "Read from" in report
    assert "MMM" in waterfall
    assert max(map(len, waterfall.splitlines())) <= 80


def test_the_waterfall_is_of_one_session() -> None:
    done = run("analyze", MANY, "--waterfall")
    assert done.returncode == 2
    assert b"choose one with --session ID" in done.stderr
    one = run("analyze", MANY, "--waterfall", "--session", "B-s003")
    assert one.returncode == 0, one.stderr
    assert b"\nWaterfall " in one.stdout


def test_what_is_redacted_is_redacted_everywhere(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    document = tmp_path / "report.json"
    done = run(
        "analyze",
        MANY,
        "--redact",
        "--session",
        "B-s003",
        "--html",
        str(target),
        "--json",
        str(document),
        "--waterfall",
    )
    assert done.returncode == 0, done.stderr
    for text in (
        done.stdout.decode(),
        document.read_text(),
        target.read_text(encoding="utf-8").partition("<script>")[0],
    ):
        assert "B-s003" not in text
        assert "web_search" not in text
        assert "dynamo-captures" not in text


def test_there_is_no_content_to_include() -> None:
    done = run("analyze", FAN_OUT, "--include-content")
    assert done.returncode == 0
    assert b"nothing to include" in done.stderr
    assert done.stdout == run("analyze", FAN_OUT).stdout


def test_an_export_is_the_same_every_time(tmp_path: Path) -> None:
    targets = [tmp_path / f"{number}.pftrace" for number in range(2)]
    for target in targets:
        done = run("export", MANY, "--to", "perfetto", "-o", str(target))
        assert done.returncode == 0, done.stderr
    first, second = (target.read_bytes() for target in targets)
    assert first == second
    assert len(gzip.compress(first)) < len(first)


def test_an_export_goes_to_standard_output() -> None:
    done = run("export", FAN_OUT, "--to", "perfetto", "-o", "-")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"\x0a")


def test_an_export_of_nothing_is_refused(tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_text('{"session": "s", "kind": "request", "start": "soon"}\n')
    target = tmp_path / "x"
    for arguments in (["export", "--to", "perfetto", "-o", str(target)], ["analyze", "--html", str(target)]):
        done = run(arguments[0], str(empty), *arguments[1:])
        assert done.returncode == 3
        assert b"no session with timings" in done.stderr
        assert not target.exists()


def test_a_target_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    done = run("export", FAN_OUT, "--to", "nobody", "-o", str(tmp_path / "x"))
    assert done.returncode == 2
    assert b"perfetto" in done.stderr
