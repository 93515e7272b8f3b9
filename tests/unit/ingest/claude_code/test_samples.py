"""Sample sessions, of which everything is known: the reading finds what was written."""

from __future__ import annotations

from collections import Counter

import polars as pl
import pytest

from agenttrace import samples
from agenttrace.ingest.assembly.assemble import ReadSource, assemble
from agenttrace.ingest.formats.claude_code import CLAUDE_CODE
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.model.trace import Trace


def _trace(files: dict[str, bytes]) -> Trace:
    sources = []
    for name, content in files.items():
        recorder = Recorder()
        CLAUDE_CODE.read(Source(name, content), recorder)
        sources.append(ReadSource(name, CLAUDE_CODE.id, len(content), recorder.trace()))
    return assemble(sources)


@pytest.mark.parametrize("name", samples.names())
def test_counts_and_tokens_are_those_of_the_story(name: str) -> None:
    truth = samples.truth(name)
    counts, tokens = truth["counts"], truth["tokens"]
    assert isinstance(counts, dict)
    assert isinstance(tokens, dict)
    trace = _trace({"x.jsonl": samples.sample_bytes(name)})
    spans = pl.DataFrame(pl.from_arrow(trace.spans))
    kinds = Counter(spans.select(pl.format("{}/{}", "kind", "purpose")).to_series().to_list())
    assert kinds["request/turn"] + kinds["request/compaction"] == counts["requests"]
    assert kinds["other/failed_attempt"] == counts["retries"]
    assert kinds["compaction/compaction"] == counts["compactions"]
    assert kinds["tool/turn"] == counts["tool_calls"]
    assert kinds["user_wait/turn"] == counts["prompts"] - 1 + counts["permissions"]
    assert trace.agents.num_rows == counts["subagents"] + 1
    assert spans.get_column("input_tokens").sum() == tokens["input"]
    assert spans.get_column("output_tokens").sum() == tokens["output"]
    session = trace.sessions.to_pylist()[0]
    assert (session["start_ns"], session["end_ns"]) == (truth["start_ns"], truth["end_ns"])


@pytest.mark.parametrize("name", samples.names())
def test_one_file_with_all_in_it_and_a_folder_give_the_same(name: str) -> None:
    one = _trace({"x.jsonl": samples.sample_bytes(name)})
    files = {
        file: content for file, content in samples.project_files(name).items() if file.endswith(".jsonl")
    }
    many = _trace(files)
    columns = [column for column in one.spans.column_names if column not in {"source", "line"}]
    assert one.spans.select(columns).to_pylist() == many.spans.select(columns).to_pylist()
