"""JSON lines cut into columns by a kernel: of a text, where the values are that a plan wants.

The kernel refuses a text with anything unusual in it, which is then read in another way: what is no JSON (strictly),
members that stand twice in an object, elements that do not begin with their tag, nesting beyond reason.
"""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from agenttrace.native import FILE, library

LARGEST_TEXT = 2**31 - 1


class Kind(IntEnum):
    """What a value is, as in `json_text.h`.

    ESCAPED: a text with escapes. DIGITS: a text that is an integer. LONG: a number of which the double was wanted, but
    takes more than a kernel does.
    """

    NULL = 0
    FALSE = 1
    TRUE = 2
    INTEGER = 3
    NUMBER = 4
    TEXT = 5
    ESCAPED = 6
    OBJECT = 7
    ARRAY = 8
    DIGITS = 9
    LONG = 10


@dataclass(frozen=True)
class Tagged:
    """Elements that begin with a tag, the first of these members: of some tags nothing is kept."""

    members: Mapping[str, Wish]


class Integer:
    """A value of which the number is wanted, if it is an integer of 64 bits or a text of one."""


class Numbers:
    """A list of unsigned integers of 64 bits, of which these are wanted; a text where it is another list is refused."""


class Real:
    """A value of which the double is wanted, if it is a number: its bits are the value, but of kind LONG."""


Wish: TypeAlias = "Mapping[str, Wish] | Sequence[Wish | Tagged] | type[Integer | Numbers | Real] | None"
"""What is wanted of a value: members of an object, elements of an array ([what of each]), or only where it is."""

_NUMERIC = {Integer: 1, Numbers: 2, Real: 3}

_NODE = np.dtype(
    [(name, np.int32) for name in ("first", "members", "element", "tagged", "numeric", "name", "length")]
)
_FOUND = np.dtype([("value", np.int64), *((name, np.int32) for name in ("row", "begin", "end", "kind"))])


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """The values found for one wish, in the order of the text.

    `begin`, `end`: their bounds in it, of a text without its quotes. `row`: which element around it each is in, as a
    position in the column of those elements; of what is in no element, the document. `value`: the integer, of kind
    INTEGER or DIGITS; of elements with a tag its number; of documents their line in the text, from 0; of lists of
    numbers the place of their first one, or of what follows, among those of all lists. `kinds`: those that there are.
    """

    value: NDArray[np.int64]
    row: NDArray[np.int64]
    begin: NDArray[np.int64]
    end: NDArray[np.int64]
    kind: NDArray[np.int32]
    kinds: frozenset[Kind]

    def __len__(self) -> int:
        """How many there are."""
        return len(self.row)


class _Held:
    """Has memory of the kernel, which is nothing outside of this process and is freed with it once."""

    def _hold(self, free: Callable[[int], None], memory: int) -> None:
        """At the end of the process the memory goes with it: threads that still run may be using it."""
        weakref.finalize(self, free, memory).atexit = False

    def __reduce__(self) -> str:
        """Neither pickled nor copied."""
        raise TypeError(f"a {type(self).__name__} holds memory of its process")


