"""Every block of every page is run, or parsed where the page says why it cannot be run; none is passed over."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import agenttrace
from documents.commands import check_words
from documents.folders import prepare
from documents.outputs import differences
from documents.pages import COMMANDS, blocks, folder_of, pages, tokens, typed_before
from documents.running import HastyReader, Reader, lines_of
from house.repository import ROOT

FIRST = ("README.md", "docs/tutorial/from-a-session-to-a-decision.md")
"""What a newcomer types is typed as they would: each command in a shell, a process of its own."""

WITH_BLOCKS = [page for page in pages() if blocks(page)]


@pytest.mark.parametrize("page", WITH_BLOCKS)
def test_a_page_does_what_it_says(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = Reader if page in FIRST else HastyReader
    reader = kind(prepare(tmp_path, folder_of(page)))
    monkeypatch.chdir(tmp_path)
    for line in typed_before(page):
        reader.type_line(line, page)

    became = [reader.follow(block) for block in blocks(page)]

    assert len(became) == len(blocks(page))


def test_no_block_is_overlooked() -> None:
    """Counted a second way: fences by their lines, indented ones by the lines that begin with a command."""
    for page in pages():
        lines = (ROOT / page).read_text(encoding="utf-8").splitlines()
        opened = sum(bool(re.match(r"\s*```", line)) for line in lines)
        fenced = [token for token in tokens(page) if token.type == "fence"]
        assert opened == 2 * len(fenced), page
        typed = [line for line in lines if re.match(r" {4,}(\$ )?agenttrace ", line)]
        held = "\n".join(block.text for block in blocks(page) if block.language in {"sh", "console"})
        assert all(line.strip() in held for line in typed), page


def test_a_drawing_holds_no_command() -> None:
    for page in WITH_BLOCKS:
        for block in blocks(page):
            if block.language == "text":
                assert not [w for w in map(str.split, lines_of(block.text)) if w[0] in COMMANDS], block.place


def test_who_is_not_run_says_why() -> None:
    reasons = [block.not_run for page in WITH_BLOCKS for block in blocks(page) if block.not_run is not None]

    assert reasons
    assert all(len(reason) > 8 for reason in reasons)


def test_commands_in_sentences_exist() -> None:
    found = 0
    for page in pages():
        for token in tokens(page):
            for inside in token.children or []:
                if inside.type == "code_inline" and re.match(r"agenttrace [a-z]", inside.content):
                    check_words(inside.content, page)
                    found += 1
                for name in re.findall(r"\bagenttrace\.([a-z_]+)\(", inside.content):
                    assert name in agenttrace.__all__, f"{page}: {inside.content}"
    assert found > 10


@pytest.mark.parametrize(
    ("shown", "agrees"),
    [
        ("a\nb 12 ms\nc", True),
        ("a\n...\nc", True),
        ("a\nb ... ms\nc", True),
        ("...", True),
        ("a\nb 13 ms\nc", False),
        ("a\nc", False),
        ("a\n...", True),
        ("b ...", False),
    ],
)
def test_what_is_left_out_is_marked(shown: str, agrees: bool) -> None:  # noqa: FBT001
    assert (differences(shown, "a\nb 12 ms  \nc\n\n") == "") is agrees
