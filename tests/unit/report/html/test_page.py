"""The page as text: the same bytes, nothing from outside, nothing that runs but its own program."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import agenttrace
from agenttrace.errors import NoDataError
from agenttrace.ingest.reading import read
from agenttrace.model.trace import Trace
from agenttrace.report.html.assets import plotly, program, style
from browser.hostile import HOSTILE, write_hostile_trace
from house.repository import ROOT, SOURCE

SAMPLES = ROOT / "sample_traces"
MB = 1_000_000
OTHERS = 28 + 4 + 1  # of the sample: plain spans, waits for the user, the compaction


@pytest.fixture(scope="module")
def sample() -> Trace:
    return read(SAMPLES / "claude-code" / "33min.jsonl")


@pytest.fixture(scope="module")
def page(sample: Trace) -> str:
    return agenttrace.to_html(sample)


class Elements(HTMLParser):
    """What a browser would make of a page: elements with their attributes, the text of scripts apart."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.lasttag == "script" and self.cdata_elem == "script":
            self.scripts[-1] += data


def test_the_same_trace_gives_the_same_bytes(sample: Trace, page: str) -> None:
    assert agenttrace.to_html(sample) == page


def test_the_sample_session_is_small(page: str) -> None:
    assert len(page.encode()) < 2 * MB


def test_it_loads_nothing(page: str) -> None:
    for tag, attributes in Elements(page).found:
        for name in ("src", "href", "srcset", "data", "action", "poster", "background"):
            value = attributes.get(name) or ""
            assert value == "" or value.startswith("#"), (tag, attributes)
        assert tag not in {"link", "iframe", "object", "embed", "base", "form"}
    assert "url(" not in re.sub(r"url\(data:image/png;base64,[A-Za-z0-9+/=]+\)", "", style())
    assert "@import" not in style()


def test_only_its_own_scripts_may_run(page: str) -> None:
    elements = Elements(page)
    (policy,) = [
        attributes["content"] or ""
        for tag, attributes in elements.found
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert "unsafe" not in rules["script-src"]
    scripts = [
        script
        for script, attributes in zip(
            elements.scripts, [found[1] for found in elements.found if found[0] == "script"], strict=True
        )
        if "type" not in attributes
    ]
    assert scripts == [program(), plotly()]
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in rules["script-src"]
    assert not any(name.startswith("on") for _, attributes in elements.found for name in attributes)


def test_its_data_is_json(page: str) -> None:
    elements = Elements(page)
    kinds = [attributes.get("type") for tag, attributes in elements.found if tag == "script"]
    documents = [
        json.loads(text)
        for text, kind in zip(elements.scripts, kinds, strict=True)
        if kind == "application/json"
    ]
    assert len(documents) == 3
    session: dict[str, Any] = documents[-1]
    assert session["wall_ns"] == 1_984_344_000_000
    assert session["spans"]["n"] == 283 + 425 + OTHERS


def test_hostile_names_make_no_elements(tmp_path: Path) -> None:
    trace = read(write_hostile_trace(tmp_path / "hostile.jsonl"))
    text = agenttrace.to_html(trace)
    elements = Elements(text)
    assert not {"img", "b"} & {tag for tag, _ in elements.found}
    plain = sum(1 for tag, attributes in elements.found if tag == "script" and "type" not in attributes)
    assert plain == 2
    for character in ("\x1b", "\u202e", "\u2028", "\x00", "\x07"):
        assert character not in text
    assert not any(name.startswith("on") for _, attributes in elements.found for name in attributes)
    assert "<script>alert" not in text
    assert HOSTILE[9] in text


def test_every_part_can_be_gone_to(page: str) -> None:
    elements = Elements(page)
    ids = [attributes["id"] for _, attributes in elements.found if attributes.get("id")]
    assert len(ids) == len(set(ids))
    targets = {(attributes.get("href") or "")[1:] for tag, attributes in elements.found if tag == "a"}
    assert targets <= set(ids)
    assert {"time", "waterfall-part", "findings", "glossary"} <= targets


def test_sections_come_in_order(page: str) -> None:
    titles = [
        "Where the time went",
        "Waterfall",
        "Turns",
        "Joins that waited longest",
        "Findings",
        "Glossary and assumptions",
    ]
    places = [page.index(f">{title}</h2>") for title in titles]
    assert places == sorted(places)


def test_nothing_to_show_is_said(sample: Trace) -> None:
    with pytest.raises(NoDataError):
        agenttrace.to_html(sample.select("nobody"))


def test_plotly_is_the_file_that_was_published_with_its_licence() -> None:
    folder = SOURCE / "report" / "html" / "vendor" / "plotly-basic"
    digests = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.is_file()
    }
    told = {
        name: digest
        for digest, name in (line.split() for line in (folder / "SHA256SUMS").read_text().splitlines())
    }
    assert {name: digest for name, digest in digests.items() if name in told} == told
    assert set(told) == {"plotly-basic.min.js", "LICENSE"}
    assert "MIT" in (folder / "LICENSE").read_text()
    assert plotly().startswith("/**\n* plotly.js (basic - minified) v4.1.1")


def test_the_program_uses_nothing_that_makes_text_into_markup_or_code() -> None:
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        "fetch(",
        "XMLHttp",
        "http",
    ):
        assert word not in program(), word
