"""A sign of life for whoever watches, and for nobody else."""

import time

import pytest

from agenttrace.cli import progress
from agenttrace.cli.progress import working


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_is_watched", lambda: True)
    monkeypatch.setattr(progress, "_PATIENCE_S", 0.01)
    monkeypatch.setattr(progress, "_BEAT_S", 0.01)


@pytest.mark.usefixtures("watched")
def test_long_work_is_shown_and_the_line_is_cleared(capsys: pytest.CaptureFixture[str]) -> None:
    with working("reading", quiet=False, verbose=False):
        time.sleep(0.2)
    _, err = capsys.readouterr()
    assert err.startswith("\rreading … 0 s")
    assert err.endswith("\r\x1b[K")


@pytest.mark.usefixtures("watched")
def test_what_can_be_counted_has_a_bar(capsys: pytest.CaptureFixture[str]) -> None:
    with working("reading", quiet=False, verbose=False) as sign:
        for _ in sign.each(iter("abcd"), 4):
            time.sleep(0.1)
        time.sleep(0.1)
    _, err = capsys.readouterr()
    assert f"0 s {'━' * 12}{'─' * 12} 2 of 4" in err
    assert f"{'━' * 24} 4 of 4" in err
    assert "of 4" not in err[-20:]


@pytest.mark.usefixtures("watched")
def test_quiet_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with working("reading", quiet=True, verbose=False):
        time.sleep(0.1)
    assert capsys.readouterr().err == ""


def test_where_nobody_watches_nothing_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "_PATIENCE_S", 0.01)
    with working("reading", quiet=False, verbose=False):
        time.sleep(0.1)
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("watched")
def test_an_error_ends_the_sign(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyError), working("reading", quiet=False, verbose=True):
        raise KeyError
    assert capsys.readouterr().err == ""
