"""Prompts told as changes of the ones before say the same as prompts read whole."""

from __future__ import annotations

import json
import random

import pytest

from agenttrace.ingest.dynamo.hash_text import HashTexts, cut_hashes
from agenttrace.ingest.formats.dynamo import DYNAMO
from agenttrace.ingest.raw import RawTrace
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from unit.ingest.dynamo.rows import event, request, whole_prompts

SIZE = 16
BIGGEST = 2**64 - 1


def text(hashes: list[int]) -> bytes:
    return ",".join(map(str, hashes)).encode()


def kept_and_new(*prompts: list[int]) -> list[tuple[int, list[int]]]:
    texts, found = HashTexts(), []
    for hashes in prompts:
        change = texts.change("chain", SIZE, text(hashes))
        assert change is not None
        texts.keep("chain", SIZE, text(hashes), change)
        found.append((change.kept, change.new.tolist()))
    return found


@pytest.mark.parametrize(
    ("before", "now", "kept"),
    [
        ([1, 2], [1, 2, 3], 2),
        ([1, 2], [1, 2], 2),
        ([1, 2, 3], [1, 2], 2),
        ([12, 34], [12, 345], 1),
        ([12, 345], [12, 34], 1),
        ([5], [57], 0),
        ([1, 2], [3, 2], 0),
        ([BIGGEST, 7], [BIGGEST, 8, 9], 1),
    ],
)
def test_what_is_the_same_is_kept_number_by_number(before: list[int], now: list[int], kept: int) -> None:
    assert kept_and_new(before, now) == [(0, before), (kept, now[kept:])]


@pytest.mark.parametrize("seed", range(50))
def test_kept_and_new_blocks_make_the_prompt_and_no_block_more_is_the_same(seed: int) -> None:
    draw = random.Random(seed)
    prompt: list[int] = []
    prompts = []
    for _ in range(20):
        prompt = prompt[: draw.randint(0, len(prompt))]
        prompt = prompt + [draw.choice([1, 12, 123, BIGGEST]) for _ in range(draw.randint(1, 30))]
        prompts.append(prompt)
    last: list[int] = []
    for hashes, (kept, new) in zip(prompts, kept_and_new(*prompts), strict=True):
        assert last[:kept] + new == hashes
        assert not new or kept >= len(last) or last[kept] != new[0]
        last = hashes


@pytest.mark.parametrize(
    "broken", [b"1,,2", b",1", b"1,", b"01", b"1.5", b"-1", b"1e3", b"[1", b"18446744073709551616"]
)
def test_a_text_of_anything_else_is_left_to_the_reader_of_whole_records(broken: bytes) -> None:
    assert HashTexts().change("chain", SIZE, broken) is None


def test_blocks_of_another_size_keep_nothing() -> None:
    texts = HashTexts()
    change = texts.change("chain", 16, b"1,2")
    assert change is not None
    texts.keep("chain", 16, b"1,2", change)
    other = texts.change("chain", 32, b"1,2")
    assert other is not None
    assert (other.kept, other.new.tolist()) == (0, [1, 2])


def test_a_list_is_cut_out_only_where_it_is_the_only_one() -> None:
    one = b'{"input_sequence_hashes":[1,2],"x":3}'
    assert cut_hashes(one) == (b'{"input_sequence_hashes":[],"x":3}', b"1,2")
    assert cut_hashes(one[:-1] + b',"y":' + one + b"}") is None
    assert cut_hashes(one.replace(b"]", b"")) is None


def raw(records: list[bytes]) -> RawTrace:
    recorder = Recorder()
    DYNAMO.read(Source("trace.jsonl", b"\n".join(records) + b"\n"), recorder)
    return recorder.trace()


def loosely(record: bytes) -> bytes:
    """The same record as another writer puts it: with spaces, so that nothing is cut out."""
    return json.dumps(json.loads(record), separators=(", ", ": ")).encode()


def damaged(record: bytes, draw: random.Random) -> bytes:
    if draw.random() < 0.6:
        return record
    at = draw.randrange(record.index(b"replay"), len(record))
    return record[:at] + draw.choice([b",", b"0", b"]", b"[", b'"', b"x", b"-", b" ", b""]) + record[at + 1 :]


@pytest.mark.parametrize("seed", range(200))
def test_damaged_or_not_a_trace_reads_the_same_with_hashes_cut_out_and_without(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = random.Random(seed)
    chains: dict[str, list[int]] = {"a": [], "b": []}
    records = []
    for at in range(25):
        chain = draw.choice("ab")
        kept = draw.randint(max(0, len(chains[chain]) - 3), len(chains[chain]))
        chains[chain] = chains[chain][:kept] + [draw.getrandbits(64) for _ in range(draw.randint(0, 4))]
        replay = {
            "trace_block_size": draw.choice([16, 16, 16, 32, "16", 0]),
            "input_sequence_hashes": chains[chain],
        }
        record = request(None if draw.random() < 0.1 else chain, at * 200, replay=replay)
        records.append(damaged(json.dumps(record, separators=(",", ":")).encode(), draw))
    found = raw(records)
    monkeypatch.setattr("agenttrace.ingest.dynamo.request_trace.cut_hashes", lambda _: None)
    careful = raw(records)
    assert set(careful.prefixes["kept_blocks"].to_pylist()) <= {0}
    assert whole_prompts(found.prefixes) == whole_prompts(careful.prefixes)
    for table in ("spans", "agents", "sessions", "key_edges", "findings"):
        assert getattr(found, table).equals(getattr(careful, table)), table


def test_a_writer_who_puts_spaces_says_the_same() -> None:
    records = [
        json.dumps(
            request(
                "a",
                at * 200,
                replay={"trace_block_size": 16, "input_sequence_hashes": list(range(1, at + 3))},
            ),
            separators=(",", ":"),
        ).encode()
        for at in range(5)
    ]
    close, loose = raw(records), raw([loosely(record) for record in records])
    assert close.prefixes["kept_blocks"].to_pylist() == [0, 2, 3, 4, 5]
    assert whole_prompts(close.prefixes) == whole_prompts(loose.prefixes)


def test_a_record_of_another_kind_keeps_what_looks_like_hashes() -> None:
    odd = json.dumps(
        event("tool_end", 5, {"session_id": "a"}, tool={"input_sequence_hashes": [1]}), separators=(",", ":")
    )
    assert [row["code"] for row in raw([odd.encode()]).findings.to_pylist()] == ["tool_without_id"]
