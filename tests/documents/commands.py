"""Commands that pages show: every `agenttrace` in them has to know its command and its options."""

from __future__ import annotations

import re
import shlex
from functools import cache

import click
import typer

from agenttrace.cli.application import app
from house.repository import ROOT

_BREAKS = {"|", "||", "&&", ";", ">", "<"}


def check_words(line: str, place: str) -> None:
    """Fails where a part of the line calls `agenttrace` or `make` with what they do not know."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    part: list[str] = []
    for word in [*lexer, ";"]:
        if word not in _BREAKS:
            part.append(word)
            continue
        while part and re.fullmatch(r"[A-Z_]+=.*", part[0]):
            part = part[1:]
        if part[:1] == ["agenttrace"]:
            _check_call(part[1:], f"{place}: {line}")
        if part[:1] == ["make"] and len(part) > 1:
            assert part[1] in _targets(), f"{place}: make has no target {part[1]}"
        part = []


def _check_call(words: list[str], where: str) -> None:
    command = _program()
    while isinstance(command, click.Group) and words and words[0][0] not in "-[":
        found = command.commands.get(words[0])
        assert found is not None, f"{where}: there is no command {words[0]}"
        command, words = found, words[1:]
    known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
    for word in words:
        if re.match(r"--?[a-zA-Z]", word):
            name = word.partition("=")[0]
            assert name in known | {"-h", "--help"}, f"{where}: {command.name} has no option {name}"


@cache
def _program() -> click.Command:
    return typer.main.get_command(app)


@cache
def _targets() -> frozenset[str]:
    return frozenset(
        re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
