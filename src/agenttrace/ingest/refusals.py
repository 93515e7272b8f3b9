"""What is known and not read: said by its name, with what to do instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from agenttrace.ingest.head import Head


class Refusal(NamedTuple):
    """What an input is, and what its owner can do."""

    what: str
    hint: str


_PARQUET = Refusal(
    "a Parquet file, which no format reads by itself",
    "of Grafana Tempo's blocks fetch the traces as JSON: /api/v2/traces/ID",
)
_CHROME = Refusal(
    "a Chrome trace (traceEvents): functions and kernels of one program, no sessions of agents",
    "open it in Perfetto; `agenttrace formats` tells what can be read",
)
_ZIP = Refusal("a zip archive", "unpack it and name the folder")


def _is_parquet(head: Head) -> bool:
    return head.data.startswith(b"PAR1")


def _is_chrome_trace(head: Head) -> bool:
    return isinstance(head.document, dict) and isinstance(head.document.get("traceEvents"), list)


def _is_zip(head: Head) -> bool:
    return head.data.startswith(b"PK\x03\x04")


_KNOWN: tuple[tuple[Callable[[Head], bool], Refusal], ...] = (
    (_is_parquet, _PARQUET),
    (_is_zip, _ZIP),
    (_is_chrome_trace, _CHROME),
)


def refusal(head: Head) -> Refusal | None:
    """Why content that starts so is not read, if it is known."""
    return next((reason for is_it, reason in _KNOWN if is_it(head)), None)
