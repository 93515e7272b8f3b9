"""Draws the README's picture of the terminal: what `agenttrace analyze` really prints of the sample session.

python docs/images/draw.py
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

HERE = Path(__file__).parent
WIDTH = 100
LINES = 46


def report() -> str:
    """The report of a freshly written sample, in colour."""
    with tempfile.TemporaryDirectory() as folder:
        sample = Path(folder) / "session.jsonl"
        program = [sys.executable, "-m", "agenttrace"]
        subprocess.run([*program, "sample", "claude-code-33min", "-o", str(sample)], check=True)
        shown = subprocess.run(
            [*program, "analyze", sample.name, "--color", "always"],
            check=True,
            capture_output=True,
            text=True,
            cwd=folder,
            env={"COLUMNS": str(WIDTH), "PATH": "", "PYTHONPATH": ":".join(sys.path)},
        )
    return shown.stdout


def main() -> None:
    """Writes `analyze.svg` beside this file, with the fonts that the reader has."""
    console = Console(record=True, width=WIDTH, file=Path("/dev/null").open("w"))  # noqa: SIM115
    console.print(Text.from_ansi("\n".join(report().splitlines()[:LINES])))
    picture = console.export_svg(title="agenttrace analyze session.jsonl", theme=MONOKAI, unique_id="analyze")
    picture = re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL)
    picture = re.sub(r"<!--.*?-->", "", picture, flags=re.DOTALL)
    picture = picture.replace("<text ", '<text xml:space="preserve" ').replace("Fira Code", "ui-monospace")
    (HERE / "analyze.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
