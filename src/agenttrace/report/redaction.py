"""`--redact`: ids, paths and names as hashes, so that a report can be shown to somebody who must not know them.

Everything that a trace says in words of its own is hashed: ids of sessions, paths of files, names of tools, agents,
models and errors, reasons of cache misses. Examples of findings are left out. What stays is agenttrace's own: phases,
kinds, formats, codes, numbers and times. Equal words get equal hashes within one report. The key of the hashes comes
out of what they hide, so the same input gives the same bytes, and nobody can try out names who does not have the trace.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import fields, replace
from hashlib import blake2b
from typing import TYPE_CHECKING

import orjson
import polars as pl

from agenttrace.report.timeline.timeline import Timeline

if TYPE_CHECKING:
    from agenttrace.critical_path.analysis import Analysis

_DIGEST_BYTES = 5
_OWN_WORDS = frozenset({"compaction", "main", "subagent", "(rest)"})
"""Words that agenttrace itself puts where the trace has names."""

_OWN_COLUMNS = frozenset(
    {"code", "severity", "format", "dialect", "kind", "phase", "purpose", "evidence", "status"},
)
"""Columns whose words are agenttrace's, or those of a format."""

_SORTS = {
    **dict.fromkeys(("session", "session_id", "source_id"), "session"),
    **dict.fromkeys(("path", "source", "file"), "file"),
}
"""What a hash begins with, by column; `name` for all others."""

_WORDS = (pl.String, pl.Categorical, pl.Enum)
_NAMED = r"(tool|agent|model|session):([^&,]+"
_SELECTED = re.compile(_NAMED + r")()")
_DURATION = r"(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|min|m|h|d))+"
_CHANGED = re.compile(_NAMED + rf"?)(\s*(?:\*\s*[\d.]+|[=+-]\s*(?:{_DURATION}|0))?\s*(?=\Z|,)|\s*(?=&))")
"""In a change to try, a name: what sort of name, the name, and what becomes of it.
Nothing becomes yet of what is only selected: `gpt-4` and `wait-5s` are names there, to their ends."""

_CHANGES = {"change": _CHANGED, "selection": _SELECTED}


class Redaction:
    """Hashes words, with a key that comes out of an analysis."""

    def __init__(self, told: Analysis | Iterable[str]) -> None:
        """The key is made of the names of all files and sessions: of an analysis, or as they are given."""
        words = sorted(told) if isinstance(told, Iterable) else _names_of(told)
        self._key = blake2b("\0".join(words).encode("utf-8", "surrogatepass"), digest_size=32).digest()

    def hashed(self, sort: str, word: str) -> str:
        """`session-1f3a5c7e9b`: what sort of word it is, and its hash."""
        data = word.encode("utf-8", "surrogatepass")
        return f"{sort}-{blake2b(data, digest_size=_DIGEST_BYTES, key=self._key).hexdigest()}"

    def name(self, word: str) -> str:
        """A name hashed, unless agenttrace itself put it there."""
        return self._word("name", word)

    def analysis(self, analysis: Analysis) -> Analysis:
        """The analysis without any word of the trace."""
        frames = {
            field.name: self.table(field.name, getattr(analysis, field.name)) for field in fields(analysis)
        }
        frames["findings"] = frames["findings"].with_columns(example=pl.lit(None, pl.String))
        return replace(analysis, **frames)

    def table(self, name: str, frame: pl.DataFrame) -> pl.DataFrame:
        """A table of an analysis without any word of the trace. Changes that are ranked are selections alone."""
        found = self.frame(frame)
        if name == "ranking":
            found = found.with_columns(self._column(frame["change"], "selection"))
        return found

    def timeline(self, timeline: Timeline) -> Timeline:
        """The timeline of a session without any word of the trace."""
        lanes = tuple(
            replace(lane, name=self.hashed("name", lane.name) if lane.name else None)
            for lane in timeline.lanes
        )
        return replace(
            timeline,
            session=self.hashed("session", timeline.session),
            lanes=lanes,
            spans=self.frame(timeline.spans),
        )

    def frame(self, frame: pl.DataFrame) -> pl.DataFrame:
        """A table with all text of it hashed, but for words of our own."""
        return frame.with_columns(
            self._column(frame[name], name)
            for name, dtype in frame.schema.items()
            if (isinstance(dtype, _WORDS) or dtype.is_nested()) and name not in _OWN_COLUMNS
        )

    def _column(self, words: pl.Series, column: str) -> pl.Series:
        if words.dtype.is_nested():
            values = [self._value(column, value) for value in words.to_list()]
            return pl.Series(words.name, values, dtype=words.dtype)
        text = words.cast(pl.String)
        known = text.unique().drop_nulls().to_list()
        hashed = [self._word(column, word) for word in known]
        return text.replace_strict(known, hashed, default=None, return_dtype=pl.String)

    def line(self, line: bytes) -> bytes:
        """A session's JSON object, as `as_json.session_lines` has them, without any word of the trace."""
        return orjson.dumps(self._value("", orjson.loads(line)), option=orjson.OPT_APPEND_NEWLINE)

    def _value(self, key: str, value: object) -> object:
        match value:
            case dict():
                return {
                    name: inner if name == "labels" else self._value(name, inner)
                    for name, inner in value.items()
                }
            case list():
                return [self._value(key, inner) for inner in value]
            case str() if key not in _OWN_COLUMNS:
                return self._word(key, value)
            case _:
                return value

    def _word(self, column: str, word: str) -> str:
        if word in _OWN_WORDS:
            return word
        if column in _CHANGES:
            return _CHANGES[column].sub(
                lambda part: f"{part[1]}:{self.hashed('name', part[2])}{part[3]}", word
            )
        return self.hashed(_SORTS.get(column, "name"), word)


def _names_of(analysis: Analysis) -> list[str]:
    return [*sorted(analysis.sources["path"].to_list()), *sorted(analysis.sessions["session"].to_list())]
