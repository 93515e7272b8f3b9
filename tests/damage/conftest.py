"""The programs that damage traces lie among the benchmarks; here they are looked at as a library."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))
