"""Results as a line and as a table: nothing in them is markup, and nothing moves the cursor."""

from agenttrace.display import card, line

HOSTILE = "<img src=x>\x1b[31m\u202e\n&\"'"


def test_a_line_has_no_character_that_does_not_show() -> None:
    shown = line("Trace", [("name", HOSTILE)])
    assert shown.isprintable()
    assert shown.startswith("<Trace: name ")


def test_a_card_escapes_everything() -> None:
    shown = card(HOSTILE, [(HOSTILE, HOSTILE)], [[HOSTILE], [HOSTILE]])
    assert "<img" not in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert shown.count("&lt;img src=x&gt;") == 5


def test_long_names_are_cut() -> None:
    assert len(line("T", [("n", "x" * 1_000)])) < 100
