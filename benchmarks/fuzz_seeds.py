"""What a fuzzer begins with: small cuts of the samples, and the words that a reader knows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from random import Random

from agenttrace.ingest.registry import OWN_FORMATS, own_formats
from damage_material import Piece, cut_pieces, sample_files

_PIECES = 24
_MOST_UNITS = 8
_WORD_LENGTH = 40


def seeds_of(format_id: str, container: str, seed: int, most_bytes: int) -> list[bytes]:
    """Files of a few records each, of one container or of all of them; the same for the same seed."""
    chance = Random(seed)
    pieces = cut_pieces(sample_files(), _PIECES, seed, [format_id])
    found = {
        small for piece in pieces if container in ("", piece.container) for small in _cuts(piece, chance)
    }
    return sorted(small for small in found if len(small) <= most_bytes)


def _cuts(piece: Piece, chance: Random) -> Iterator[bytes]:
    for size in (1, 3, _MOST_UNITS):
        first = chance.randrange(max(1, len(piece.units) - size))
        yield piece.holding(piece.units[:size])
        yield piece.holding(piece.units[first : first + size])


def words_of(format_id: str) -> list[str]:
    """The strings in the code of a format, most of which are names of fields and their values."""
    place = dict(zip((known.id for known in own_formats()), OWN_FORMATS, strict=True))[format_id]
    spec = find_spec(f"agenttrace.ingest.formats.{place.partition(':')[0]}")
    assert spec is not None
    assert spec.origin is not None
    origin = Path(spec.origin)
    files = sorted(origin.parent.glob("*.py")) if origin.name == "__init__.py" else [origin]
    return sorted({word for file in files for word in _words_in(file)})


def _words_in(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        word = node.value if isinstance(node, ast.Constant) else None
        if isinstance(word, str) and 0 < len(word) <= _WORD_LENGTH and "\n" not in word:
            yield word
