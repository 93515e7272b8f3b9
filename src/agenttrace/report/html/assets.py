"""The page's own files: style and program, put together in the order in which their parts build on each other."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from string import Template

from agenttrace.report.html.palette import phase_style

_PACKAGE = "agenttrace.report.html"
_STYLES = ("tokens", "page", "tables", "waterfall", "print")
_PROGRAM = (
    *("elements", "unpack", "units", "colors"),
    *("session", "idle", "layout", "raster", "ruler", "overlay", "minimap", "view"),
    *("describe", "panel", "walk", "search", "pointer", "keys", "link"),
    *("spans_table", "sessions_table", "charts", "theme", "main"),
)
_BEGIN = (
    '"use strict";(() => {\nconst REPORT = JSON.parse(document.getElementById("report-data").textContent);\n'
)


def template(name: str) -> Template:
    """A part of the page with places to fill, which take markup: what fills them is escaped by then."""
    return Template(_read("assets", f"{name}.html"))


@cache
def style() -> str:
    """The whole style; the dark one holds where the system says so, or the reader."""
    dark = _read("assets", "css", "dark.css")
    by_system = f"@media screen and (prefers-color-scheme: dark) {{ :root:not([data-theme]) {{ {dark} }} }}"
    by_reader = f':root[data-theme="dark"] {{ {dark} }}'
    parts = {name: _read("assets", "css", f"{name}.css") for name in _STYLES}
    return "\n".join([parts.pop("tokens"), by_system, by_reader, phase_style(), *parts.values()])


@cache
def program() -> str:
    """The page's program, in a scope of its own."""
    return _BEGIN + "\n".join(_read("assets", "js", f"{name}.js") for name in _PROGRAM) + "})();\n"


@cache
def plotly() -> str:
    """The basic build of plotly.js, with its notice; `vendor/plotly-basic/LICENSE` is its licence."""
    text = _read("vendor", "plotly-basic", "plotly-basic.min.js")
    if "</script" in text.lower() or "<!--" in text:
        message = "plotly.js cannot stand in a script element as it is"
        raise ValueError(message)
    return text


def _read(*names: str) -> str:
    return files(_PACKAGE).joinpath(*names).read_text(encoding="utf-8")
