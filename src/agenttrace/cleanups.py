"""What has to be taken away if the process ends at once: files on disk, other processes.

Whoever ends it in that way (`agenttrace.cli.interrupts`) does all of it first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

_pending: list[Callable[[], None]] = []


@contextmanager
def cleaned_by(cleanup: Callable[[], None]) -> Iterator[None]:
    """Meanwhile `clean_up` does this."""
    _pending.append(cleanup)
    try:
        yield
    finally:
        _pending.remove(cleanup)


def clean_up() -> None:
    """Everything that is pending."""
    for cleanup in _pending:
        cleanup()
