"""Runs of a workflow: told by the file, or by the workflows that its steps are in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agenttrace.ingest.formats.nat.nodes import Node, Tree
from agenttrace.ingest.formats.nat.steps import WORKFLOW, Step


@dataclass(frozen=True, slots=True)
class Run:
    """The nodes of a run; `task`: what the file calls the entry of the data set that it worked on."""

    tree: Tree
    task: str | None = None

    @property
    def workflow(self) -> Node | None:
        """The workflow that holds it all, if its steps are there."""
        held = (node for node in self.tree.nodes if node.category == WORKFLOW)
        return next((node for node in held if self.tree.top(node) is node), None)

    @property
    def key(self) -> str:
        """Its session's key: the program's own id of the run, or that of its first step."""
        workflow = self.workflow
        if workflow is not None and workflow.run_id:
            return f"nat:run:{workflow.run_id}"
        first = workflow or min(self.tree.nodes, key=lambda node: (node.start_ns or 2**63, node.uuid))
        return f"nat:{first.uuid}"


class Gathering:
    """Nodes in the making: a step is not kept, only what its node learns from it."""

    def __init__(self) -> None:
        """No steps yet."""
        self._nodes: dict[tuple[str, str], Node] = {}

    def add(self, step: Step) -> None:
        """One more step, in any order."""
        key = step.category, step.uuid
        if key not in self._nodes:
            self._nodes[key] = Node(step.uuid, step.category, step.line)
        self._nodes[key].add(step)

    @property
    def nodes(self) -> list[Node]:
        """All of them, in the order of their first steps."""
        return list(self._nodes.values())


def split(nodes: Sequence[Node]) -> list[Run]:
    """The runs of a stream that names none: one for each workflow at the top, or one if there is none.

    Steps that hang on nothing that is known are of the workflow that was running, or else began last.
    """
    tree = Tree(nodes)
    tops = [node for node in nodes if node.category == WORKFLOW and tree.top(node) is node]
    if len(tops) < 2:
        return [Run(tree)] if nodes else []
    members: dict[int, list[Node]] = {id(top): [] for top in tops}
    for node in nodes:
        top = tree.top(node)
        members[id(top if id(top) in members else _running_at(tops, node))].append(node)
    return [Run(Tree(found)) for found in members.values()]


def _running_at(workflows: Sequence[Node], node: Node) -> Node:
    at_ns = node.start_ns if node.start_ns is not None else node.end_ns or 0
    begun = [one for one in workflows if (one.start_ns or 0) <= at_ns]
    running = [one for one in begun if one.end_ns is None or one.end_ns >= at_ns]
    candidates = running or begun
    if not candidates:
        return min(workflows, key=lambda one: (one.start_ns or 0, one.uuid))
    return max(candidates, key=lambda one: (one.start_ns or 0, one.uuid))
