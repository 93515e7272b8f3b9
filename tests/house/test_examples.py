"""The examples in docstrings of public names do what they show, over the sample traces."""

import doctest

import pytest

import agenttrace
from house.repository import ROOT

FUNCTIONS = [name for name in agenttrace.__all__ if not isinstance(getattr(agenttrace, name), type)]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_examples_of_a_function_run(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    thing = getattr(agenttrace, name)
    (found,) = doctest.DocTestFinder(recurse=False).find(thing, name, globs={})
    assert found.examples, "a public function shows how it is called"
    told: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(found, out=told.append)
    assert result.failed == 0, "".join(told)
