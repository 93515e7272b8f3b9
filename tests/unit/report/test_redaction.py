"""No word of a trace survives, and the report still says what it said."""

import re
from dataclasses import replace
from pathlib import Path

import orjson
import polars as pl
import pytest

import agenttrace
from agenttrace.critical_path.analysis import Analysis, analyze
from agenttrace.ingest.reading import read
from agenttrace.model.trace import Trace
from agenttrace.report import as_json
from agenttrace.report.html.drawn_sessions import drawn_sessions
from agenttrace.report.html.page import page
from agenttrace.report.redaction import Redaction
from agenttrace.report.timeline.slowest import draw_slowest
from agenttrace.report.timeline.timeline import timelines
from browser.hostile import HOSTILE, write_hostile_trace
from house.repository import ROOT

SAMPLE = ROOT / "sample_traces" / "claude-code" / "33min.jsonl"


def _redacted(trace: Trace) -> tuple[Redaction, Analysis, Analysis]:
    analysis = analyze(trace)
    redaction = Redaction(analysis)
    return redaction, analysis, redaction.analysis(analysis)


def _page(trace: Trace) -> str:
    redaction, analysis, shown = _redacted(trace)
    drawn = map(redaction.timeline, draw_slowest(trace, analysis))
    return page(shown, drawn_sessions(drawn))


def _words(trace: Trace) -> set[str]:
    """Everything that the trace says itself."""
    spans, agents = trace.spans, trace.agents
    columns = [
        *(spans[name] for name in ("name", "model", "error")),
        *(agents[name] for name in ("name", "type")),
    ]
    words = {str(word) for column in columns for word in column.to_pylist() if word}
    ids = [*trace.sessions["session"].to_pylist(), *trace.sources["path"].to_pylist()]
    return words | {str(word) for word in ids}


def test_nothing_of_the_trace_is_in_the_page() -> None:
    trace = read(SAMPLE)
    text = _page(trace)
    own = {"main"}
    assert {word for word in _words(trace) - own if f">{word}<" in text or f'"{word}"' in text} == set()
    assert "33min" not in text
    assert "name-" in text


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_words_are_hashed_too(name: str, tmp_path: Path) -> None:
    text = _page(read(write_hostile_trace(tmp_path / "hostile.jsonl")))
    assert name not in text.partition("<script>")[0]


def test_numbers_stay_what_they_are() -> None:
    _, analysis, shown = _redacted(read(SAMPLE))
    before, after = (orjson.loads(b"".join(as_json.to_json(one))) for one in (analysis, shown))
    changes = [document["summary"].pop("recommendations") for document in (before, after)]
    assert before["summary"] == after["summary"]
    assert [change["saved_ns"] for change in changes[0]] == [change["saved_ns"] for change in changes[1]]
    assert [change["change"] for change in changes[1]][:2] == ["model*0.5", "tool*0.5"]
    assert changes[1][2]["change"].startswith("tool:name-")
    assert changes[1][2]["change"].endswith("*0.5")
    assert [row["critical_ns"] for row in before["sessions"][0]["tools"]] == [
        row["critical_ns"] for row in after["sessions"][0]["tools"]
    ]
    assert all(finding["example"] is None for finding in after["findings"])
    assert [finding["code"] for finding in before["findings"]] == [
        finding["code"] for finding in after["findings"]
    ]


def test_equal_words_get_equal_hashes_and_others_do_not() -> None:
    redaction, analysis, shown = _redacted(read(SAMPLE))
    (session,) = shown.sessions["session"]
    assert session.startswith("session-")
    assert set(shown.turns["session"]) == {session}
    names = dict(zip(analysis.tools["name"], shown.tools["name"], strict=True))
    assert len(set(names.values())) == len(names)
    assert names["Bash"] == redaction.hashed("name", "Bash")


def test_words_are_hashed_in_whatever_form_they_are_held() -> None:
    analysis = analyze(read(SAMPLE))
    held = replace(analysis, parts=analysis.parts.with_columns(pl.col(pl.String).cast(pl.Categorical)))
    one, other = (Redaction(analysis).analysis(found) for found in (analysis, held))
    assert one.parts["tool"].to_list() == other.parts["tool"].to_list()
    assert one.parts["session"].to_list() == other.parts["session"].to_list()


def test_the_hash_of_a_guess_is_of_no_use_without_the_trace() -> None:
    one = _redacted(read(SAMPLE))[0]
    other = _redacted(read(SAMPLE.with_name("fan-out.jsonl")))[0]
    assert one.hashed("name", "Bash") != other.hashed("name", "Bash")
    assert one.hashed("name", "Bash") == _redacted(read(SAMPLE))[0].hashed("name", "Bash")


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ("decode*0.5", "decode*0.5"),
        ("tool:web_search=0", "tool:HASH=0"),
        ("tool:general-purpose", "tool:HASH"),
        ("agent:Explore&tool:Bash*0.5,prefill-200ms", "agent:HASH&tool:HASH*0.5,prefill-200ms"),
        ("purpose:compaction*0.5", "purpose:compaction*0.5"),
        ("model:gpt-4o", "model:HASH"),
        ("model:gpt-4o-7b*0.5", "model:HASH*0.5"),
        ("agent:x-5s&tool:sleep-5s=0", "agent:HASH&tool:HASH=0"),
        ("tool:Bash +1m30s", "tool:HASH +1m30s"),
        ("tool:a=5secret*0,model:b-7b=0", "tool:HASH*0,model:HASH=0"),
        ("tool:two\nlines*.5", "tool:HASH*.5"),
    ],
)
def test_changes_keep_what_they_do_and_lose_names(change: str, shown: str) -> None:
    redaction, _, _ = _redacted(read(SAMPLE))
    line = orjson.loads(redaction.line(orjson.dumps({"what_if": [{"change": change}]})))
    assert re.sub("name-[0-9a-f]{10}", "HASH", line["what_if"][0]["change"]) == shown


def test_lanes_lose_their_names() -> None:
    trace = read(SAMPLE)
    redaction, _, _ = _redacted(trace)
    (timeline,) = timelines(trace)
    names = {lane.name for lane in redaction.timeline(timeline).lanes} - {None}
    assert names
    assert all(str(name).startswith("name-") for name in names)


def test_the_library_redacts_nothing_by_itself() -> None:
    assert "Bash" in agenttrace.to_html(read(SAMPLE))


@pytest.mark.parametrize("name", ["gpt-4o", "wait-5s", "a=0", "x*0.5", "glm-5.2-7b"])
def test_names_that_end_like_an_operation_are_hashed_whole(name: str) -> None:
    trace = read(SAMPLE)
    redaction, analysis, _ = _redacted(trace)
    ranking = analysis.ranking.with_columns(change=pl.lit(f"tool:{name}"))
    shown = redaction.analysis(replace(analysis, ranking=ranking)).ranking
    assert set(shown["change"]) == {f"tool:{redaction.hashed('name', name)}"}
