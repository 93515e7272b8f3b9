"""What the kernel accepts it cuts as another reader of JSON would; the rest it refuses, whatever it is."""

from __future__ import annotations

import copy
import gc
import pickle
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.native import library
from agenttrace.native.shredding import Integer, Kind, Plan, Tagged, Wish
from unit.native.json_spellings import NUMBERS, differing, expected, lines, spelled

pytestmark = pytest.mark.skipif(
    library() is None, reason="without kernels: there was no C compiler, or AGENTTRACE_NATIVE is off"
)

NAMES = ("a", "b", "c", "ü")
names = st.sampled_from(NAMES)
other_names = st.text(
    st.characters(min_codepoint=32, exclude_characters='"\\', exclude_categories=["Cs"]), max_size=3
)
randoms = st.randoms(use_true_random=False)
scalars = st.one_of(
    st.sampled_from((b"null", b"true", b"false", *NUMBERS)),
    st.integers(-(2**70), 2**70).map(lambda number: str(number).encode()),
    st.floats(-1e250, 1e250).map(lambda number: repr(number).encode()),
    st.sampled_from(("12", "-0", "007", "1.0", "", "9223372036854775807", "9223372036854775808", "x" * 40)),
    st.text(max_size=20),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | other_names, inner, max_size=4),
    max_leaves=12,
)
documents = st.lists(st.dictionaries(names | other_names, values, max_size=5), max_size=4)
wishes: st.SearchStrategy[Wish] = st.recursive(
    st.sampled_from((None, Integer)),
    lambda inner: st.dictionaries(names, inner, min_size=1, max_size=3) | inner.map(lambda each: [each]),
    max_leaves=6,
)
plans = st.dictionaries(names, wishes, min_size=1, max_size=4)
damages = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True),
        st.sampled_from((0, 0, 1, 2)),
        st.binary(max_size=2)
        | st.sampled_from(
            (b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\n", b"\\ud83d", b"\xed\xa0\x80", b"0")
        ),
    ),
    min_size=1,
    max_size=3,
)
"""Where, how many bytes are left out there, and what is put in their place."""
SAMPLE = (
    '{"a":[{"key":"x","value":{"intValue":"12"}},{"key":"ü","value":null}],"b":-1.5e3,"c":"\\u00e9\\ud83d\\ude00é"}\r\n'
    ' {"c": [true, false,\tnull, 0], "b" : 7}\n'
).encode()
SAMPLE_WISH: Mapping[str, Wish] = {
    "a": [Tagged({"key": None, "value": {"intValue": Integer}})],
    "b": Integer,
    "c": [None],
}


def _damaged(text: bytes, damage: list[tuple[float, int, bytes]]) -> bytes:
    for place, left_out, put in damage:
        at = int(place * len(text))
        text = text[:at] + put + text[at + left_out :]
    return text


def _assert_told_truly(plan: Plan, wish: Mapping[str, Wish], text: bytes) -> bool:
    """Whether it is accepted, and then so that orjson agrees."""
    shreds = plan.shred(text)
    if shreds is None:
        return False
    found = expected(wish, text)
    assert found is not None
    assert differing(plan, wish, shreds, text, found) == []
    return True


@given(plans, documents, randoms)
def test_sound_documents_in_any_spelling_are_cut_as_another_reader_reads_them(
    wish: dict[str, Wish], written: list[dict[str, Any]], random: Random
) -> None:
    assert _assert_told_truly(Plan(wish), wish, lines(written, random))


@given(plans, documents, randoms, damages)
def test_of_damaged_texts_what_is_accepted_is_sound(
    wish: dict[str, Wish],
    written: list[dict[str, Any]],
    random: Random,
    damage: list[tuple[float, int, bytes]],
) -> None:
    _assert_told_truly(Plan(wish), wish, _damaged(lines(written, random), damage))


def test_a_text_that_is_torn_or_flipped_anywhere_is_refused_or_sound() -> None:
    plan = Plan(SAMPLE_WISH)
    assert _assert_told_truly(plan, SAMPLE_WISH, SAMPLE)
    accepted = 0
    for at in range(len(SAMPLE)):
        accepted += _assert_told_truly(plan, SAMPLE_WISH, SAMPLE[:at])
        accepted += _assert_told_truly(plan, SAMPLE_WISH, SAMPLE[:at] + SAMPLE[at + 1 :])
        for bit in range(8):
            flipped = SAMPLE[:at] + bytes([SAMPLE[at] ^ 1 << bit]) + SAMPLE[at + 1 :]
            accepted += _assert_told_truly(plan, SAMPLE_WISH, flipped)
    assert accepted > 0


