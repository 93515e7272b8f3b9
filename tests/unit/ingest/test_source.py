"""A source is the same bytes whatever it is packed in, and says where it is damaged."""

from __future__ import annotations

import gzip
import os
import re
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.errors import InputError
from agenttrace.ingest.head import HEAD_BYTES
from agenttrace.ingest.source import DamagedEnd, Source

LINES = [b'{"a": 1}', b"", b"second", b"  ", b"last without an end"]
TEXT = b"\n".join(LINES)


def numbered(content: bytes) -> list[tuple[int, bytes]]:
    return list(Source("x", content).lines())


def test_lines_are_numbered_as_in_the_file_and_empty_ones_are_passed_over() -> None:
    assert numbered(TEXT) == [(1, LINES[0]), (3, LINES[2]), (5, LINES[4])]


def test_windows_line_ends_are_no_part_of_a_line() -> None:
    assert numbered(b"one\r\ntwo\r\n") == [(1, b"one"), (2, b"two")]


def test_members_of_a_gzip_follow_each_other() -> None:
    packed = b"".join(gzip.compress(part) for part in (TEXT[:7], TEXT[7:20], TEXT[20:]))

    assert numbered(packed) == numbered(TEXT)


def test_frames_of_a_zstandard_file_follow_each_other() -> None:
    packed = zstandard.compress(TEXT[:11]) + zstandard.compress(TEXT[11:])

    assert numbered(packed) == numbered(TEXT)


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_a_stream_that_ends_early_gives_what_was_good_and_then_says_so(pack: object) -> None:
    whole = b"\n".join(b"%d" % number for number in range(200_000))
    packed = pack(whole)  # type: ignore[operator]
    lines: list[tuple[int, bytes]] = []

    with pytest.raises(DamagedEnd):
        lines.extend(Source("x", packed[: len(packed) // 2]).lines())

    assert Source("x", packed[: len(packed) // 2]).head.data == whole[:HEAD_BYTES]


@given(
    st.lists(
        st.tuples(
            st.sampled_from([b"{", b"a", b'": 1,']), st.integers(0, 700), st.sampled_from(list(b" \n\t"))
        ),
        min_size=1,
        max_size=8,
    )
)
def test_only_runs_of_512_blanks_are_left_out_of_a_head(parts: list[tuple[bytes, int, int]]) -> None:
    content = b"{" + b"".join(word + bytes([blank]) * size for word, size, blank in parts)
    shortened = re.compile(rb"[ \t\n]{512,}").sub(lambda run: b"\n" if b"\n" in run[0] else b" ", content)

    assert Source("x", content).head.data == shortened


def test_a_line_longer_than_a_block_is_one_line() -> None:
    long = b"x" * 3_000_000

    assert numbered(long + b"\nend") == [(1, long), (2, b"end")]


def test_a_file_that_is_not_there_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        _ = Source(str(tmp_path / "missing")).head


def test_a_sibling_is_read_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"1")
    (tmp_path / "a.meta.json").write_bytes(b"{}")
    source = Source(str(tmp_path / "a.jsonl"))

    assert (source.sibling("a.meta.json"), source.sibling("b.meta.json")) == (b"{}", None)


def test_it_knows_the_files_beside_it_and_new_ones_too(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / name).write_text(name)
    source = Source(str(tmp_path / "a"))

    assert source.siblings() == ["a", "b"]
    (tmp_path / "c").write_text("c")
    os.utime(tmp_path, ns=(1, 1))
    assert source.siblings() == ["a", "b", "c"]
    assert source.sibling("c") == b"c"
    assert (source.sibling("d"), source.siblings("d")) == (None, [])


def test_what_came_from_standard_input_lies_beside_nothing() -> None:
    assert (Source("x", b"").sibling("pyproject.toml"), Source("x", b"").siblings()) == (None, [])


def test_what_is_known_of_a_source_is_not_known_of_it_afresh(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text("{}\n")
    source = Source(str(file))
    assert source.head.data == b"{}\n"

    assert vars(source.afresh()) == vars(Source(str(file)))
