"""The site is complete, its links hold, and nothing in it is loaded from elsewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from documents.pages import pages
from documents.site import site

__all__ = ["site"]
_LOADED = {("script", "src"), ("link", "href"), ("img", "src"), ("iframe", "src"), ("source", "src")}


class Parts(HTMLParser):
    """What a page loads, where it links to, and what can be linked to in it."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: set[str] = set()
        self.linked: set[str] = set()
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in {"id", "name"} and value:
                self.anchors.add(value)
            if (tag, name) in _LOADED and value:
                self.loaded.add(value)
            if (tag, name) == ("a", "href") and value:
                self.linked.add(value)


def _parts(page: Path) -> Parts:
    parts = Parts()
    parts.feed(page.read_text(encoding="utf-8"))
    return parts


def test_every_page_is_in_it(site: Path) -> None:
    built = {page.relative_to(site).as_posix() for page in site.rglob("*.html")}
    wanted = {page.removesuffix(".md") + ".html" for page in pages()}

    assert wanted - {"README.html"} <= built
    assert "index.html" in built


def test_links_and_anchors_hold_as_files(site: Path) -> None:
    """What opens from the disk: every link names a file, with its ending, and an anchor in it."""
    known = {page.resolve(): _parts(page) for page in site.rglob("*.html")}
    broken = []
    for page, parts in known.items():
        for link in parts.linked | parts.loaded:
            to = urlsplit(link)
            if to.scheme or to.netloc or page.name == "404.html":
                continue
            target = (page.parent / unquote(to.path)).resolve() if to.path else page
            anchors = known[target].anchors if target in known else set()
            if not target.is_file() or (to.fragment and unquote(to.fragment) not in anchors | {"__top"}):
                broken.append(f"{page.relative_to(site)}: {link}")
    assert broken == []


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        outside = {part for part in _parts(page).loaded if urlsplit(part).netloc}
        assert outside == set(), page
    for style in site.rglob("*.css"):
        assert re.findall(r"url\([\"']?(https?:)?//", style.read_text(encoding="utf-8")) == [], style


def test_search_needs_no_server(site: Path) -> None:
    index = (site / "search" / "search_index.js").read_text(encoding="utf-8")

    assert index.startswith("var __index = ")
    assert "critical path" in index
