"""What a chain's requests were for, where the source does not say: retries, compactions, truncations.

The format marks none of them. They show only in a chain as a whole, and a chain may lie in several
files, so this is no part of reading: pure functions over the requests of complete sessions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agenttrace.ingest.assembly.prompts import Prompts
from agenttrace.model.vocabulary import Purpose

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

UNKNOWN = -1

_RETRY_LOOKAHEAD = 4
_RETRY_SAME_HASHES_NS = 60 * 10**9
_RETRY_SAME_LENGTH_NS = 10 * 10**9
_FALL = 0.8
"""A context that is cut to less than this share of its tokens has fallen,"""

_LEAST_FALL_TOKENS = 256
"""if it lost as many as this."""

_BACK = 0.9
"""Without hashes, a context of this share of the tokens before the fall is the old one again."""

_LONG_PROMPT_BLOCKS = 16
_CLOCK_NS = 2_000_000
_AUTOMATIC_NS = 5 * 10**9
"""A program that goes on within so much time is not waiting for a person."""

_SUMMARY_SHARE = 0.5
_OPEN_CONTEXTS = 8
_EARLIER_PROMPTS = 64
_TURN, _COMPACTION, _FAILED = (
    tuple(Purpose).index(word) for word in (Purpose.TURN, Purpose.COMPACTION, Purpose.FAILED_ATTEMPT)
)


@dataclass(frozen=True, slots=True)
class Requests:
    """Requests of complete sessions, one row each, in any order.

    `session` and `lane` are any integers; a lane belongs to one session. Times are Unix ns, tokens are
    counts, UNKNOWN where null. `answered`: the source states that the answer came to its end. `failed`:
    it states that it did not. `tool_result`: the request was triggered by a tool's result. `calls_tools`:
    the answer is known to ask for tools. Row i has the block hashes of prompt `prompt[i]` (UNKNOWN: none) of
    `prompts`, of `block_size[i]` tokens.
    """

    session: Ints
    lane: Ints
    start_ns: Ints
    end_ns: Ints
    input_tokens: Ints
    output_tokens: Ints
    answered: Mask
    failed: Mask
    tool_result: Mask
    calls_tools: Mask
    block_size: Ints
    prompt: Sequence[int]
    prompts: Prompts


@dataclass(frozen=True, slots=True)
class Contexts:
    """What was inferred. Rows are those of `Requests`.

    `cancelled`: unanswered rows of sessions in which others are answered; their status is cancelled.
    `purpose`: positions in `Purpose`. `attempt`: from 1. `retry_of`: the row that it retries, or UNKNOWN.
    `compactions`: rows whose answer became a summary; `successors`: the rows that start from these
    summaries, so that input_tokens of the two are the tokens before and after. `truncated`: rows whose
    context the program itself had cut, without a request.
    """

    cancelled: Mask
    purpose: NDArray[np.int8]
    attempt: NDArray[np.int32]
    retry_of: Ints
    compactions: Ints
    successors: Ints
    truncated: Ints


def infer_contexts(requests: Requests, tool_lane: Ints, tool_start_ns: Ints) -> Contexts:
    """Retries, compactions and truncations of all lanes; the tools' lanes are those of the requests.

    A retry follows a request that failed, in its lane, soon, with the same prompt. A compaction is the
    last request of a context, calls no tool, and is followed by a request that starts a context of much
    fewer tokens, to which no older one of that size returns. With tools in between, nobody summarised.
    """
    lanes = _Lanes(requests, tool_lane, tool_start_ns)
    cancelled, retry_of = _retries(lanes)
    attempt = np.ones(len(retry_of), dtype=np.int32)
    purpose = np.full(len(retry_of), _TURN, dtype=np.int8)
    for row in lanes.order[retry_of[lanes.order] != UNKNOWN]:
        attempt[row] = attempt[retry_of[row]] + 1
        purpose[retry_of[row]] = _FAILED
    compactions: list[tuple[int, int]] = []
    truncated: list[int] = []
    for rows in _lanes_that_fall(lanes, purpose != _FAILED):
        for before, after in _falls(lanes, rows, cancelled | requests.failed):
            if _tools_between(lanes, before, after):
                truncated.append(after)
            elif _is_summary(lanes, rows, before, after):
                compactions.append((before, after))
    pairs = np.array(sorted(compactions), dtype=np.int64).reshape(-1, 2)
    purpose[pairs[:, 0]] = _COMPACTION
    return Contexts(
        cancelled,
        purpose,
        attempt,
        retry_of,
        compactions=pairs[:, 0],
        successors=pairs[:, 1],
        truncated=np.array(sorted(truncated), dtype=np.int64),
    )


class _Lanes:
    """The requests in order of lane and start, their prompts compared on demand.

    What is asked of single rows lies in lists: they give out integers several times as fast as arrays.
    """

    def __init__(self, requests: Requests, tool_lane: Ints, tool_start_ns: Ints) -> None:
        self.of = requests
        self.order: Ints = np.lexsort(
            (requests.input_tokens, requests.end_ns, requests.start_ns, requests.lane)
        ).astype(np.int64)
        lengths = requests.prompts.lengths
        self.lengths = [0 if prompt == UNKNOWN else lengths[prompt] for prompt in requests.prompt]
        self.block_size = requests.block_size.tolist()
        self.tokens = requests.input_tokens.tolist()
        self.start_ns, self.end_ns = requests.start_ns.tolist(), requests.end_ns.tolist()
        by_lane = np.lexsort((tool_start_ns, tool_lane))
        self.tool_lane, self.tool_start = tool_lane[by_lane], tool_start_ns[by_lane]

    def hashed(self, a: int, b: int) -> bool:
        """Both prompts have hashes, of blocks of one size."""
        return bool(self.lengths[a] and self.lengths[b] and self.block_size[a] == self.block_size[b])

    def shared(self, a: int, b: int) -> int:
        """Leading blocks that two prompts have in common."""
        if not self.lengths[a] or not self.lengths[b]:
            return 0
        return self.of.prompts.shared(self.of.prompt[a], self.of.prompt[b])

    def same_prompt(self, a: int, b: int) -> bool | None:
        """None: they have no hashes, but as many tokens."""
        if self.hashed(a, b):
            return bool(self.lengths[a] == self.lengths[b] == self.shared(a, b))
        known = self.tokens[a] >= 0
        return None if known and self.tokens[a] == self.tokens[b] else False

    def holds(self, prompt: int, earlier: int) -> bool:
        """This prompt starts with all of an earlier one, but for the unfinished end of that."""
        if not self.hashed(prompt, earlier):
            return False
        length = self.lengths[earlier]
        least = max(length - (1 if length < _LONG_PROMPT_BLOCKS else 2), 1)
        return self.of.prompts.share(self.of.prompt[prompt], self.of.prompt[earlier], least)


def _retries(lanes: _Lanes) -> tuple[Mask, Ints]:
    """Cancelled rows, and of each row the one that it retries."""
    of = lanes.of
    answered_sessions = np.unique(of.session[of.answered])
    open_end = ~of.answered & ~of.failed & np.isin(of.session, answered_sessions)
    cancelled = open_end & (of.output_tokens >= 1)
    retry_of = np.full(len(of.lane), UNKNOWN, dtype=np.int64)
    place = np.empty_like(lanes.order)
    place[lanes.order] = np.arange(len(lanes.order))
    failed = open_end | of.failed
    for row in lanes.order[failed[lanes.order]]:
        following = lanes.order[place[row] + 1 : place[row] + 1 + _RETRY_LOOKAHEAD]
        for after in following:
            if retry_of[after] == UNKNOWN and _retried(lanes, int(row), int(after)):
                retry_of[after] = row
                cancelled[row] |= not of.failed[row]
                break
    return cancelled, retry_of


def _retried(lanes: _Lanes, row: int, after: int) -> bool:
    of = lanes.of
    if of.lane[after] != of.lane[row]:
        return False
    waited = of.start_ns[after] - max(of.end_ns[row], of.start_ns[row])
    same = lanes.same_prompt(row, after)
    return bool(same is not False and waited <= (_RETRY_SAME_HASHES_NS if same else _RETRY_SAME_LENGTH_NS))


def _lanes_that_fall(lanes: _Lanes, attempted: Mask) -> Iterator[list[int]]:
    """The rows of each lane in which tokens fall, by start, without failed attempts."""
    of = lanes.of
    rows = lanes.order[attempted[lanes.order]]
    tokens, lane = of.input_tokens[rows], of.lane[rows]
    same = lane[1:] == lane[:-1]
    fall = same & _fell(tokens[:-1], tokens[1:])
    starts = np.flatnonzero(np.concatenate([[True], ~same])) if len(rows) else np.empty(0, np.int64)
    ends = np.append(starts[1:], len(rows))
    falls = np.unique(np.searchsorted(starts, np.flatnonzero(fall) + 1, side="right") - 1)
    for index in falls:
        yield rows[starts[index] : ends[index]].tolist()


def _fell(before: Ints, after: Ints) -> Mask:
    fall: Mask = (after < _FALL * before) & (before - after >= _LEAST_FALL_TOKENS)
    return fall & (after >= 0)


def _falls(lanes: _Lanes, rows: Sequence[int], unanswered: Mask) -> Iterator[tuple[int, int]]:
    """Pairs of a context's last request and the first one of the smaller context that takes its place."""
    of = lanes.of
    context = _contexts(lanes, rows)
    last = {number: place for place, number in enumerate(context)}
    seen: set[int] = set()
    for place, number in enumerate(context):
        if number in seen or not seen:
            seen.add(number)
            continue
        seen.add(number)
        after = rows[place]
        before_place = _latest_end(lanes, rows[:place], after)
        if before_place is None:
            continue
        before = rows[before_place]
        fell = _fell(of.input_tokens[before], of.input_tokens[after])
        ended = last[context[before_place]] == before_place and not unanswered[before]
        if fell and ended and not _returns(lanes, rows, context, place) and _grown(lanes, rows, before_place):
            yield before, after


