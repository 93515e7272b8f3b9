"""Completion: what each shell is told, and that the scripts work in shells that are installed here."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cli.running import run

IN_SHELL = {
    "bash": """
source {script}
COMP_WORDS=({words}); COMP_CWORD={place}
_agenttrace_completion agenttrace
printf '%s\\n' "${{COMPREPLY[@]}}"
""",
    "zsh": """
compdef() {{ }}
_arguments() {{ print -r -- "$@" }}
source {script}
words=({words}); CURRENT={place}+1
_agenttrace_completion
""",
    "fish": """
source {script}
complete -C {line}
""",
}
ASKED = [
    (["agenttrace", "anal"], "analyze", "diff"),
    (["agenttrace", "analyze", "--what-"], "--what-if", "--waterfall"),
    (["agenttrace", "analyze", "--format", "js"], "jsonl", "csv"),
    (["agenttrace", "analyze", "--input-format", "claude-c"], "claude-code", "codex"),
    (["agenttrace", "replay", "x", "--platform", "vr-nvl"], "vr-nvl72-lpx", "b200"),
    (["agenttrace", "replay", "x", "--model", "glm"], "glm-5", "kimi-k2-instruct"),
    (["agenttrace", "schema", "spa"], "spans", "marks"),
    (["agenttrace", "sample", "fan"], "fan-out", "claude-code-33min"),
    (["agenttrace", "analyze", "x", "--what-if", "pre"], "prefill", "decode"),
    (["agenttrace", "diff", "a", "b", "--pair-by", "ta"], "task_id", "session"),
    (["agenttrace", "config", "sh"], "show", "analyze"),
    (["agenttrace", "sample", "fan-out", "--format", "dy"], "dynamo", "otlp"),
]


@pytest.mark.parametrize(
    ("words", "offered", "other"), ASKED, ids=lambda one: " ".join(one) if isinstance(one, list) else one
)
def test_what_may_follow_is_offered(words: list[str], offered: str, other: str) -> None:
    done = run(
        _AGENTTRACE_COMPLETE="complete_bash", COMP_WORDS=" ".join(words), COMP_CWORD=str(len(words) - 1)
    )
    told = done.stdout.decode().split()
    assert (done.returncode, done.stderr) == (0, b"")
    assert offered in told
    assert other not in told


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_works_in_the_shell_itself(shell: str, tmp_path: Path) -> None:
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"there is no {shell} here")
    program = tmp_path / "agenttrace"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m agenttrace "$@"\n')
    program.chmod(0o755)
    script = tmp_path / "completion"
    script.write_bytes(run("completion", shell).stdout)
    words = ["agenttrace", "analyze", "--format", "js"]
    asked = IN_SHELL[shell].format(
        script=script, words=" ".join(words), place=len(words) - 1, line=shlex.quote(" ".join(words))
    )
    done = subprocess.run(
        [found, "-c", asked],
        capture_output=True,
        check=False,
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path)},
    )
    assert "jsonl" in done.stdout.decode(), done.stderr.decode()
    assert "csv" not in done.stdout.decode()


def test_a_shell_that_is_not_known_is_a_mistake() -> None:
    done = run("completion", "fosh")
    assert done.returncode == 2
    assert b"did you mean fish?" in done.stderr
