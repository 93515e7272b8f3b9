"""The requests of one agent of a trace, read defensively, in the order of their times."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.workload.blocks import block_hashes
from agenttrace.ingest.workload.rows import Values
from agenttrace.model.vocabulary import Severity, Status, Trigger

_NS_IN_S = 1_000_000_000
_DEEPEST = 32
"""Subagents of subagents beyond this depth are damage."""

_FINISHED = frozenset({"tool_use", "end_turn", "max_tokens", "stop_sequence", "stop"})


@dataclass(slots=True)
class Request:
    """A request of type `n` or `s`. `start_ns` counts from the trace's beginning, or from the subagent's.

    `number`: where it stands in its list; `place`: the same, behind the places of the subagents around it.
    """

    number: int
    place: str
    start_ns: int
    length_ns: int | None
    first_token_ns: int | None
    think_ns: int | None
    model: str | None
    input_tokens: int | None
    output_tokens: int | None
    hashes: list[int] | None
    stop: str | None
    trigger: Trigger | None

    @property
    def end_ns(self) -> int:
        """Where it ends; where it starts if no length is told."""
        return self.start_ns + (self.length_ns or 0)

    @property
    def status(self) -> Status | None:
        """Known to have ended well only by why it stopped."""
        return Status.OK if self.stop in _FINISHED else None


@dataclass(slots=True)
class Subagent:
    """A marker of type `subagent`. `at_ns`: its `t`, of which nobody says whether it is the start or the end."""

    number: int
    place: str
    at_ns: int
    length_ns: int | None
    agent_id: str | None
    type: str | None
    launched: bool
    requests: list[Request]
    subagents: list[Subagent]


def entries_of(
    recorder: Recorder, value: Any, line: int, place: str = ""
) -> tuple[list[Request], list[Subagent]]:
    """What a list of requests holds; `place` names it. Entries that are none are findings."""
    requests: list[Request] = []
    subagents: list[Subagent] = []
    for number, entry in enumerate(value if type(value) is list else ()):
        at_ns = fields.duration_from_s(entry.get("t")) if type(entry) is dict else None
        if at_ns is None:
            example = "a request without a time: left out"
            recorder.finding("record_unusable", Severity.WARNING, example, line=line)
        elif place.count(".") > _DEEPEST:
            example = f"subagents nested deeper than {_DEEPEST}: left out"
            recorder.finding("nested_too_deep", Severity.WARNING, example, line=line)
        elif entry.get("type") == "subagent":
            subagents.append(_subagent(recorder, entry, line, (number, f"{place}{number}"), at_ns))
        else:
            requests.append(_request(recorder, entry, line, (number, f"{place}{number}"), at_ns))
    requests.sort(key=lambda request: request.start_ns)
    return requests, subagents


def _request(
    recorder: Recorder, entry: dict[str, Any], line: int, place: tuple[int, str], at_ns: int
) -> Request:
    values = Values(recorder, entry, line)
    hashes = block_hashes(entry.get("hash_ids"))
    if hashes is None and entry.get("hash_ids") is not None:
        values.unusable("hash_ids", "a list of block hashes")
    length_ns = values.duration_s("api_time")
    first_ns = values.duration_s("ttft")
    if first_ns is not None and length_ns is not None and first_ns > length_ns:
        values.unusable("ttft", "within api_time")
        first_ns = None
    return Request(
        number=place[0],
        place=place[1],
        start_ns=at_ns,
        length_ns=length_ns,
        first_token_ns=first_ns,
        think_ns=values.duration_s("think_time"),
        model=values.text("model"),
        input_tokens=values.count("in"),
        output_tokens=values.count("out"),
        hashes=hashes,
        stop=fields.text(entry.get("stop")),
        trigger=_trigger(entry.get("input_types")),
    )


def _trigger(types: Any) -> Trigger | None:
    """A prompt with a tool's result answers it, whatever else is in it."""
    if type(types) is not list:
        return None
    if "tool_result" in types:
        return Trigger.TOOL_RESULT
    return Trigger.USER_MESSAGE if "text" in types else None


def _subagent(
    recorder: Recorder, entry: dict[str, Any], line: int, place: tuple[int, str], at_ns: int
) -> Subagent:
    values = Values(recorder, entry, line)
    requests, subagents = entries_of(recorder, entry.get("requests"), line, f"{place[1]}.")
    return Subagent(
        number=place[0],
        place=place[1],
        at_ns=at_ns,
        length_ns=values.duration_ms("duration_ms"),
        agent_id=values.text("agent_id"),
        type=values.text("subagent_type"),
        launched=entry.get("status") == "async_launched",
        requests=requests,
        subagents=subagents,
    )


def markers(
    requests: Sequence[Request], subagents: Sequence[Subagent]
) -> Iterator[tuple[Subagent, Request | None, Request | None]]:
    """Every subagent with the requests of its parent that stand before and behind it in the list."""
    listed = sorted(requests, key=lambda request: request.number)
    numbers = [request.number for request in listed]
    for subagent in subagents:
        at = bisect(numbers, subagent.number)
        yield subagent, listed[at - 1] if at else None, listed[at] if at < len(listed) else None
        yield from markers(subagent.requests, subagent.subagents)
