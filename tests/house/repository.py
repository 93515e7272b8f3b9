"""The files of the checkout, as the house rules look at them."""

import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "agenttrace"
IGNORED = frozenset({".git", ".venv", "build", "dist", "node_modules", "uv.lock", "package-lock.json"})


@cache
def files() -> tuple[Path, ...]:
    """Every file that git tracks or would track; in an unpacked archive, every file but what is ignored."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listing.returncode:
        return tuple(sorted(path for path in ROOT.rglob("*") if path.is_file() and not _ignored(path)))
    names = sorted({name for name in listing.stdout.decode().split("\0") if name})
    return tuple(path for name in names if (path := ROOT / name).is_file())


def texts() -> Iterator[tuple[str, str]]:
    """Name and text of each file that is UTF-8."""
    for path in files():
        try:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def modules() -> list[Path]:
    """The Python files of the package."""
    return sorted(SOURCE.rglob("*.py"))


def _ignored(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    return any(part in IGNORED or part.endswith(("_cache", "__pycache__", ".egg-info")) for part in parts)
