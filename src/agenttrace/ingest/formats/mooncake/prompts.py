"""Whole prompts of the turns of a session, whether its rows tell them or only what each turn adds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from agenttrace.ingest.formats.mooncake.rows import Row
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.workload.blocks import GrowingPrompt
from agenttrace.model.vocabulary import Severity


class Manner(Enum):
    """What rows tell of a prompt: all of it; what is added to prompt and answer; what is added to the prompt."""

    WHOLE = "whole"
    ADDED = "added"
    ADDED_WITH_ANSWERS = "added with answers"


class Prompt(NamedTuple):
    """A whole prompt; None where it cannot be known. `too_long`: its blocks are not, for it is no prompt of a model."""

    tokens: int | None
    hashes: list[int] | None
    too_long: bool = False


_STATED = {
    "message_array_with_responses": Manner.WHOLE,
    "deltas_without_responses": Manner.ADDED,
    "deltas_with_responses": Manner.ADDED_WITH_ANSWERS,
}
"""AIPerf's `context_mode`."""


def prompt_manner(recorder: Recorder, rows: Iterable[Row]) -> Manner:
    """The manner of a file, told from the sessions of several turns in these rows.

    Where it is not stated, rows tell whole prompts if prompts begin with the blocks that the one before
    began with, or, without hashes, if they grow by at least the answer.
    """
    votes: Counter[Manner] = Counter()
    last: dict[str, Row] = {}
    for row in rows:
        if row.context_mode in _STATED:
            return _STATED[row.context_mode]
        name = row.session_id or row.parent_chat
        if name is not None and name in last:
            votes[_manner_of_pair(last[name], row)] += 1
        for name in (row.session_id, row.chat):
            if name is not None:
                last[name] = row
    if votes[Manner.ADDED] <= votes[Manner.WHOLE]:
        return Manner.WHOLE
    recorder.dialect("mooncake-delta")
    recorder.finding(
        "prompts_added_up",
        Severity.INFO,
        "rows of a session that share no block: taken as what each turn adds, and added up with the answers between",
    )
    return Manner.ADDED


def _manner_of_pair(before: Row, row: Row) -> Manner:
    if before.hashes and row.hashes:
        return Manner.WHOLE if before.hashes[0] == row.hashes[0] else Manner.ADDED
    grown = (before.input_tokens or 0) + (before.output_tokens or 0)
    return Manner.WHOLE if (row.input_tokens or 0) >= grown else Manner.ADDED


class Prompts:
    """The prompts of one session, turn by turn."""

    def __init__(self, owner: str, block_tokens: int, manner: Manner) -> None:
        """`owner` names the session: answers of different sessions are different texts."""
        self._block_tokens = block_tokens
        self._manner = manner
        self._grown = GrowingPrompt(owner, block_tokens)
        self._known_tokens = True
        self._known_hashes = True
        self._answer: int | None = 0

    def next(self, row: Row) -> Prompt:
        """The prompt of the next turn."""
        tokens = row.input_tokens
        if tokens is None and row.hashes is not None:
            tokens = len(row.hashes) * self._block_tokens
        if self._manner is Manner.WHOLE:
            return Prompt(tokens, row.hashes)
        if self._answer:
            self._grown.answer(self._answer)
        self._known_tokens &= tokens is not None and self._answer is not None
        self._known_hashes &= self._known_tokens and row.hashes is not None
        self._grown.add(row.hashes or [], tokens or 0)
        self._answer = 0 if self._manner is Manner.ADDED_WITH_ANSWERS else row.output_tokens
        return Prompt(
            self._grown.tokens if self._known_tokens else None,
            self._grown.blocks() if self._known_hashes and not self._grown.too_long else None,
            self._grown.too_long,
        )
