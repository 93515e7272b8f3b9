"""What a source tells of a request's phases, as five stretches: the unknown inferred, the rest cut to fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agenttrace.critical_path.arrays import NONE, NULL, TOLERANCE_NS, Bools, Codes, Ints
from agenttrace.critical_path.spans import GRADE, PHASE, SpanArrays
from agenttrace.model.vocabulary import Evidence, Phase

BOUNDARIES = 4
STRETCHES = 5
QUEUE_FROM, PREFILL_FROM, FIRST_TOKEN, LAST_TOKEN = range(BOUNDARIES)

_MEASURED = GRADE[Evidence.MEASURED]
_DERIVED = GRADE[Evidence.DERIVED]
_BOUNDED = GRADE[Evidence.BOUNDED]


@dataclass(frozen=True, slots=True, eq=False)
class Division:
    """Spans in five stretches, each a column of `phase` and of `known` (the evidence of its own length).

    `at`, `grade` and `given` have a column for each boundary between them: when, how well known, and whether
    it is there at all. `moved`: it did not fit where the source has it.
    """

    at: NDArray[np.int64]
    grade: NDArray[np.int8]
    given: NDArray[np.bool_]
    phase: NDArray[np.int8]
    known: NDArray[np.int8]
    moved: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Fact:
    """One value of each request: how long or when, how well known, and whether it is known at all."""

    value: Ints
    grade: Codes
    told: Bools

    def otherwise(self, value: Ints, grade: Codes, told: Bools) -> _Fact:
        """This where it is told, and that where only that is."""
        use = ~self.told & told
        return _Fact(np.where(use, value, self.value), np.where(use, grade, self.grade), self.told | told)


def divide(spans: SpanArrays, rows: Ints, start: Ints, end: Ints) -> Division:
    """How these spans are divided. Boundaries that do not fit are cut to their neighbours, latest first."""
    facts = spans.facts
    start_grade, end_grade = spans.start_evidence[rows], spans.end_evidence[rows]
    queue = _fact(facts.queue[rows], facts.queue_evidence[rows])
    prefill = _fact(facts.prefill[rows], facts.prefill_evidence[rows])
    decode = _fact(facts.decode[rows], facts.decode_evidence[rows])
    first = _first_token(
        _fact(facts.first_token[rows], facts.first_token_evidence[rows]),
        *(queue, prefill, decode),
        *((start, start_grade), (end, end_grade)),
    )
    wanted, grade = _boundaries(queue, prefill, first, decode, (start, start_grade), (end, end_grade))
    at = _fitted(wanted, start, end)
    far = np.abs(at - wanted) > TOLERANCE_NS
    phase, known = _stretches(queue, prefill, decode)
    for values in (grade, known[:, :BOUNDARIES], known[:, 1:]):
        values[far] = np.maximum(values[far], _BOUNDED)
    given = np.stack([prefill.told, queue.told, first.told, first.told & decode.told], axis=1)
    given[:, QUEUE_FROM] &= at[:, QUEUE_FROM] > start
    given[:, LAST_TOKEN] &= at[:, LAST_TOKEN] < end
    return Division(at, grade, given, phase, known, at != wanted)


def _fact(value: Ints, evidence: Codes) -> _Fact:
    """A value that is there without evidence is of unknown evidence."""
    grade = np.where(evidence == NONE, GRADE[Evidence.UNKNOWN], evidence).astype(np.int8)
    return _Fact(value, grade, value != NULL)


def _first_token(
    first: _Fact,
    queue: _Fact,
    prefill: _Fact,
    decode: _Fact,
    start: tuple[Ints, Codes],
    end: tuple[Ints, Codes],
) -> _Fact:
    """Where it is not told: after queue and prefill from the start, else before decode from the end."""
    waited = np.where(queue.told, queue.value, 0)
    by_sum = np.maximum(np.maximum(start[1], prefill.grade), _DERIVED)
    by_sum = np.where(queue.told, np.maximum(by_sum, queue.grade), by_sum)
    by_rest = np.maximum(np.maximum(end[1], decode.grade), _DERIVED)
    return first.otherwise(start[0] + waited + prefill.value, by_sum, prefill.told).otherwise(
        end[0] - decode.value, by_rest, decode.told
    )


def _boundaries(
    queue: _Fact,
    prefill: _Fact,
    first: _Fact,
    decode: _Fact,
    start: tuple[Ints, Codes],
    end: tuple[Ints, Codes],
) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """Where queue, prefill and decode begin, and the last token; a queue alone stands at the start."""
    waited = np.where(queue.told, queue.value, 0)
    token = np.where(first.told, first.value, end[0])
    prefill_from = np.where(prefill.told, token - prefill.value, start[0] + waited)
    queue_from = np.where(prefill.told, prefill_from - waited, start[0])
    last = np.where(first.told & decode.told, token + decode.value, end[0])
    before = np.maximum(np.maximum(start[1], np.where(queue.told, queue.grade, _DERIVED)), _DERIVED)
    of_prefill = np.where(prefill.told, np.maximum(first.grade, prefill.grade), before)
    of_queue = np.where(queue.told, np.maximum(of_prefill, queue.grade), of_prefill)
    of_last = np.where(decode.told, np.maximum(first.grade, decode.grade), end[1])
    grade = np.stack([of_queue, of_prefill, first.grade, of_last], axis=1)
    return np.stack([queue_from, prefill_from, token, last], axis=1), grade.astype(np.int8)


def _fitted(wanted: NDArray[np.int64], start: Ints, end: Ints) -> NDArray[np.int64]:
    at = wanted.copy()
    high = end
    for column in (FIRST_TOKEN, PREFILL_FROM, QUEUE_FROM):
        at[:, column] = high = np.clip(at[:, column], start, high)
    at[:, LAST_TOKEN] = np.clip(at[:, LAST_TOKEN], at[:, FIRST_TOKEN], end)
    return at


def _stretches(queue: _Fact, prefill: _Fact, decode: _Fact) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """What is left over follows by subtraction; time that is not parted at all is as known as its ends."""
    size = len(queue.value)
    phase = np.empty((size, STRETCHES), np.int8)
    phase[:] = [PHASE[name] for name in (Phase.MODEL, Phase.QUEUE, Phase.MODEL, Phase.DECODE, Phase.MODEL)]
    phase[prefill.told, PREFILL_FROM + 1] = PHASE[Phase.PREFILL]
    known = np.full((size, STRETCHES), _DERIVED, np.int8)
    known[:, QUEUE_FROM + 1] = queue.grade
    left_over = np.where(queue.told, _DERIVED, _MEASURED)
    known[:, PREFILL_FROM + 1] = np.where(prefill.told, prefill.grade, left_over)
    known[:, FIRST_TOKEN + 1] = np.where(decode.told, decode.grade, _MEASURED)
    return phase, known
