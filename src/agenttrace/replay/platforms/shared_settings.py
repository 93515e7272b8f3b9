"""Which of the settings that were given for all platforms go to which of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from agenttrace.replay.platforms.choosing import Wanted, known_numbers
from agenttrace.replay.policies import no_such_number


@dataclass(frozen=True, slots=True)
class Unused:
    """A number that was set, and the platforms that have none of that name."""

    name: str
    platforms: Sequence[str]


def shared_settings(wanted: Sequence[Wanted]) -> tuple[list[Wanted], list[Unused]]:
    """Each platform with the numbers that it has. Raises UsageError for one that none of them has."""
    known = [known_numbers(one.name) for one in wanted]
    set_for_all = list(dict.fromkeys(name for one in wanted for name in one.policies.numbers))
    unused = []
    for name in set_for_all:
        without = [_called(one) for one, names in zip(wanted, known, strict=True) if name not in names]
        if len(without) == len(wanted):
            raise no_such_number(name, " and ".join(without), sorted(frozenset().union(*known)))
        if without:
            unused.append(Unused(name, without))
    return [_with_own(one, names) for one, names in zip(wanted, known, strict=True)], unused


def _with_own(wanted: Wanted, names: frozenset[str]) -> Wanted:
    numbers = {name: value for name, value in wanted.policies.numbers.items() if name in names}
    return replace(wanted, policies=replace(wanted.policies, numbers=numbers))


def _called(wanted: Wanted) -> str:
    return wanted.name if isinstance(wanted.name, str) else wanted.name.name
