"""Nodes: what the start, the end and the pieces in between tell of one call."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from agenttrace.ingest import fields
from agenttrace.ingest.formats.nat.steps import CHUNK, FUNCTION, LLM, START, TOOL, WORKFLOW, Step

_DEEPEST = 1_000
_USAGE = ("prompt_tokens", "completion_tokens", "cached_tokens", "reasoning_tokens")


@dataclass(slots=True)
class Node:
    """One call of a model, tool, function or workflow. What no step has told is None."""

    uuid: str
    category: str
    line: int
    parent: str | None = None
    name: str | None = None
    start_ns: int | None = None
    end_ns: int | None = None
    ended: bool = False
    first_chunk_ns: int | None = None
    last_chunk_ns: int | None = None
    opened_ns: int | None = None
    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    run_id: str | None = None
    conversation: str | None = None
    fingerprint: str | None = None

    def add(self, step: Step) -> None:
        """What one step tells; the start's own time comes before what the end says of it."""
        self.parent = self.parent or step.parent
        self.name = self.name or step.name
        if step.state == CHUNK:
            self._add_chunk(step)
            return
        if self.category == WORKFLOW:
            self._add_run(step)
        if step.state == START:
            self.start_ns = step.t_ns if step.t_ns is not None else self.start_ns
            return
        self.ended = True
        self.end_ns = step.t_ns if self.end_ns is None else self.end_ns
        self.start_ns = self.start_ns if self.start_ns is not None else step.began_ns
        if self.category == LLM:
            self._add_usage(step)

    def _add_chunk(self, step: Step) -> None:
        """An empty piece opens a stream or is of a tool call; where texts were left out, no piece has one."""
        if step.t_ns is None:
            return
        if step.part("data").get("chunk") == "":
            self.opened_ns = step.t_ns if self.opened_ns is None else min(self.opened_ns, step.t_ns)
            return
        if self.first_chunk_ns is None or step.t_ns < self.first_chunk_ns:
            self.first_chunk_ns = step.t_ns
        if self.last_chunk_ns is None or step.t_ns > self.last_chunk_ns:
            self.last_chunk_ns = step.t_ns

    def _add_usage(self, step: Step) -> None:
        """A count of zero was not told: it is what the program begins with."""
        held = step.part("usage_info").get("token_usage")
        usage = held if isinstance(held, dict) else {}
        self.input_tokens, self.output_tokens, self.cached_tokens, self.reasoning_tokens = (
            fields.count(usage.get(name)) or None for name in _USAGE
        )

    def _add_run(self, step: Step) -> None:
        provided = step.part("metadata").get("provided_metadata")
        if isinstance(provided, dict):
            self.run_id = self.run_id or fields.text(provided.get("workflow_run_id"))
            self.conversation = self.conversation or fields.text(provided.get("conversation_id"))
        asked = step.part("data").get("input")
        if step.state == START and asked is not None and self.fingerprint is None:
            said = json.dumps(asked, sort_keys=True, default=str)
            self.fingerprint = hashlib.sha256(said.encode(errors="replace")).hexdigest()


class Tree:
    """The nodes of one run, and questions to their parents."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        """A node that repeats another's id with another category stands beside it, and holds nothing."""
        self.nodes = list(nodes)
        self._by_uuid: dict[str, Node] = {}
        for node in self.nodes:
            self._by_uuid.setdefault(node.uuid, node)
        self._running = self._tools_that_run_agents()

    def above(self, node: Node) -> Iterator[Node]:
        """Its ancestors, the nearest first. Where parents go in a circle, no further than a limit."""
        current = node
        for _ in range(_DEEPEST):
            found = self._by_uuid.get(current.parent or "")
            if found is None or found is node:
                return
            yield found
            current = found

    def knows(self, uuid: str) -> bool:
        """Whether there is a node of that id."""
        return uuid in self._by_uuid

    def owns_key(self, node: Node) -> bool:
        """Whether the id is the node's alone."""
        return self._by_uuid[node.uuid] is node

    def top(self, node: Node) -> Node:
        """The farthest ancestor that is known, or itself."""
        return next(reversed([node, *self.above(node)]))

    def runner(self, node: Node) -> Node | None:
        """The nearest tool around it that runs an agent, which means: calls a model."""
        return next((one for one in self.above(node) if id(one) in self._running), None)

    def executes(self, node: Node) -> bool:
        """Whether it is the function that a tool which runs an agent consists of: it holds the agent."""
        above = next(self.above(node), None)
        return node.category == FUNCTION and above is not None and self.runs_agent(above)

    def runs_agent(self, node: Node) -> bool:
        """Whether it is such a tool."""
        return id(node) in self._running

    def _tools_that_run_agents(self) -> set[int]:
        running: set[int] = set()
        for node in self.nodes:
            if node.category == LLM:
                tool = next((one for one in self.above(node) if one.category == TOOL), None)
                if tool is not None:
                    running.add(id(tool))
        return running
