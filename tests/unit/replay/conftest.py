"""The curve of AgentX is a program among the benchmarks; here it is looked at as a library."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[3] / "benchmarks"))
