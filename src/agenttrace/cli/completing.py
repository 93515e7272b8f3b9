"""What shells are told when somebody asks how a value goes on. Loaded libraries are what the answer needs, no more."""

from __future__ import annotations

from collections.abc import Iterable


def formats(incomplete: str) -> list[str]:
    """Ids of formats that can be read."""
    from agenttrace.ingest.registry import formats as known  # noqa: PLC0415  # heavy

    return _beginning(incomplete, (one.id for one in known()))


def platforms(incomplete: str) -> list[str]:
    """Platforms that come along; files are the shell's affair."""
    from agenttrace.replay.platforms.catalogue import shipped_platforms  # noqa: PLC0415  # heavy

    return _beginning(incomplete, shipped_platforms())


def models(incomplete: str) -> list[str]:
    """Models that come along."""
    from agenttrace.replay.platforms.catalogue import shipped_models  # noqa: PLC0415  # heavy

    return _beginning(incomplete, shipped_models())


def listed(incomplete: str) -> list[str]:
    """Both."""
    return [*platforms(incomplete), *models(incomplete)]


def tables(incomplete: str) -> list[str]:
    """Tables of a trace."""
    from agenttrace.model.schema import TABLES  # noqa: PLC0415  # heavy

    return _beginning(incomplete, (table.name for table in TABLES))


def samples(incomplete: str) -> list[str]:
    """Sample traces."""
    from agenttrace.samples import names  # noqa: PLC0415  # tells whole stories

    return _beginning(incomplete, names())


def sample_formats(incomplete: str) -> list[str]:
    """Formats that a sample can be written in."""
    from agenttrace.samples import format_ids  # noqa: PLC0415  # tells whole stories

    return _beginning(incomplete, format_ids())


def changes(incomplete: str) -> list[str]:
    """How a what-if begins: phases, and what else can be chosen by."""
    from agenttrace.model.vocabulary import Phase  # noqa: PLC0415

    chosen = ("tool:", "agent:", "model:", "purpose:", "session:", "cache=1.0", "fanout<=")
    return _beginning(incomplete, (*(phase.value for phase in Phase), *chosen))


def pairings(incomplete: str) -> list[str]:
    """Ways to pair sessions."""
    known = ("task_id", "first-prompt", "session", "none", "regex:", "manifest:")
    return _beginning(incomplete, known)


def _beginning(incomplete: str, known: Iterable[str]) -> list[str]:
    return [name for name in known if name.startswith(incomplete)]