@given(
    st.lists(
        st.lists(
            st.tuples(
                st.sampled_from(("x", "y", "ü", "", "z" * 9)), st.sampled_from((b'"12"', b"7", b"null"))
            ),
            max_size=5,
        ),
        min_size=1,
        max_size=4,
    ),
    randoms,
)
def test_elements_are_cut_by_their_tags_and_passed_over_once_nobody_wants_them(
    texts: list[list[tuple[str, bytes]]], random: Random
) -> None:
    wish: Mapping[str, Wish] = {"a": [Tagged({"key": None, "value": Integer})]}
    plan, passed_over, known = Plan(wish), frozenset[str](), 0
    for elements in texts:
        written = {
            "a": [{"key": spelled(tag, random, escapes=False), "value": value} for tag, value in elements]
        }
        text = lines([written, {}, written], random)

        shreds, found = plan.shred(text), expected(wish, text, passed_over)

        assert shreds is not None
        assert found is not None
        assert differing(plan, wish, shreds, text, found) == []
        tags = plan.tags("a[]", known)
        assert sorted(set(plan.tags("a[]"))) == sorted(plan.tags("a[]"))
        for number, tag in enumerate(tags, known):
            if random.random() < 0.5:
                plan.pass_over("a[]", number)
                passed_over |= {tag.decode()}
        known += len(tags)


@pytest.mark.parametrize(
    "element",
    [
        b'{"value":7,"key":"x"}',
        b'{"key":"x","value":7,"key":"x"}',
        b'{"key":"x","value":7,"key":"y"}',
        b'{"key":"x","key":null}',
        b'{"key":"x","value":7,"k\\u0065y":"y"}',
        b'{"k\\u0065y":"x","value":7}',
        b'{"key":"\\u0078"}',
        b'{"key":7}',
        b'{"key":null}',
        b'{"keys":"x"}',
        b"{}",
        b"[]",
        b"null",
        b'"x"',
        b'{"key":"x",}',
        b'{"key":"x" 7}',
        b'{"key"',
        b'{"key":',
        b'{"key":"',
        b"{",
    ],
)
def test_elements_that_do_not_say_their_tag_plainly_and_once_are_refused(element: bytes) -> None:
    plan = Plan({"a": [Tagged({"key": None, "value": None})]})
    assert plan.shred(b'{"a":[{"key":"x"}]}') is not None
    assert plan.shred(b'{"a":[%b]}' % element) is None

    plan.pass_over("a[]", 0)

    assert plan.shred(b'{"a":[%b]}' % element) is None


@pytest.mark.parametrize(
    "text",
    [
        b"[]", b"7", b'"a"', b"null", b"{", b"{}{}", b"{},", b"{} 7", b"\xef\xbb\xbf{}", b"\x00", b"{}\x00",
        b"\x0c{}", b"\xa0{}", b'{"a":1,}', b'{,"a":1}', b"{a:1}", b"{'a':1}", b'{"a" 1}', b'{"a":}',
        b'{"a":1 "b":2}', b'{"a":\n1}', b'{"a":[1,]}', b'{"a":[,1]}', b'{"a":[1 2]}', b'{"a":[}', b'{"a":{]}',
        b'{"a":01}', b'{"a":-}', b'{"a":-01}', b'{"a":.5}', b'{"a":1.}', b'{"a":1e}', b'{"a":1e+}', b'{"a":+1}',
        b'{"a":0x1}', b'{"a":NaN}', b'{"a":-Infinity}', b'{"a":nul}', b'{"a":True}', b'{"a":nulll}', b'{"a":"\\x"}',
        b'{"a":"\\u12"}', b'{"a":"\\ud83d"}', b'{"a":"\\ud83d\\ud83d"}', b'{"a":"\\ude00"}',
        b'{"a":"\\ud83dx12345"}', b'{"a":"\t"}', b'{"a":"\n"}', b'{"a":"\xff"}', b'{"a":"\xc0\x80"}',
        b'{"a":"\xed\xa0\x80"}', b'{"a":"\xf4\x90\x80\x80"}', b'{"a":"\xf0\x9f\x98"}', b'{"a":"\xe2\x82',
        b'{"a":1,"a":1}', b'{"a":1,"\\u0061":1}', b'{"z":1,"\\u007a":1}', b'{"b":{"c":1,"c":2}}', b'{"a":/**/1}',
    ],
)  # fmt: skip
def test_what_is_no_json_or_unusual_is_refused(text: bytes) -> None:
    plan = Plan({"a": Integer, "b": {"c": None}})

    assert plan.shred(text) is None
    assert plan.shred(b"{}\n" + text) is None


def test_members_that_nobody_wants_may_stand_twice() -> None:
    shreds = Plan({"a": {"b": None}}).shred(b'{"z":1,"z":2,"a":{"b":{"c":1,"c":2},"y":[],"y":0}}')

    assert shreds is not None
    assert shreds["a.b"].kinds == {Kind.OBJECT}