def _contexts(lanes: _Lanes, rows: Sequence[int]) -> list[int]:
    """Which growing context each row of a lane belongs to: side requests and subagents mix in some lanes."""
    found = [0]
    heads = {0: rows[0]}
    for row in rows[1:]:
        current = found[-1]
        number = current if _continues(lanes, heads[current], row) else None
        if number is None:
            recent = sorted(heads, reverse=True)[:_OPEN_CONTEXTS]
            number = next((n for n in recent if n != current and lanes.holds(row, heads[n])), len(heads))
        heads[number] = row
        found.append(number)
    return found


def _continues(lanes: _Lanes, head: int, row: int) -> bool:
    """It holds the head's prompt; or it is no smaller, and most of the prompt, if we can see it, is there."""
    if lanes.holds(row, head):
        return True
    tokens = lanes.tokens
    kept = not lanes.hashed(head, row) or 2 * lanes.shared(head, row) >= lanes.lengths[head]
    return bool(kept and (tokens[row] < 0 or tokens[row] >= _FALL * tokens[head]))


def _latest_end(lanes: _Lanes, earlier: Sequence[int], after: int) -> int | None:
    """Place of the request that ended last before `after` started; None where none had."""
    end_ns, due = lanes.end_ns, lanes.start_ns[after] + _CLOCK_NS
    ended = [(end_ns[row], place) for place, row in enumerate(earlier) if 0 <= end_ns[row] <= due]
    return max(ended)[1] if ended else None


