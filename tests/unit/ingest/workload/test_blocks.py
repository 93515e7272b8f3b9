"""Blocks of prompts: exact, of the likeliest size, and growing as prompts do."""

from hypothesis import given
from hypothesis import strategies as st

from agenttrace.ingest.workload.blocks import MOST_BLOCKS, GrowingPrompt, block_hashes, likely_block_size

BIGGEST = 2**64 - 1
SIZE = 8

turns = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 30)), min_size=1, max_size=8)


def _hashes(tokens: int, first: int) -> list[int]:
    return list(range(first, first + -(-tokens // SIZE)))


def _prompts(owner: str, told: list[tuple[int, int]]) -> list[tuple[int, list[int]]]:
    """Length and blocks of the prompts of turns of (added tokens, answered tokens)."""
    prompt, made = GrowingPrompt(owner, SIZE), []
    for number, (added, answered) in enumerate(told):
        prompt.add(_hashes(added, 100 * number), added)
        made.append((prompt.tokens, prompt.blocks()))
        prompt.answer(answered)
    return made


def test_hashes_are_read_exactly_or_not_at_all() -> None:
    assert block_hashes([0, BIGGEST, str(BIGGEST)]) == [0, BIGGEST, BIGGEST]
    assert block_hashes([]) == []
    for damaged in ([1, -1], [1, BIGGEST + 1], [1, 2.0**63], [None], [True], ["x"], "12", {"0": 1}, None):
        assert block_hashes(damaged) is None


def test_the_block_size_is_the_one_that_rows_agree_with() -> None:
    assert likely_block_size([(6758, 14), (7322, 15)]) == (512, 2, 2)
    assert likely_block_size([(40, 3), (70, 5)]) == (16, 2, 2)
    assert likely_block_size([(8, 1)]) == (512, 1, 1)
    assert likely_block_size([(6758, 14), (7322, 15), (7322, 1)]) == (512, 2, 3)


@given(turns)
def test_a_prompt_has_as_many_blocks_as_its_tokens_need(told: list[tuple[int, int]]) -> None:
    total = 0
    for (tokens, blocks), (added, answered) in zip(_prompts("s", told), told, strict=True):
        total += added
        assert tokens == total
        assert len(blocks) == -(-tokens // SIZE)
        total += answered


@given(turns)
def test_whole_blocks_of_a_prompt_begin_the_next_one(told: list[tuple[int, int]]) -> None:
    made = _prompts("s", told)
    for (tokens, before), (_, after) in zip(made, made[1:], strict=False):
        whole = tokens // SIZE
        assert after[:whole] == before[:whole]


@given(turns)
def test_different_texts_have_different_blocks(told: list[tuple[int, int]]) -> None:
    _, blocks = _prompts("s", told)[-1]

    assert len(set(blocks)) == len(blocks)


def test_stated_blocks_keep_their_hashes_up_to_the_first_answer() -> None:
    prompt = GrowingPrompt("s", SIZE)
    prompt.add([0, BIGGEST, 9], 2 * SIZE + 3)
    assert prompt.blocks() == [0, BIGGEST, 9]

    prompt.answer(SIZE - 3)
    prompt.add([9], SIZE)

    assert prompt.blocks()[:2] == [0, BIGGEST]
    assert set(prompt.blocks()[2:]).isdisjoint([0, 9, BIGGEST])
    assert len(set(prompt.blocks())) == 4


@given(turns, st.integers(0, 40))
def test_sessions_share_what_precedes_their_first_answers_and_nothing_behind(
    told: list[tuple[int, int]], more: int
) -> None:
    one, other = (_prompts(owner, [*told, (more, 0)])[-1][1] for owner in "ab")
    answered = [sum(map(sum, told[:n])) + told[n][0] for n in range(len(told)) if told[n][1]]
    shared = answered[0] // SIZE if answered else len(one)

    assert one[:shared] == other[:shared]
    assert set(one[shared:]).isdisjoint(other[shared:])


def test_tokens_beyond_the_stated_blocks_are_a_text_of_their_own() -> None:
    prompt = GrowingPrompt("s", SIZE)
    prompt.add([1], 3 * SIZE)

    assert prompt.tokens == 3 * SIZE
    assert prompt.blocks()[0] == 1
    assert len(set(prompt.blocks())) == 3


def test_a_prompt_longer_than_any_keeps_its_length_and_no_blocks() -> None:
    prompt = GrowingPrompt("s", 1)
    prompt.add([1, 2], 2)
    prompt.answer(MOST_BLOCKS - 2)
    assert (prompt.too_long, len(prompt.blocks())) == (False, MOST_BLOCKS)

    prompt.answer(2**53)
    prompt.add([3], 1)

    assert (prompt.too_long, prompt.blocks(), prompt.tokens) == (True, [], MOST_BLOCKS + 2**53 + 1)
