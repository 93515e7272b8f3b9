"""Blocks of a page, run in order as its reader would: commands as processes, Python, files of any kind."""

from __future__ import annotations

import ast
import contextlib
import doctest
import io
import json
import os
import re
import shlex
import subprocess
import tomllib
from collections.abc import Callable
from glob import glob
from typing import Any
from unittest import mock

import yaml

from agenttrace.cli.application import main
from documents.commands import check_words
from documents.folders import Folder
from documents.outputs import differences
from documents.pages import Block

_EXIT = re.compile(r"# exit code (\d+)")


class Reader:
    """Somebody who reads one page, types what it shows, and looks whether what it shows comes out."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._names: dict[str, Any] = {"__name__": "__page__"}

    def follow(self, block: Block) -> str:
        """Returns what became of it; fails where the page is wrong."""
        if block.file is not None:
            (self._folder.path / block.file).write_text(block.text, encoding="utf-8")
        if block.language == "text":
            return "drawn"
        if block.not_run is not None or block.file is not None or block.language not in _RUN:
            assert block.language in _PARSE, f"{block.place}: a block of no known language `{block.language}`"
            _PARSE[block.language](block)
            return "parsed"
        _RUN[block.language](self, block)
        return "run"

    def type_commands(self, block: Block) -> None:
        """Each line of `sh` has to end well, or with the code that its comment tells."""
        for line in lines_of(block.text):
            self.type_line(line, block.place)

    def type_and_compare(self, block: Block) -> None:
        """In `console`, lines after a `$` are typed; what stands below them has to come out."""
        for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
            (line, *_), shown = lines_of(part), part
            typed = "".join(text + "\n" for text in _typed(part))
            shown = part[len(typed) :]
            told = differences(shown, self.type_line(line, block.place))
            assert not told, f"{block.place}: {line}\n{told}"

    def execute(self, block: Block) -> None:
        """Python, with what earlier blocks of the page defined; examples with >>> are compared."""
        if ">>> " in block.text:
            test = doctest.DocTestParser().get_doctest(
                block.text, self._names, block.place, block.page, block.line
            )
            test.globs = self._names
            said: list[str] = []
            doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=said.append, clear_globs=False)
            assert not said, "".join(said)
        else:
            exec(compile(block.text, block.place, "exec"), self._names)  # noqa: S102  # it is our own page

    def type_line(self, line: str, place: str) -> str:
        """What comes out on both streams; fails where it ends otherwise than its comment tells."""
        check_words(line, place)
        wanted = _EXIT.search(line)
        code, said = self._run(line)
        assert code == (int(wanted[1]) if wanted else 0), f"{place}: {line}\nexit code {code}\n{said}"
        return said

    def _run(self, line: str) -> tuple[int, str]:
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", line],
            cwd=self._folder.path,
            env=dict(self._folder.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout


class HastyReader(Reader):
    """Takes the test's own process for commands that need no shell: a start of the program is most of their time."""

    def _run(self, line: str) -> tuple[int, str]:
        with mock.patch.dict(os.environ, self._folder.environment, clear=True):
            words = _words(line)
            if words[:1] != ["agenttrace"] or "--help" in words:
                return super()._run(line)
            written = io.BytesIO()
            out = io.TextIOWrapper(written, encoding="utf-8", write_through=True)
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
                code = main(words[1:])
            return code, written.getvalue().decode()


def _words(line: str) -> list[str]:
    """As a shell would split it, with globs and ~ filled in; nothing where more of a shell is wanted."""
    if "$" in line:
        return []
    lexer = shlex.shlex(line, posix=False, punctuation_chars="|&;<>()`")
    lexer.whitespace_split = True
    words = []
    for token in lexer:
        if set(token) <= set("|&;<>()`"):
            return []
        word = shlex.split(token)[0]
        quoted = word != token
        found = sorted(glob(os.path.expanduser(word))) if not quoted and set(word) & set("*?[~") else []  # noqa: PTH111, PTH207
        words += found or [word]
    return words


def lines_of(text: str) -> list[str]:
    """Commands: a line each, what is continued by a backslash put together; no comments alone, no empty lines."""
    joined = re.sub(r"\\\n\s*", "", text)
    return [line for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def _typed(part: str) -> list[str]:
    """The first command of a part, line by line."""
    lines = part.splitlines()
    last = next(n for n, line in enumerate(lines) if not line.endswith("\\"))
    return lines[: last + 1]


def _parse_shell(block: Block) -> None:
    for line in lines_of(block.text):
        check_words(line.removeprefix("$ "), block.place)


def _parse_lines(block: Block) -> None:
    for line in block.text.splitlines():
        json.loads(line)


_RUN: dict[str, Callable[[Reader, Block], None]] = {
    "sh": Reader.type_commands,
    "console": Reader.type_and_compare,
    "python": Reader.execute,
}
_PARSE: dict[str, Callable[[Block], object]] = {
    "sh": _parse_shell,
    "console": _parse_shell,
    "python": lambda block: ast.parse(block.text),
    "toml": lambda block: tomllib.loads(block.text),
    "yaml": lambda block: yaml.safe_load(block.text),
    "json": lambda block: json.loads(block.text),
    "jsonl": _parse_lines,
    "sql": lambda block: block.text,
}