def _returns(lanes: _Lanes, rows: Sequence[int], context: Sequence[int], place: int) -> bool:
    """An older context, no smaller than the new one at `place`, goes on after it: that one is beside it."""
    tokens = lanes.tokens
    size = tokens[rows[place]]
    older = {context[i]: rows[i] for i in range(place)}
    for later in range(place + 1, len(rows)):
        head = older.get(context[later])
        if head is not None and tokens[head] >= size:
            return True
    following = rows[place + 1 : place + 2]
    before = rows[place - 1]
    least = _BACK * tokens[before]
    return any(not lanes.hashed(before, row) and tokens[row] >= least for row in following)


def _grown(lanes: _Lanes, rows: Sequence[int], place: int) -> bool:
    """The request at `place` holds the whole context, and is no side request with a prompt of its own."""
    if place == 0:
        return True
    tokens = lanes.tokens
    return bool(tokens[rows[place]] >= _FALL * tokens[rows[place - 1]])


def _tools_between(lanes: _Lanes, before: int, after: int) -> bool:
    """The request before the fall called tools, so its answer was no summary."""
    of = lanes.of
    low, high = np.searchsorted(lanes.tool_lane, [of.lane[before], of.lane[before] + 1])
    starts = lanes.tool_start[low:high]
    first, last = np.searchsorted(starts, [of.start_ns[before], of.start_ns[after]], side="right")
    unrecorded = low == high and of.tool_result[after]
    return bool(of.calls_tools[before] or last > first or unrecorded)


def _is_summary(lanes: _Lanes, rows: Sequence[int], before: int, after: int) -> bool:
    """The new context has room for the answer of `before`, and is neither foreign nor an earlier prompt."""
    of = lanes.of
    earlier = [row for row in rows[: rows.index(after)] if row != before]
    seen = [before, *earlier[-_EARLIER_PROMPTS:]]
    unlike = all(lanes.hashed(row, after) and not lanes.shared(row, after) for row in seen)
    if unlike or any(lanes.holds(after, row) for row in earlier[1:][-_EARLIER_PROMPTS:]):
        return False
    afresh = bool(earlier) and lanes.holds(after, earlier[0])
    automatic = of.start_ns[after] - of.end_ns[before] <= _AUTOMATIC_NS
    if automatic and not afresh:
        return True
    kept = lanes.shared(before, after) * int(of.block_size[after]) if lanes.hashed(before, after) else 0
    return bool(of.input_tokens[after] - kept >= _SUMMARY_SHARE * of.output_tokens[before])
