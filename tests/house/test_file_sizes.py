"""A file, a function that outgrows its budget lacks a name for one of its parts."""

import ast
from collections.abc import Iterator

from house.repository import ROOT, modules

FILE_LINES = 400
FUNCTION_LINES = 40


def test_no_file_is_longer_than_its_budget() -> None:
    sizes = {path.relative_to(ROOT).as_posix(): len(path.read_bytes().splitlines()) for path in modules()}
    assert {name: size for name, size in sizes.items() if size > FILE_LINES} == {}


def test_no_function_is_longer_than_its_budget() -> None:
    long = {name: size for name, size in _functions() if size > FUNCTION_LINES}
    assert long == {}


def test_a_docstring_and_a_signature_are_not_counted() -> None:
    text = 'def f(\n    a: int,\n) -> int:\n    """One.\n\n    Two.\n    """\n    b = a\n    return b\n'
    (function,) = ast.parse(text).body
    assert isinstance(function, ast.FunctionDef)
    assert _body_lines(function) == 2


def _functions() -> Iterator[tuple[str, int]]:
    for path in modules():
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path.relative_to(ROOT).as_posix()}:{node.lineno} {node.name}", _body_lines(node)


def _body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from the first statement to the last: signatures have a limit of their own (PLR0913)."""
    body = function.body if ast.get_docstring(function) is None else function.body[1:]
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
