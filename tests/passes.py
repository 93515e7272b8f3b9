"""The ways in which the engine goes through events: by kernels, level by level as arrays, or one by one."""

from __future__ import annotations

import pytest

from agenttrace.critical_path import levels
from agenttrace.native import calling


def take_events(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The way of this number: each third of all numbers has one of its own."""
    if number % 3:
        without_kernels(monkeypatch)
        monkeypatch.setattr(levels, "FEW", 24 * (number % 3 - 1))  # with 0, all events are taken as arrays


def without_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if there were no compiler."""
    monkeypatch.setattr(calling, "library", lambda: None)
