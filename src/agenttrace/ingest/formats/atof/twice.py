"""Requests that a runtime reports twice: as an agent's hook tells them, and as its gateway saw them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields

from agenttrace.ingest.formats.atof.scopes import Scope
from agenttrace.ingest.formats.atof.usage import Tokens
from agenttrace.model.vocabulary import SpanKind


def seen_twice(scopes: Collection[Scope]) -> set[str]:
    """The uuids of hooked requests that a gateway's request beside them repeats; it learns their tokens.

    They are one request if they are in one scope, overlap, and do not name different models.
    """
    hooked = [scope for scope in scopes if scope.hooked and not scope.gateway and _is_whole(scope)]
    seen: dict[str | None, list[Scope]] = {}
    for scope in scopes:
        if scope.gateway and not scope.hooked and _is_whole(scope):
            seen.setdefault(scope.parent, []).append(scope)
    repeated: set[str] = set()
    for scope in sorted(hooked, key=_start):
        beside = seen.get(scope.parent, [])
        other = next((other for other in sorted(beside, key=_start) if _is_same(scope, other)), None)
        if other is not None:
            beside.remove(other)
            other.tokens = _filled(other.tokens, scope.tokens)
            other.calls = other.calls or scope.calls
            repeated.add(scope.uuid)
    return repeated


def _is_whole(scope: Scope) -> bool:
    return (
        scope.kind is SpanKind.REQUEST
        and scope.parent is not None
        and scope.start_ns is not None
        and scope.end_ns is not None
    )


def _start(scope: Scope) -> tuple[int, str]:
    return scope.start_ns or 0, scope.uuid


def _is_same(a: Scope, b: Scope) -> bool:
    overlap = (a.start_ns or 0) <= (b.end_ns or 0) and (b.start_ns or 0) <= (a.end_ns or 0)
    return overlap and (a.model is None or b.model is None or a.model == b.model)


def _filled(known: Tokens, more: Tokens) -> Tokens:
    values = (
        getattr(known, one.name) if getattr(known, one.name) is not None else getattr(more, one.name)
        for one in fields(Tokens)
    )
    return Tokens(*values)
