"""What a rollout is recognised by."""

from __future__ import annotations

import json

import pytest

from agenttrace.ingest.formats.codex import CODEX
from agenttrace.ingest.head import HEAD_BYTES, Head
from unit.ingest.codex.rollout import Rollout


def _claims(content: bytes) -> bool:
    return CODEX.sniff(Head(content[:HEAD_BYTES]))


def test_a_rollout_is_recognised_wherever_it_begins() -> None:
    rollout = Rollout().meta().begin(0.5).prompt(1).say(2).count(2.5)

    for number in range(len(rollout.records)):
        assert _claims(Rollout(records=rollout.records[number:]).content)


def test_a_first_record_longer_than_the_head_is_recognised() -> None:
    assert _claims(Rollout().meta(base_instructions={"text": "x" * 100_000}).content)


def test_the_header_of_early_versions_is_recognised() -> None:
    assert _claims(
        b'{"id":"a","timestamp":"2025-08-01T00:00:00Z","instructions":null}\n{"record_type":"state"}\n'
    )


@pytest.mark.parametrize(
    "record",
    [
        {"type": "thread.started", "thread_id": "t"},
        {"type": "event_msg", "payload": {}},
        {"type": "event_msg", "timestamp": "2026-01-01T00:00:00Z", "payload": []},
        {"type": "user", "timestamp": "2026-01-01T00:00:00Z", "payload": {}},
        {"type": [], "timestamp": "2026-01-01T00:00:00Z", "payload": {}},
        {"id": "a", "timestamp": "2025-08-01T00:00:00Z"},
    ],
)
def test_other_records_are_not(record: dict[str, object]) -> None:
    assert not _claims(json.dumps(record).encode() + b"\n")
