"""Counts of tokens: which of them tell of a request, for most versions repeat them while nothing happens.

A count has the sum over the thread and the last request's share. A request is a change of the sum. Since
0.15x each answer has a record of its own, with an id; the count beside it says nothing new.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from agenttrace.ingest import fields


class Usage(NamedTuple):
    """Tokens. `context_tokens` is all that the model read and wrote."""

    input_tokens: int | None
    cached_tokens: int | None
    cache_write_tokens: int | None
    output_tokens: int | None
    reasoning_tokens: int | None
    context_tokens: int | None


class Count(NamedTuple):
    """What a count tells. `changed`: there was a request; `emptied`: a compaction left this context."""

    last: Usage | None
    changed: bool
    emptied: int | None = None
    response_id: str | None = None


class Counts:
    """The counts of one thread, in their order."""

    def __init__(self) -> None:
        """Nothing is known: neither a sum nor an answer."""
        self._sum: Usage | None = None
        self._answers: set[str] = set()
        self._counted: Usage | None = None
        self.seen = False

    def inherit(self, body: dict[str, Any]) -> None:
        """Takes over the sum that a copied history left."""
        self._sum = _sum_of(body) or self._sum

    def take(self, body: dict[str, Any], *, answered: bool) -> Count:
        """A `token_count`. `answered`: the model said something since the last count."""
        total, last = _sum_of(body), _usage(_info(body).get("last_token_usage"))
        known = self._sum
        self._sum = total or known
        self.seen |= total is not None
        if last is not None and not last.input_tokens and last.context_tokens:
            moved = total is not None and known is not None and not _same(total, known)
            return Count(None, changed=moved, emptied=last.context_tokens)
        told = self._answers and not answered
        if total is None or told or _same(total, known):
            return Count(last, changed=False)
        inherited = known is None and not answered and last is not None and not _same(total, last)
        if not inherited:
            self._counted = last
        return Count(last, changed=not inherited)

    def take_answer(self, body: dict[str, Any], *, answered: bool) -> Count:
        """A `token_usage_record`, once for each answer."""
        usage, response = _usage(body.get("usage")), fields.text(body.get("response_id"))
        self.seen |= usage is not None
        again = response in self._answers or (not answered and _same(usage, self._counted))
        self._answers.add(response or f"answer {len(self._answers)}")
        self._counted = None
        return Count(usage, changed=usage is not None and not again, response_id=response)


def _info(body: dict[str, Any]) -> dict[str, Any]:
    info = body.get("info")
    return info if isinstance(info, dict) else {}


def _sum_of(body: dict[str, Any]) -> Usage | None:
    return _usage(_info(body).get("total_token_usage"))


def _usage(value: Any) -> Usage | None:
    if not isinstance(value, dict):
        return None
    names = ("input_tokens", "cached_input_tokens", "cache_write_input_tokens", "output_tokens",
             "reasoning_output_tokens", "total_tokens")  # fmt: skip
    read = [fields.count(value.get(name)) for name in names]
    return None if all(count is None for count in read) else Usage(*read)


def _same(a: Usage | None, b: Usage | None) -> bool:
    """Writes to the cache are left out: not every version counts them everywhere."""
    if a is None or b is None:
        return a is b
    return a._replace(cache_write_tokens=None) == b._replace(cache_write_tokens=None)
