"""What is asked of Arrow's kernels, on text columns and masks, with the types that it has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

Texts: TypeAlias = "pa.Array[Any]"
Names: TypeAlias = "pa.DictionaryArray[Any, Any]"
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

_kernels: Any = pyarrow.compute


def known(column: Any) -> Mask:
    """Where there is a value."""
    mask: Mask = np.asarray(_kernels.is_valid(column))
    return mask


def equals(column: Any, other: Any) -> Mask:
    """Where it is the same as a word, or as another column; nowhere where one is null."""
    return _certain(_kernels.equal(column, other))


def among(column: Any, words: Iterable[str] | Texts) -> Mask:
    """Where it is one of these; null is none of them."""
    values = words if isinstance(words, pa.Array) else pa.array(list(words), pa.string())
    return _certain(_kernels.is_in(column, values)) & known(column)


def begins(column: Texts, start: str) -> Mask:
    """Where it begins so."""
    return _certain(_kernels.starts_with(column, start))


def contains(column: Texts, part: str) -> Mask:
    """Where this is in it."""
    return _certain(_kernels.match_substring(column, part))


def matches(column: Texts, pattern: str) -> Mask:
    """Where the regular expression is found in it."""
    return _certain(_kernels.match_substring_regex(column, pattern))


def lower(column: Texts) -> Texts:
    """ASCII letters in lower case."""
    found: Texts = _kernels.ascii_lower(column)
    return found


def replaced(column: Any, part: str, by: str) -> Texts:
    """With every occurrence of a part replaced."""
    found: Texts = _kernels.replace_substring(column, part, by)
    return found


def where(mask: Mask, then: Texts | str | None, otherwise: Texts | None = None) -> Texts:
    """`then` in the marked rows, `otherwise` (null if left out) in the rest."""
    nothing = pa.scalar(None, pa.string())
    chosen = nothing if then is None else then
    found: Texts = _kernels.if_else(pa.array(mask), chosen, nothing if otherwise is None else otherwise)
    return found


def kept(column: Any, mask: Mask) -> Any:
    """The marked rows of a column or of a table."""
    return column.filter(pa.array(mask))


def filled(column: Any, value: int) -> Ints:
    """Integers, with this in the place of null."""
    numbers: Ints = np.asarray(_kernels.fill_null(column, value).to_numpy(), dtype=np.int64)
    return numbers


def positions(column: Any, of: Texts, absent: int) -> Ints:
    """Where in `of` each value stands first."""
    return filled(_kernels.index_in(column, value_set=of), absent)


def labelled(codes: Any, labels: Sequence[str], absent: int) -> Names:
    """Positions in a list of labels as those labels; `absent` as null."""
    indices = pa.array(np.asarray(codes, np.int8), pa.int8(), mask=np.asarray(codes) == absent)
    found: Names = pa.DictionaryArray.from_arrays(indices, pa.array(list(labels), pa.string()))
    return found


def _certain(found: Any) -> Mask:
    mask: Mask = np.asarray(_kernels.fill_null(found, fill_value=False))
    return mask
