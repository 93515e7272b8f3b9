"""What is known and not read: said by its name, with what to do instead."""

from __future__ import annotations

from collections.abc import Callable

from agenttrace.ingest.csv_rows import columns_of
from agenttrace.ingest.head import Head
from agenttrace.ingest.json_text import BOM
from agenttrace.ingest.own_files import own_file
from agenttrace.ingest.refusal import Refusal

_PARQUET = Refusal(
    "a Parquet file whose columns are those of no known program",
    "export what is in it: `agenttrace formats` tells what can be read",
)
_TORN_PARQUET = Refusal(
    "a Parquet file without its end, which says what is in it", "copy or write it again: it was cut off"
)
_CHROME = Refusal(
    "a Chrome trace (traceEvents): functions and kernels of one program, no sessions of agents",
    "open it in Perfetto; `agenttrace formats` tells what can be read",
)
_UTF_16 = Refusal(
    "text in UTF-16 or UTF-32, as some shells write it", "convert it: iconv -f UTF-16 -t UTF-8 FILE"
)
_HTML = Refusal(
    "an HTML page", "perhaps that of a login or an error, in place of what was to be downloaded: look at it"
)
_BLANK = Refusal(
    "nothing but blank space or zeros", "whatever wrote it died, or its disk was full: copy it again"
)
_SQLITE = Refusal(
    "a SQLite database of no known program",
    "export what is in it: `agenttrace formats` tells what can be read",
)
_TRACES = Refusal(
    "a table of Langfuse's traces, none of whose columns is an end or a parent",
    "export the table of observations instead",
)
_ZIP = Refusal("a zip archive", "unpack it and name the folder")


def _is_parquet(head: Head) -> bool:
    return head.data.startswith(b"PAR1")


def _is_torn_parquet(head: Head) -> bool:
    return _is_parquet(head) and not head.footer


def _is_chrome_trace(head: Head) -> bool:
    return isinstance(head.document, dict) and isinstance(head.document.get("traceEvents"), list)


def _is_sqlite(head: Head) -> bool:
    return head.data.startswith(b"SQLite format 3\0")


def _is_table_of_traces(head: Head) -> bool:
    return columns_of(head) >= {"bookmarked", "id", "timestamp", "sessionId"}


def _is_zip(head: Head) -> bool:
    return head.data.startswith(b"PK\x03\x04")


def _is_utf_16(head: Head) -> bool:
    """By its mark, or by the zeros beside the first bracket."""
    start = head.data[:4]
    return start[:2] in (b"\xff\xfe", b"\xfe\xff") or (
        b"\0" in start and start.replace(b"\0", b"")[:1] in (b"{", b"[")
    )


def _is_html(head: Head) -> bool:
    start = head.data.removeprefix(BOM).lstrip()[:16].lower()
    return start.startswith((b"<!doctype html", b"<html"))


def _is_blank(head: Head) -> bool:
    return bool(head.data) and not head.data.strip(b"\0 \t\r\n")


_KNOWN: tuple[tuple[Callable[[Head], bool], Refusal], ...] = (
    (_is_torn_parquet, _TORN_PARQUET),
    (_is_parquet, _PARQUET),
    (_is_sqlite, _SQLITE),
    (_is_zip, _ZIP),
    (_is_utf_16, _UTF_16),
    (_is_html, _HTML),
    (_is_blank, _BLANK),
    (_is_chrome_trace, _CHROME),
    (_is_table_of_traces, _TRACES),
)


def refusal(head: Head) -> Refusal | None:
    """Why content that starts so is not read, if it is known."""
    return own_file(head) or next((reason for is_it, reason in _KNOWN if is_it(head)), None)
