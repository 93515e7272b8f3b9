"""A transcript is known by its records, whatever the file is called and wherever it is cut."""

from __future__ import annotations

import json

import pytest

from agenttrace.ingest.formats.claude_code import CLAUDE_CODE
from agenttrace.ingest.head import Head
from unit.ingest.claude_code.chat import Chat, read


def _head() -> bytes:
    chat = Chat()
    chat.prompt(0)
    chat.answer(1, "1")
    return chat.content


@pytest.mark.parametrize(
    "head",
    [
        _head(),
        b"not json\n" + _head(),
        _head()[:200],
        b'{"type":"summary","summary":"x","leafUuid":"u"}\n',
        b'{"type":"queue-operation","operation":"enqueue","sessionId":"s"}\n',
        json.dumps({"parentUuid": None, "isSidechain": False, "x": "y" * 99_999}).encode()[:65_536],
    ],
    ids=["records", "after a broken line", "cut", "summary", "queue", "one long line"],
)
def test_it_is_recognised(head: bytes) -> None:
    assert CLAUDE_CODE.sniff(Head(head))


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\x00\xff",
        b"[" * 70_000,
        b'{"timestamp":"2026-01-01T00:00:00Z","type":"session_meta","payload":{"id":"x"}}\n',
        b'{"resourceSpans":[]}\n',
        b'{"type":"user","message":{"content":"hi"}}\n',
        b'{"type":"summary","summary":"x"}\n',
    ],
)
def test_other_content_is_not(head: bytes) -> None:
    assert not CLAUDE_CODE.sniff(Head(head))


def test_an_empty_file_gives_nothing() -> None:
    reading = read(b"")
    assert (reading.spans, reading.sessions, reading.findings) == ({}, [], {})
