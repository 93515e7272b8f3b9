"""The codes of findings that the source can emit, read from the source itself.

A code is a word that is handed to what records findings: `finding`, `add_rows` and so on, every function that
passes on such a word under the name `code`, and every class that holds one in a field of that name. Tables of
codes are pairs of a code and a sentence.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

from house.repository import modules

_WORD = re.compile(r"[a-z]+(_[a-z0-9]+)*")
_RECORDERS = frozenset(("finding", "Finding", "_finding", "add_rows", "add", "count_finding", "note"))
_TOLD = frozenset(("finding", "NO_TIMINGS", "_REPAIRS"))
"""Names of constants that hold a code, or codes with what they mean."""


@cache
def emitted_codes() -> frozenset[str]:
    """All of them."""
    texts = [path.read_text(encoding="utf-8") for path in modules()]
    trees = [
        ast.parse(text) for text in texts if re.search(r"Severity|finding|Caution|\bcode\b|_REPAIRS", text)
    ]
    passing = _RECORDERS | {name for tree in trees for name in _passing(tree)}
    return frozenset(code for tree in trees for code in _codes(tree, passing))


def _passing(tree: ast.AST) -> Iterator[str]:
    """Functions that take a `code` and record it, and classes that hold one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any(map(_holds_code, node.body)):
            yield node.name
        if isinstance(node, ast.FunctionDef) and any(arg.arg == "code" for arg in node.args.args):
            calls = [call for call in ast.walk(node) if isinstance(call, ast.Call)]
            if any(_name(call) in _RECORDERS and _is_code(call.args[:1]) for call in calls):
                yield node.name


def _codes(tree: ast.AST, passing: frozenset[str] | set[str]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node) in passing and len(node.args) > 1:
            yield from _words(node.args[0])
        elif isinstance(node, ast.Tuple) and (_tells(node.elts[1:]) or _is_table_row(node)):
            yield from _words(node.elts[0])
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name) and target.id in _TOLD:
                held = node.value.keys if isinstance(node.value, ast.Dict) else [node.value]
                yield from (code for part in held for code in _words(part))


def _is_table_row(node: ast.Tuple) -> bool:
    """A word of several parts, and a sentence beside it."""
    told = [part.value for part in node.elts[:2] if isinstance(part, ast.Constant)]
    return len(node.elts) == 3 and len(told) == 2 and "_" in str(told[0]) and str(told[1]).count(" ") > 3


def _tells(nodes: list[ast.expr]) -> bool:
    """Whether a severity is among them."""
    inside = [part for node in nodes for part in ast.walk(node)]
    return any(isinstance(part, ast.Name) and part.id == "Severity" for part in inside)


def _words(node: ast.expr | None) -> Iterator[str]:
    options = [node.body, node.orelse] if isinstance(node, ast.IfExp) else [node]
    for option in options:
        if (
            isinstance(option, ast.Constant)
            and isinstance(option.value, str)
            and _WORD.fullmatch(option.value)
        ):
            yield option.value


def _holds_code(node: ast.stmt) -> bool:
    return isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "code"


def _is_code(nodes: list[ast.expr]) -> bool:
    return bool(nodes) and isinstance(nodes[0], ast.Name) and nodes[0].id == "code"


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
