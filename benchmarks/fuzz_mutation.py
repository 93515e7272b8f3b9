"""Changes to an input that leave most of it readable, so that the code behind the parser is reached."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from random import Random
from typing import Any

import atheris
from google.protobuf.message import DecodeError

from damage_protobuf import change_message
from damage_text_ids import documents_in
from damage_values import CHANGES, Path, at, paths, written
from fuzz_seeds import words_of
from telemetry_forms import framed

Value = Any
"""What stands in a document: of any type."""

_SHARE_OF_BYTES = 0.25
_FIRST_FIELD = b"\x0a"


class Mutator:
    """Knows the words of a format, and the values of its samples."""

    def __init__(self, format_id: str, seeds: Sequence[bytes]) -> None:
        """`seeds`: files to take lines and values from."""
        self._lines = [line for seed in seeds for line in seed.split(b"\n") if line.strip()]
        self._values = [value for seed in seeds[:40] for value in documents_in(seed)]
        self._words = words_of(format_id)

    def mutate(self, data: bytes, max_size: int, seed: int) -> bytes:
        """Another input of at most `max_size` bytes."""
        chance = Random(seed)
        if chance.random() > _SHARE_OF_BYTES:
            for _ in range(chance.choice((1, 1, 2, 4))):
                with suppress(RecursionError):  # what is nested too deeply is left to changes of bytes
                    changed = self._changed(data, chance)
                    data = changed if len(changed) <= max_size else data
            return data
        mutated: bytes = atheris.Mutate(data, max_size)
        return mutated

    def _changed(self, data: bytes, chance: Random) -> bytes:
        if data[:1] == _FIRST_FIELD:
            return _with_other_message(data, chance)
        if (whole := _parsed(data)) is not None:
            return self._with_other_value(whole, chance)
        lines = data.split(b"\n")
        number = chance.randrange(len(lines))
        value = _parsed(lines[number])
        if value is not None and chance.random() < 0.75:
            lines[number] = self._with_other_value(value, chance)
        else:
            chance.choice(_OF_LINES)(lines, number, chance.choice(self._lines or [b"{}"]))
        return b"\n".join(lines)

    def _with_other_value(self, document: Value, chance: Random) -> bytes:
        places = list(paths(document))
        if not places:
            return written(chance.choice(self._values or [{}]))
        place = chance.choice(places)
        if chance.random() < 0.4:
            return chance.choice(tuple(CHANGES.values()))(document, place, chance)
        chance.choice(_OF_VALUES)(self, document, place, chance)
        return written(document)

    def word(self, chance: Random) -> str:
        """A name or a value that the reader's code knows."""
        return chance.choice(self._words or ["type"])

    def value(self, chance: Random) -> Value:
        """A value from anywhere in a sample."""
        document = chance.choice(self._values or [{}])
        places = list(paths(document))
        return at(document, chance.choice(places)) if places else document


def _set_word(mutator: Mutator, document: Value, place: Path, chance: Random) -> None:
    at(document, place[:-1])[place[-1]] = mutator.word(chance)


def _set_value(mutator: Mutator, document: Value, place: Path, chance: Random) -> None:
    at(document, place[:-1])[place[-1]] = mutator.value(chance)


def _set_own_value(_: Mutator, document: Value, place: Path, chance: Random) -> None:
    """What stands elsewhere in it: ids that meet, times that are equal."""
    other = chance.choice(list(paths(document)))
    at(document, place[:-1])[place[-1]] = json.loads(json.dumps(at(document, other)))


def _add_field(mutator: Mutator, document: Value, place: Path, chance: Random) -> None:
    held = at(document, place[:-1])
    value = mutator.value(chance)
    if isinstance(held, list):
        held.append(value)
    else:
        held[mutator.word(chance)] = value


def _rename_field(mutator: Mutator, document: Value, place: Path, chance: Random) -> None:
    held = at(document, place[:-1])
    if isinstance(held, dict):
        held[mutator.word(chance)] = held.pop(place[-1])


def _change_number(_: Mutator, document: Value, place: Path, chance: Random) -> None:
    held = at(document, place[:-1])
    number = held[place[-1]]
    if isinstance(number, int | float):
        held[place[-1]] = chance.choice(
            [number + 1, -number, number - 10**9, number * 1000, _thousandth(number), str(number)]
        )


def _thousandth(number: float) -> float:
    """Of a whole number, however large, a whole one."""
    return number // 1000 if isinstance(number, int) and abs(number) > 1 << 62 else number / 1000


def _repeat_item(_: Mutator, document: Value, place: Path, chance: Random) -> None:
    held, key = at(document, place[:-1]), place[-1]
    if isinstance(held, list) and isinstance(key, int):
        held.insert(chance.randrange(len(held)), held[key])


_OF_VALUES: tuple[Callable[[Mutator, Value, Path, Random], None], ...] = (
    _set_word, _set_value, _set_own_value, _add_field, _rename_field, _change_number, _repeat_item,
)  # fmt: skip


def _repeat(lines: list[bytes], number: int, _: bytes) -> None:
    lines.append(lines[number])


def _drop(lines: list[bytes], number: int, _: bytes) -> None:
    del lines[number]


def _insert(lines: list[bytes], number: int, other: bytes) -> None:
    lines.insert(number, other)


def _glue(lines: list[bytes], number: int, other: bytes) -> None:
    lines[number] += other


def _move(lines: list[bytes], number: int, _: bytes) -> None:
    lines.insert(0, lines.pop(number))


_OF_LINES: tuple[Callable[[list[bytes], int, bytes], None], ...] = (_repeat, _drop, _insert, _glue, _move)


def _with_other_message(data: bytes, chance: Random) -> bytes:
    """Of a protobuf file the messages of resources, if it is one."""
    messages = []
    position = 0
    while position < len(data) and data[position : position + 1] == _FIRST_FIELD:
        size, start = _varint(data, position + 1)
        messages.append(data[start : start + size])
        position = start + size
    number = chance.randrange(len(messages))
    try:
        messages[number] = change_message(messages[number], chance)
    except (DecodeError, IndexError, ValueError):
        return data[: chance.randrange(len(data))] or data
    return b"".join(map(framed, messages)) + data[position:]


def _varint(data: bytes, position: int) -> tuple[int, int]:
    """The number, and where it ends."""
    found = shift = 0
    while position < len(data):
        byte = data[position]
        found |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if byte < 0x80:
            break
    return found, position


def _parsed(text: bytes) -> Value:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
