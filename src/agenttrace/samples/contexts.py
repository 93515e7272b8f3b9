"""How many tokens each turn of the main agent reads, writes and gets back from its tools."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agenttrace.samples.script import Script
    from agenttrace.samples.timing import Timing

_GROWTH_EXPONENT = 0.62
_TYPICAL_GROWTH_TOKENS = 1_100
_PROMPT_TOKENS = 70


@dataclass(frozen=True, slots=True)
class TurnTokens:
    """The next turn reads `input + output + results`, unless a compaction comes between."""

    input: int
    output: int
    results: int


@dataclass(frozen=True, slots=True)
class _Draft:
    """A turn whose growth is either fixed or a share of what is left to grow."""

    output: int
    results: int | None
    noise: float


def plan_contexts(script: Script, timing: Timing) -> list[TurnTokens]:
    """The tokens of every turn, in order; the turn before a compaction reads `script.context.full`."""
    drafts = [_draft(script, turn, timing) for turn in range(1, script.turns + 1)]
    last = script.compacts_after or script.turns
    first = script.context.first + timing.random.randrange(0, 200)
    before = _grow(drafts[:last], first, _growth(script, drafts[:last], first))
    after = _grow(drafts[last:], script.context.compacted + timing.random.randrange(0, 300), None)
    return before + after


def _draft(script: Script, turn: int, timing: Timing) -> _Draft:
    noise = timing.lognormal(1.0, 0.35)
    fan_out = script.fan_outs.get(turn)
    if fan_out:
        count = len(fan_out.branches)
        written = 110 + sum(timing.random.randrange(170, 260) for _ in range(count))
        returned = 40 if fan_out.background else sum(timing.random.randrange(300, 620) for _ in range(count))
        return _Draft(written, returned, noise)
    if turn in script.closing_turns:
        return _Draft(round(timing.lognormal(420, 0.3)), _PROMPT_TOKENS, noise)
    if turn == script.compacts_after:
        return _Draft(timing.random.randrange(110, 170), timing.random.randrange(60, 110), noise)
    return _Draft(max(60, round(timing.lognormal(600, 0.6))), None, noise)


def _growth(script: Script, drafts: list[_Draft], first: int) -> float | None:
    """The factor with which the last turn of the drafts reads a full context, found by bisection."""
    full = script.context.full
    if full is None:
        return None
    low, high = 0.0, 1_000.0
    for _ in range(60):
        middle = (low + high) / 2
        if _grow(drafts, first, middle)[-1].input < full:
            low = middle
        else:
            high = middle
    return high


def _grow(drafts: list[_Draft], first: int, factor: float | None) -> list[TurnTokens]:
    turns = []
    tokens = first
    for draft in drafts:
        output, results = draft.output, draft.results
        if results is None:
            rate = _TYPICAL_GROWTH_TOKENS if factor is None else factor * tokens**_GROWTH_EXPONENT
            growth = max(200, round(rate * draft.noise))
            output = min(output, round(0.7 * growth))
            results = growth - output
        turns.append(TurnTokens(tokens, output, results))
        tokens += output + results
    return turns
