"""`agenttrace` as somebody runs it who has other packages installed beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from house.repository import ROOT


def agenttrace(*arguments: str | Path, site: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The real command, with the packages in `site` installed beside it."""
    paths = [str(ROOT / "src"), *([str(site)] if site else [])]
    command = [sys.executable, "-m", "agenttrace", *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "NO_COLOR": "1"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
