"""How phases look: a colour that colour-blind people can tell from the others, and a pattern besides.

The colours are those of Okabe and Ito and of Tol, which are told apart under all common kinds of colour blindness. A
pattern is an 8 by 8 tile; its set points are darker. The page's style and the waterfall are made from the same table.
"""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode
from dataclasses import dataclass

from agenttrace.model.vocabulary import Phase

_NONE = (0, 0, 0, 0, 0, 0, 0, 0)
_RISING = (0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80)
_FALLING = (0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02, 0x01)
_DOTS = (0x00, 0x66, 0x66, 0x00, 0x00, 0x66, 0x66, 0x00)
_LINES = (0xFF, 0x00, 0x00, 0x00, 0xFF, 0x00, 0x00, 0x00)
_POSTS = (0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11)
_CROSS = (0x81, 0x42, 0x24, 0x18, 0x18, 0x24, 0x42, 0x81)
_SPARSE = (0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0x01, 0x00)
_CHECKS = (0xCC, 0xCC, 0x33, 0x33, 0xCC, 0xCC, 0x33, 0x33)
_GRID = (0xFF, 0x88, 0x88, 0x88, 0xFF, 0x88, 0x88, 0x88)


@dataclass(frozen=True, slots=True)
class Look:
    """A colour as #rrggbb, a tile of 8 rows of 8 points, and what the phase means, in a sentence."""

    color: str
    tile: tuple[int, ...]
    meaning: str


LOOKS = {
    Phase.QUEUE: Look("#e69f00", _DOTS, "A request waited to be taken up by the server."),
    Phase.PREFILL: Look("#56b4e9", _RISING, "The server read the prompt, up to the first token."),
    Phase.DECODE: Look("#0072b2", _NONE, "The server wrote the answer, from the first token to the last."),
    Phase.MODEL: Look(
        "#3f6fd1",
        _SPARSE,
        "A request ran; the source does not say how it divides into queue, prefill and decode.",
    ),
    Phase.NETWORK: Look(
        "#aa4499", _FALLING, "The client waited for a request, and the server did not see it."
    ),
    Phase.TOOL: Look(
        "#009e73", _LINES, "A tool ran: a shell command, a search, an edit, a call to another service."
    ),
    Phase.BACKOFF: Look("#d55e00", _CROSS, "Waiting before a retry, or for a rate limit to reset."),
    Phase.USER: Look(
        "#b8b8b8", _CHECKS, "Nothing was outstanding but a person: a prompt, an answer, a permission."
    ),
    Phase.SUSPENDED: Look("#8a8a8a", _GRID, "The machine slept, or the session lay idle beyond a limit."),
    Phase.HARNESS: Look(
        "#cc79a7", _POSTS, "The agent program itself, between what it waited for and what it did next."
    ),
    Phase.UNKNOWN: Look("#d9d2bf", _FALLING, "Time of which no source tells what it was."),
}


def phase_table() -> list[list[object]]:
    """For the page's program, in the order of the phases: name, colour, tile."""
    return [[phase.value, LOOKS[phase].color, list(LOOKS[phase].tile)] for phase in Phase]


def phase_style() -> str:
    """A class for each phase that paints the background of its element."""
    return "\n".join(
        f".p-{phase.value}{{--phase:{look.color};background-image:url({_tile_image(look.tile)})}}"
        for phase, look in LOOKS.items()
    )


def _tile_image(tile: tuple[int, ...]) -> str:
    """The tile as a PNG: black where a point is set, mostly transparent; uncompressed, so the same everywhere."""
    rows = b"".join(
        b"\0" + b"".join(b"\0\x48" if row >> (7 - place) & 1 else b"\0\0" for place in range(8))
        for row in tile
    )
    head = struct.pack(">IIBBBBB", 8, 8, 8, 4, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", _stored(rows)), (b"IEND", b""))
    data = b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in parts)
    return f"data:image/png;base64,{b64encode(data).decode()}"


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _stored(data: bytes) -> bytes:
    """A zlib stream of one block that is not compressed."""
    length = struct.pack("<HH", len(data), len(data) ^ 0xFFFF)
    return b"\x78\x01\x01" + length + data + struct.pack(">I", zlib.adler32(data))
