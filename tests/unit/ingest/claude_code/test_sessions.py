"""Sessions: their keys, their first prompt, and which files may hold copies of each other."""

from __future__ import annotations

import hashlib

from unit.ingest.claude_code.chat import Chat, call, read


def _chat(session: str = "s1") -> Chat:
    chat = Chat(session=session)
    chat.prompt(0, "first words")
    chat.answer(1, "1", call("t1"), stop="tool_use")
    chat.result(2, "t1")
    chat.answer(3, "2")
    return chat


def test_the_session_is_named_by_its_records_and_known_by_its_first_prompt() -> None:
    (session,) = _chat().read().sessions
    assert (session["session_key"], session["source_id"], session["truncated"]) == ("claude:s1", "s1", False)
    assert session["first_prompt_fingerprint"] == hashlib.sha256(b"first words").hexdigest()


def test_a_file_that_begins_in_the_middle_says_so_and_does_not_guess_the_first_prompt() -> None:
    chat = _chat()
    chat.records = chat.records[2:]
    (session,) = chat.read().sessions
    assert session["truncated"] is True
    assert session["first_prompt_fingerprint"] is None


def test_a_later_record_that_stands_first_too_does_not_make_a_cut_file_whole() -> None:
    chat = _chat()
    chat.records = [chat.records[3], *chat.records[2:]]
    (session,) = chat.read().sessions
    assert (session["truncated"], session["first_prompt_fingerprint"]) == (True, None)


def test_a_first_record_whose_session_is_no_text_is_of_the_session_that_the_source_names() -> None:
    chat = _chat()
    chat.records[0]["sessionId"] = -1.5
    (session,) = chat.read().sessions
    assert session["session_key"] == "claude:s1"


def test_a_fork_has_keys_of_its_own_and_the_family_of_its_root() -> None:
    fork = _chat("s2")
    fork.prompt(10, "another way")
    for record in fork.records:
        record["sessionKind"] = "bg"
    original, copied = _chat().read(), fork.read()
    assert set(original.spans) <= set(copied.spans)
    assert {span["session_key"] for span in copied.spans.values()} == {"claude:s2"}
    roots = [{edge["key_b"] for edge in reading.edges} for reading in (original, copied)]
    assert roots == [{"claude-root:u1"}, {"claude-root:u1"}]
    assert not any(edge["strong"] for edge in copied.edges)


def test_a_chain_that_goes_on_under_another_id_is_one_session() -> None:
    resumed = Chat(session="s2", prefix="r", last="u4")
    resumed.prompt(100, "on")
    resumed.answer(103, "9")
    reading = read(_chat().content + resumed.content)
    strong = {(edge["key_a"], edge["key_b"]) for edge in reading.edges if edge["strong"]}
    assert strong == {("claude:s1", "claude:s2")}
    assert {session["session_key"] for session in reading.sessions} == {"claude:s1", "claude:s2"}


def test_a_prefix_gives_rows_that_its_superset_gives_too() -> None:
    whole = _chat().read()
    part = _chat()
    part.records = part.records[:3]
    for key, span in part.read().spans.items():
        assert {**whole.spans[key], "status": None} == {**span, "status": None}


def test_records_without_a_session_belong_to_the_one_before() -> None:
    chat = _chat()
    del chat.records[3]["sessionId"]
    assert {span["session_key"] for span in chat.read().spans.values()} == {"claude:s1"}
