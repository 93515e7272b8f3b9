"""How results show themselves in a prompt or a notebook: one line, or a small table. Names are escaped in both.

The table has no colour of its own, so that it can be read on any ground, and refers to nothing outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

Fact = tuple[str, str]

_MOST_TEXT = 80


def line(title: str, facts: Sequence[Fact]) -> str:
    """`<Trace: sessions 1, requests 283>`."""
    return f"<{title}: {', '.join(f'{name} {_shown(value)}' for name, value in facts)}>"


def card(title: str, facts: Sequence[Fact], rows: Sequence[Sequence[str]] = ()) -> str:
    """A table: the facts, then `rows`, of which the first is their heading."""
    told = "".join(
        f'<tr><th style="text-align:left;font-weight:normal;opacity:.75">{_html(name)}</th>'
        f'<td style="text-align:left">{_html(value)}</td></tr>'
        for name, value in facts
    )
    heading = "".join(f'<th style="text-align:left">{_html(cell)}</th>' for cell in rows[0]) if rows else ""
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows[1:])
    table = f"<table><thead><tr>{heading}</tr></thead><tbody>{body}</tbody></table>" if rows else ""
    return (
        '<div style="color:inherit;background:transparent;font-variant-numeric:tabular-nums">'
        f"<strong>{_html(title)}</strong><table><tbody>{told}</tbody></table>{table}</div>"
    )


def _cell(text: str) -> str:
    return f'<td style="text-align:left">{_html(text)}</td>'


def _html(text: str) -> str:
    return escape(_shown(text), quote=True)


def _shown(text: str) -> str:
    """On one line, without anything that moves, colours, hides or turns round what stands beside it."""
    seen = text if text.isprintable() else "".join(char if char.isprintable() else "\ufffd" for char in text)
    return seen if len(seen) <= _MOST_TEXT else seen[: _MOST_TEXT - 1] + "…"