def test_nesting_is_followed_to_a_depth_and_refused_beyond() -> None:
    plan = Plan({"a": None})

    assert plan.shred(b'{"a":' + b"[" * 95 + b"]" * 95 + b"}") is not None
    assert plan.shred(b'{"z":' + b'{"z":' * 94 + b"0" + b"}" * 95) is not None
    assert plan.shred(b'{"a":' + b"[" * 96 + b"]" * 96 + b"}") is None
    assert plan.shred(b'{"z":' + b"[" * 5_000_000) is None


@pytest.mark.parametrize("text", [b"", b" ", b"\n", b"\r", b"\r\n \t\n", b"\n" * 1000])
def test_of_blank_texts_there_is_nothing(text: bytes) -> None:
    shreds = Plan({"a": [None]}).shred(text)

    assert shreds is not None
    assert [len(shreds[path]) for path in ("", "a", "a[]")] == [0, 0, 0]
    assert shreds["a"].kinds == frozenset()


def test_texts_of_one_byte_are_refused_unless_blank() -> None:
    plan = Plan({"a": None})

    assert {byte for byte in range(256) if plan.shred(bytes([byte]))} == set(b" \t\r\n")


def test_strings_end_at_any_distance_from_what_is_looked_at_in_one_step() -> None:
    plan = Plan({"a": None})
    for length in range(70):
        for tail in ("", "é", '\\"', "\\ud83d\\ude00", "\x7f"):
            text = f'{{"a":"{"x" * length}{tail}"}}'.encode()
            shreds = plan.shred(text)
            assert shreds is not None
            assert shreds["a"].end[0] - shreds["a"].begin[0] == length + len(tail.encode())
        assert plan.shred(b'{"a":"' + b"x" * length) is None
        assert plan.shred(b'{"a":"' + b"x" * length + b"\x1f" + b'"}') is None


def test_names_of_members_may_have_dots_and_be_empty() -> None:
    shreds = Plan({"a.b": Integer, "c": {"": Integer}}).shred(b'{"a.b":1,"b":2,"c":{"":3}}')

    assert shreds is not None
    assert [shreds["a.b"].value.tolist(), shreds["c."].value.tolist()] == [[1], [3]]
    assert Plan({"c": {"": None}}).shred(b'{"c":{"":1,"":2}}') is None


def test_more_tags_than_are_kept_are_refused_and_those_known_stay() -> None:
    plan = Plan({"a": [Tagged({"key": None})]})
    many = [f'{{"key":"k{number}"}}' for number in range(9_000)]

    assert plan.shred(f'{{"a":[{",".join(many)}]}}'.encode()) is None

    known = plan.tags("a[]")
    assert known == [f"k{number}".encode() for number in range(len(known))]
    assert 4_000 < len(known) <= 8_192
    assert plan.shred(b'{"a":[{"key":"k5"}]}') is not None
    assert plan.shred(b'{"a":[{"key":"%b"}]}' % (b"k" * 5_000)) is None


def test_only_elements_have_tags_and_only_known_ones_are_passed_over() -> None:
    plan = Plan({"a": [Tagged({"key": None})], "b": None})

    assert plan.tags("b") == plan.tags("a[]") == []
    for number in (-1, 0, 1 << 30):
        with pytest.raises(IndexError):
            plan.pass_over("a[]", number)
    with pytest.raises(IndexError):
        plan.pass_over("b", 0)
    with pytest.raises(ValueError, match="a"):
        Plan({"a": [Tagged({})]})


def test_columns_outlive_what_they_were_taken_from() -> None:
    shreds = Plan({"a": Integer}).shred(b'{"a":1}')
    assert shreds is not None
    gc.collect()

    column = shreds["a"]

    assert all(
        each.flags.owndata for each in (column.value, column.row, column.begin, column.end, column.kind)
    )


def test_what_holds_memory_of_the_kernel_is_neither_copied_nor_pickled() -> None:
    plan = Plan({"a": None})
    for held in (plan, plan.shred(b"{}")):
        for attempt in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError, match="memory"):
                attempt(held)


def test_threads_share_a_plan() -> None:
    plan = Plan({"a": [Tagged({"key": None})]})

    def told(number: int) -> list[bytes]:
        keys = [f"{number % 7}-{each}" for each in range(300)]
        shreds = plan.shred(orjson.dumps({"a": [{"key": key} for key in keys]}))
        assert shreds is not None
        tags = plan.tags("a[]")
        assert [tags[each].decode() for each in shreds["a[]"].value.tolist()] == keys
        return tags

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(told, range(64)))
    assert len(set(plan.tags("a[]"))) == len(plan.tags("a[]")) == 2_100


def test_a_process_ends_quietly_while_texts_are_cut() -> None:
    program = """
import threading
from agenttrace.native.shredding import Plan
plan = Plan({"a": [None]})
text = b'{"a":[1,2,3]}\\n' * 100_000
kept = plan.shred(text)
begun = threading.Event()
def cut():
    while True:
        plan.shred(text)
        begun.set()
threading.Thread(target=cut, daemon=True).start()
begun.wait()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=False, text=True, timeout=120
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
