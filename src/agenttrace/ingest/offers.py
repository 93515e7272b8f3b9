"""Formats that other packages offer: loaded, checked, and named by their package when they fail.

A package offers a format by an entry point of the group `agenttrace.formats`; docs/how-to/add-a-format.md
shows one whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import EntryPoint
from typing import Any

from agenttrace.errors import AgentTraceError, InputError, UsageError
from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.format import Format
from agenttrace.ingest.head import Head
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source

GROUP = "agenttrace.formats"
_HINT = "update or uninstall the package that offers it"


class OfferedFormat:
    """A format of another package. What it raises is told with the package: it is no fault of the input."""

    def __init__(self, offered: Any, package: str) -> None:
        """UsageError where it is no format at all."""
        self.package = package
        self._offered = offered
        lacking = [
            name
            for name, kind in (("id", str), ("facts", FormatFacts), ("companions", tuple))
            if not isinstance(getattr(offered, name, None), kind)
        ]
        lacking += [name for name in ("sniff", "read") if not callable(getattr(offered, name, None))]
        if isinstance(offered, type) or lacking:
            what = (
                "a class, not an instance" if isinstance(offered, type) else f"without {', '.join(lacking)}"
            )
            raise UsageError(f"what {package} offers is no format: {what}", where=repr(offered), hint=_HINT)

    @property
    def id(self) -> str:
        """The id of `--input-format` and of `sources[].format`."""
        found: str = self._offered.id
        return found

    @property
    def facts(self) -> FormatFacts:
        """What it can tell, and what it cannot."""
        found: FormatFacts = self._offered.facts
        return found

    @property
    def companions(self) -> tuple[str, ...]:
        """Globs of file names that belong to the format and are not read on their own."""
        found: tuple[str, ...] = self._offered.companions
        return found

    def sniff(self, head: Head) -> bool:
        """Whether content that starts so is of this format. UsageError if the package's own code fails."""
        try:
            return bool(self._offered.sniff(head))
        except Exception as error:
            raise UsageError(f"{self.named} fails to look at a file: {_said(error)}", hint=_HINT) from error

    def read(self, source: Source, recorder: Recorder) -> None:
        """Records all of the source."""
        self._offered.read(source, recorder)

    @property
    def named(self) -> str:
        """Its id and its package, for a sentence."""
        return f"the format `{self.id}` of {self.package}"


@contextmanager
def blamed(known: Format, path: str) -> Iterator[None]:
    """InputError that names the package, where reading with a format of another one fails.

    What it records is checked as it becomes columns, so that belongs inside.
    """
    try:
        yield
    except (AgentTraceError, OSError):
        raise
    except Exception as error:
        if not isinstance(known, OfferedFormat):
            raise
        what = f"{known.named} fails to read this: {_said(error)}"
        raise InputError(what, where=path, hint=_HINT) from error


def offered_formats(offers: Iterable[EntryPoint]) -> list[OfferedFormat]:
    """The formats behind entry points, in the order of their names. UsageError where one cannot be had."""
    return [_loaded(offer) for offer in sorted(offers, key=lambda offer: (offer.name, offer.value))]


def _loaded(offer: EntryPoint) -> OfferedFormat:
    package = _package(offer)
    try:
        found = offer.load()
    except Exception as error:
        what = f"the format `{offer.name}` of {package} cannot be loaded: {_said(error)}"
        raise UsageError(what, where=offer.value, hint=_HINT) from error
    return OfferedFormat(found, package)


def _package(offer: EntryPoint) -> str:
    dist = offer.dist
    return f"the package {dist.name} {dist.version}" if dist else f"the package of {offer.value}"


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def package_of(known: Format) -> str:
    """Who brings a format."""
    return known.package if isinstance(known, OfferedFormat) else "agenttrace itself"
