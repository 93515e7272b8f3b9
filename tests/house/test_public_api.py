"""The public names are a promise: each is there, once, and nothing else is exported."""

import agenttrace


def test_every_public_name_can_be_had() -> None:
    missing = [name for name in agenttrace.__all__ if not hasattr(agenttrace, name)]
    assert missing == []


def test_a_star_import_gives_exactly_the_public_names() -> None:
    names: dict[str, object] = {}
    exec("from agenttrace import *", names)  # noqa: S102 - a star import exists at module level only
    assert set(names) - {"__builtins__"} == set(agenttrace.__all__)


def test_public_names_are_listed_once_and_are_documented() -> None:
    assert len(set(agenttrace.__all__)) == len(agenttrace.__all__)
    undocumented = [
        name
        for name in agenttrace.__all__
        if callable(thing := getattr(agenttrace, name)) and not thing.__doc__
    ]
    assert undocumented == []


def test_dir_lists_the_public_names() -> None:
    assert set(agenttrace.__all__) <= set(dir(agenttrace))
