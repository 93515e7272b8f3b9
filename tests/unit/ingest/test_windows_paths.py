"""Paths of Windows are paths: no drive is a scheme, no backslash an escape, no long path a pattern."""

from pathlib import PureWindowsPath

import pytest

from agenttrace.dataset.location import Location
from agenttrace.ingest.listing import is_pattern

PATHS = [
    r"C:\traces\session.jsonl",
    "C:/traces/session.jsonl",
    "C://traces/month",
    r"c:\traces\month",
    r"\\server\share\traces",
    r"\\?\C:\traces\a long one",
    r"\\?\UNC\server\share",
    str(PureWindowsPath("D:/", "logs", "[2026]").parent),
]


@pytest.mark.parametrize("path", PATHS)
def test_no_path_is_an_address(path: str) -> None:
    assert not Location(path).is_remote


@pytest.mark.parametrize("path", PATHS)
def test_no_path_is_a_pattern(path: str) -> None:
    assert not is_pattern(path)


@pytest.mark.parametrize("pattern", [r"C:\traces\*.jsonl", r"\\?\C:\traces\?.jsonl", "traces/**"])
def test_wildcards_are_seen_in_any_path(pattern: str) -> None:
    assert is_pattern(pattern)


@pytest.mark.parametrize("address", ["s3://bucket/month", "gs://bucket", "file:///month", "memory://x"])
def test_an_address_is_one(address: str) -> None:
    assert Location(address).is_remote
