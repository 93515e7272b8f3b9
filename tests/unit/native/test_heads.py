"""What tells texts apart are the bytes that follow what all texts of their group begin with."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.native import library
from agenttrace.native.heads import heads

pytestmark = pytest.mark.skipif(
    library() is None, reason="without kernels: there was no C compiler, or AGENTTRACE_NATIVE is off"
)

_ROWS = st.lists(
    st.tuples(st.integers(0, 2), st.text("ab\0é", max_size=4), st.text("ab", max_size=9)), max_size=12
)


@given(_ROWS, st.integers(0, 3))
def test_the_bytes_after_what_a_group_shares_are_a_number(
    rows: list[tuple[int, str, str]], skipped: int
) -> None:
    texts = pa.array(["xyz"] * skipped + [first * 3 + last for _, first, last in rows], pa.large_string())[
        skipped:
    ]

    found = heads(texts, np.array([group for group, *_ in rows], np.int64))

    assert found is not None
    content = [(text or "").encode() for text in texts.to_pylist()]
    for (group, *_), text, head in zip(rows, content, found.tolist(), strict=True):
        others = [other for (of, *_), other in zip(rows, content, strict=True) if of == group]
        shared = next(
            at for at in range(len(text), -1, -1) if all(other[:at] == text[:at] for other in others)
        )
        assert head == int.from_bytes(text[shared : shared + 8].ljust(8, b"\0"), "big")


def test_a_null_has_none() -> None:
    assert heads(pa.array(["a", None], pa.large_string()), np.zeros(2, np.int64)) is None
