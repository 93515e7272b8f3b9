"""Arrays are made without pandas, whether it is installed or not."""

import subprocess
import sys

_PROGRAM = """
import sys
from agenttrace.workers.sparing import spare_pandas
spare_pandas()
import polars as pl
import pyarrow as pa
assert pa.array([1, 2]).to_pylist() == pl.Series([1, 2]).to_list() == pl.from_arrow(pa.array([1, 2])).to_list()
assert "pandas" not in sys.modules
try:
    import pandas
except ImportError:
    sys.exit(0)
sys.exit(1)
"""


def test_no_array_loads_pandas_once_it_is_spared() -> None:
    assert subprocess.run([sys.executable, "-c", _PROGRAM], check=False).returncode == 0
