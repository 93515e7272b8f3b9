"""The rules by which a dependency is inferred that no record states, and how far each is to be trusted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """`confidence`: the share of cases in which it is right; null where nobody can say."""

    name: str
    confidence: float | None


CONTAINED = Rule("contained in tool call", 0.99)
"""A subagent within a call of its parent's was started by it: 377 of 378 that records state."""

WITHIN_GRAIN = Rule("ends within the clock's grain of the start", 0.97)
"""32 of 32."""

WHILE_RUNNING = Rule("starts while the request before it runs", 0.99)
"""674 of 674."""

GOES_ON = Rule("parent goes on at its end", 0.9)
"""8 of 8."""

UNEXPLAINED_RESULT = Rule("tool result without a tool call", 0.5)
"""No record that states such a use was at hand."""

SAME_PROMPT = Rule("same prompt after a stream without an end", 0.9)
"""As many retries as the client that made the captures counted: tests/contract/test_judged_facts.py."""

NEXT_NUMBER = Rule("next number of an attempt", None)
"""The source says that it is another attempt, and not of what: it is taken to be of the request before it."""

OUTLASTED = Rule("its parent outlasts it", None)
"""Parentage is stated, waiting is not: the convention of spans, which says nothing of its own errors."""

RULES = (
    CONTAINED,
    WITHIN_GRAIN,
    WHILE_RUNNING,
    GOES_ON,
    UNEXPLAINED_RESULT,
    SAME_PROMPT,
    NEXT_NUMBER,
    OUTLASTED,
)
"""A confidence is (right + 1) / (found + 2), rounded down, by the counts of `benchmarks/inference.py`."""