class Plan(_Held):
    """What is wanted of each document. Paths are written as in `a.b[].c`: `[]` stands for the elements of an array.

    Threads may share it: the kernel is called with the interpreter's lock held.
    """

    def __init__(self, wish: Mapping[str, Wish]) -> None:
        """Takes a kernel: there has to be one.

        Raises ValueError where elements with a tag have no members, of which the first would be the tag.
        """
        self._nodes: list[list[int]] = []
        self._names = bytearray()
        self._places: dict[str, int] = {}
        self._lay([("", None, wish)])
        nodes = np.array([tuple(node) for node in self._nodes], _NODE)
        self._kernel = _kernel()
        self._plan = self._kernel.agenttrace_plan(
            nodes.ctypes.data, len(nodes), bytes(self._names), len(self._names)
        )
        if not self._plan:
            raise MemoryError
        self._hold(self._kernel.agenttrace_plan_free, self._plan)

    def _lay(self, wishes: Sequence[tuple[str, str | None, Wish | Tagged]]) -> int:
        """Nodes for these (path, name if it is a member, wish), one after the other, and then for what is in them.

        Returns the place of the first.
        """
        first = len(self._nodes)
        for path, member, wish in wishes:
            name = (member or "").encode()
            length = _NAMELESS if member is None else len(name)
            self._places[path] = len(self._nodes)
            numeric, tagged = _numeric(wish), isinstance(wish, Tagged)
            self._nodes.append([0, 0, -1, int(tagged), numeric, len(self._names), length])
            self._names += name
        for node, (path, _, wish) in zip(self._nodes[first:], wishes, strict=True):
            inner = wish.members if isinstance(wish, Tagged) else wish
            if isinstance(wish, Tagged) and not inner:
                raise ValueError(f"no tag: {path}")
            if isinstance(inner, Mapping):
                within = f"{path}." if path else ""
                members = [(f"{within}{name}", name, each) for name, each in inner.items()]
                node[0], node[1] = self._lay(members), len(members)
            elif isinstance(inner, Sequence):
                node[2] = self._lay([(f"{path}[]", None, inner[0])])
        return first

    def shred(self, text: bytes) -> Shreds | None:
        """The documents of a text, which stand on lines; None where it is to be read in another way."""
        if len(text) >= LARGEST_TEXT:
            return None
        error = ctypes.c_int32()
        found = self._kernel.agenttrace_shred(self._plan, text, len(text), error)
        if found:
            return Shreds(found, self._places)
        if error.value == _NO_MEMORY:
            raise MemoryError
        return None

    def tags(self, path: str, known: int = 0) -> list[bytes]:
        """The tags that elements had in all texts, refused ones too, by their numbers from `known` on."""
        place, length = self._places[path], ctypes.c_int32()
        return [
            ctypes.string_at(self._kernel.agenttrace_tag(self._plan, place, number, length), length.value)
            for number in range(known, self._kernel.agenttrace_tags(self._plan, place))
        ]

    def pass_over(self, path: str, tag: int) -> None:
        """Elements with the tag of this number are not kept from now on. Raises IndexError where none has it."""
        if not 0 <= tag < self._kernel.agenttrace_tags(self._plan, self._places[path]):
            raise IndexError(tag)
        self._kernel.agenttrace_unwanted(self._plan, self._places[path], tag)


def _numeric(wish: Wish | Tagged) -> int:
    return _NUMERIC.get(wish, 0) if isinstance(wish, type) else 0


class Shreds(_Held):
    """What was wanted of a text."""

    def __init__(self, found: int, places: Mapping[str, int]) -> None:
        self._found, self._places = found, places
        self._hold(_kernel().agenttrace_shreds_free, found)

    def __getitem__(self, path: str) -> Column:
        """The values at a path."""
        at, count, kinds = self._look(path)
        size = count * _FOUND.itemsize
        bytes_: Any = (ctypes.c_char * size).from_address(at) if size else b""
        found = np.frombuffer(bytes_, _FOUND)
        row, begin, end = (found[name].astype(np.int64) for name in ("row", "begin", "end"))
        value, kind = (found[name].copy() for name in ("value", "kind"))  # the memory goes with the shreds
        return Column(value, row, begin, end, kind, _kinds_of(kinds))

    def count(self, path: str) -> int:
        """How many values there are at a path."""
        return self._look(path)[1]

    def numbers(self) -> NDArray[np.uint64]:
        """Those of all lists of which they were wanted: not longer than these shreds are held."""
        count = ctypes.c_int64()
        at = _kernel().agenttrace_numbers(self._found, count)
        size = count.value * 8
        bytes_: Any = (ctypes.c_char * size).from_address(at) if size else b""
        return np.frombuffer(bytes_, np.uint64)

    def _look(self, path: str) -> tuple[int, int, int]:
        count, kinds = ctypes.c_int64(), ctypes.c_uint32()
        at = _kernel().agenttrace_shreds(self._found, self._places[path], count, kinds)
        return at, count.value, kinds.value


@cache
def _kinds_of(bits: int) -> frozenset[Kind]:
    return frozenset(kind for kind in Kind if bits >> kind & 1)


_NO_MEMORY = -2
_NAMELESS = -1


@cache
def _kernel() -> Any:  # noqa: ANN401  # ctypes makes its functions as they are named
    kernel: Any = None if library() is None else ctypes.PyDLL(str(FILE))
    pointer, number, text = ctypes.c_void_p, ctypes.c_int32, ctypes.c_char_p
    for name, result, arguments in (
        ("plan", pointer, (pointer, number, text, number)),
        ("plan_free", None, (pointer,)),
        ("tags", number, (pointer, number)),
        ("tag", pointer, (pointer, number, number, ctypes.POINTER(number))),
        ("unwanted", None, (pointer, number, number)),
        ("shred", pointer, (pointer, text, ctypes.c_int64, ctypes.POINTER(number))),
        (
            "shreds",
            pointer,
            (pointer, number, ctypes.POINTER(ctypes.c_int64), ctypes.POINTER(ctypes.c_uint32)),
        ),
        ("numbers", pointer, (pointer, ctypes.POINTER(ctypes.c_int64))),
        ("shreds_free", None, (pointer,)),
    ):
        function = getattr(kernel, f"agenttrace_{name}")
        function.restype, function.argtypes = result, arguments
    return kernel
