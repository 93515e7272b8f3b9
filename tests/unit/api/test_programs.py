"""What the command line does can be done from Python, with the same result."""

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

import agenttrace
from agenttrace.errors import InputError, NoDataError, UsageError
from cli.running import call
from house.repository import ROOT

FAN_OUT = ROOT / "sample_traces" / "claude-code" / "fan-out.jsonl"
A, B = (
    ROOT / "sample_traces" / "dynamo-captures" / run / "request-trace.000000.jsonl.gz" for run in ("A", "B")
)

Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv", "md"])
def test_an_analysis_is_shown_as_the_command_shows_it(
    form: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    _, out, _ = call(capsys, "analyze", str(FAN_OUT), "--format", form, "--what-if", "tool*0.5")
    analysis = agenttrace.analyze(agenttrace.read(FAN_OUT), ["tool*0.5"])
    assert agenttrace.render(analysis, form) == out


def test_paths_and_a_trace_give_one_analysis() -> None:
    by_path, by_trace = agenttrace.analyze(A), agenttrace.analyze(agenttrace.read(A))
    assert by_path.sessions.equals(by_trace.sessions)
    session = by_trace.sessions["session"][3]
    assert agenttrace.analyze(A, only=[session[:12]]).sessions["session"].to_list() == [session]


@pytest.mark.parametrize("read", [agenttrace.read, lambda path: path], ids=["trace", "path"])
def test_all_tables_are_kept(read: Callable[[Path], object], tmp_path: Path, capsys: Capture) -> None:
    assert call(capsys, "analyze", str(A), "--parquet", str(tmp_path / "command"))[0] == 0
    agenttrace.analyze(read(A), tables=tmp_path / "python")  # type: ignore[arg-type]
    for folder in (tmp_path / "command").iterdir():
        frames = [
            pl.read_parquet(place / folder.name) for place in (tmp_path / "command", tmp_path / "python")
        ]
        assert (
            frames[0]
            .drop("path", "file", "source", strict=False)
            .equals(frames[1].drop("path", "file", "source", strict=False))
        )


def test_an_analysis_tells_its_summary_and_its_tail() -> None:
    analysis = agenttrace.analyze(A)
    assert analysis.summary.sessions == 24
    assert analysis.tail is not None
    assert agenttrace.analyze(FAN_OUT).tail is None


def test_a_comparison_is_that_of_the_command(capsys: Capture) -> None:
    code, out, _ = call(capsys, "diff", str(A), str(B), "--json", "-", "--no-config")
    found = agenttrace.compare(A, B)
    assert code == 1
    assert json.loads(agenttrace.render(found, "json")) == json.loads(out)
    assert agenttrace.render(found, "junit").startswith("<?xml")
    assert "regression" in agenttrace.render(found, "md")
    assert agenttrace.render(found, "html").startswith("<!doctype html>")


def test_settings_are_those_of_the_file() -> None:
    gate = {"metric": "session.wall_time", "stat": "p50", "level": "warn"}
    found = agenttrace.compare(A, B, settings={"gate": [gate], "seed": 7})
    assert [(one.gate.metric, one.gate.level.value) for one in found.answers] == [
        ("session.wall_time", "warn")
    ]
    with pytest.raises(UsageError, match="no such setting"):
        agenttrace.compare(A, B, settings={"alhpa": 0.1})


def test_what_was_measured_of_runs_is_used(tmp_path: Path) -> None:
    measured = agenttrace.noise([A, B])
    file = tmp_path / "noise.json"
    file.write_text(agenttrace.render(measured, "json"))
    assert agenttrace.compare(A, B, noise=measured).verdict == agenttrace.compare(A, B, noise=file).verdict
    assert agenttrace.compare(A, B, noise=measured).verdict.value == "inconclusive"


def test_a_platform_that_was_fitted_is_replayed_on(tmp_path: Path) -> None:
    server = agenttrace.fit(A)
    file = tmp_path / "server.toml"
    file.write_text(agenttrace.render(server, "toml"))
    by_object = agenttrace.replay_on(B, server, lanes=4, draws=2, settings={"routing": "round-robin"})
    by_file = agenttrace.replay_on(B, file, lanes=4, draws=2, settings={"routing": "round-robin"})
    gains = zip(by_object.table["gain"], by_file.table["gain"], strict=True)
    assert all(one == pytest.approx(other, rel=0.02) for one, other in gains), "a file has six places"
    assert by_object.table["percent"].to_list() == [50, 95, 99]
    assert by_object.table["enough"].to_list() == [True, False, False]


def test_a_replay_is_that_of_the_command(capsys: Capture) -> None:
    _, out, _ = call(
        capsys, "replay", str(A), "--platform", "b200", "--model", "glm-5", "--draws", "2", "--json", "-"
    )
    found = agenttrace.replay_on(A, "b200", model="glm-5", draws=2)
    assert agenttrace.render(found, "json") == out
    assert agenttrace.render(found, "html").startswith("<!doctype html>")


def test_platforms_and_models_are_those_of_the_command(capsys: Capture) -> None:
    _, out, _ = call(capsys, "platforms", "--format", "json")
    told = json.loads(out)
    assert list(agenttrace.platforms().values()) == told["platforms"]
    assert list(agenttrace.models().values()) == told["models"]


@pytest.mark.parametrize("to", ["perfetto", "spans-jsonl", "agentic-mooncake", "otlp"])
def test_an_export_is_that_of_the_command(to: str, tmp_path: Path, capsys: Capture) -> None:
    target = tmp_path / "out"
    code, _, _ = call(capsys, "export", str(FAN_OUT), "--to", to, "--redact", "-o", str(target))
    assert code == 0
    assert agenttrace.export(FAN_OUT, to, redact=True) == target.read_bytes()


def test_a_trace_is_kept(tmp_path: Path) -> None:
    trace = agenttrace.read(FAN_OUT)
    agenttrace.save(trace, tmp_path / "kept")
    assert agenttrace.load(tmp_path / "kept").spans.equals(trace.spans)
    with pytest.raises(InputError, match="no saved trace"):
        agenttrace.load(tmp_path)
    with pytest.raises(UsageError, match="is no saved trace"):
        agenttrace.save(trace, ROOT / "docs")


MISTAKES: list[tuple[type[Exception], Callable[[], object]]] = [
    (InputError, lambda: agenttrace.read("gone")),
    (InputError, lambda: agenttrace.calibrate(FAN_OUT)),
    (UsageError, lambda: agenttrace.analyze(FAN_OUT, ["nonsense"])),
    (UsageError, lambda: agenttrace.export(FAN_OUT, "perfeto")),
    (UsageError, lambda: agenttrace.render(agenttrace.analyze(FAN_OUT), "xml")),
    (UsageError, lambda: agenttrace.replay_on(FAN_OUT, "b200")),
    (UsageError, lambda: agenttrace.replay_on(FAN_OUT, "b2000", model="glm-5")),
    (UsageError, lambda: agenttrace.sample("nothing")),
    (UsageError, lambda: agenttrace.noise([FAN_OUT])),
    (NoDataError, lambda: agenttrace.fit(FAN_OUT)),
    (NoDataError, lambda: agenttrace.compare(ROOT / "sample_traces" / "mooncake", FAN_OUT)),
]


@pytest.mark.parametrize(("kind", "mistake"), MISTAKES, ids=range(len(MISTAKES)))
def test_what_goes_wrong_is_an_error_of_ours(kind: type[Exception], mistake: Callable[[], object]) -> None:
    with pytest.raises(agenttrace.AgentTraceError) as caught:
        mistake()
    assert isinstance(caught.value, kind)


def test_nothing_is_printed(capsys: Capture) -> None:
    agenttrace.render(agenttrace.analyze(FAN_OUT))
    agenttrace.doctor(FAN_OUT)
    agenttrace.to_html(agenttrace.read(FAN_OUT), ["tool=0"], redact=True)
    assert capsys.readouterr() == ("", "")


def test_a_redacted_page_has_no_name_of_the_trace() -> None:
    page = agenttrace.to_html(agenttrace.read(FAN_OUT), redact=True)
    session = str(agenttrace.read(FAN_OUT).sessions["session"][0])
    assert session in agenttrace.to_html(agenttrace.read(FAN_OUT))
    assert session not in page


@pytest.mark.parametrize(
    "result",
    [
        lambda: agenttrace.read(A),
        lambda: agenttrace.analyze(A),
        lambda: agenttrace.compare(A, B),
        lambda: agenttrace.replay_on(A, "b200", model="glm-5", draws=2),
    ],
    ids=["trace", "analysis", "comparison", "replay"],
)
def test_results_show_themselves(result: Callable[[], object]) -> None:
    shown = result()
    html = shown._repr_html_()  # type: ignore[attr-defined]
    assert repr(shown).startswith("<")
    assert "\n" not in repr(shown)
    assert html.count("<table>") == html.count("</table>") >= 1
    assert all(sign not in html for sign in ("src=", "href=", "<script", "url(", "color:#", "http"))


def test_a_name_in_a_result_is_no_markup() -> None:
    analysis = agenttrace.analyze(FAN_OUT)
    trace = agenttrace.read(FAN_OUT)
    assert "<b>" not in trace._repr_html_()
    assert isinstance(analysis.sessions, pl.DataFrame)
