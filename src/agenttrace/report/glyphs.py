"""Bars and curves out of block characters, and what stands for them where only ASCII can be shown."""

from __future__ import annotations

from collections.abc import Sequence

from agenttrace.report.cells import Spark

_EIGHTHS = " ▏▎▍▌▋▊▉"
_LEVELS = "▁▂▃▄▅▆▇█"
MARK = "▲"
_ASCII = str.maketrans(
    {
        **dict(zip("▏▎▍▌▋▊▉", "---====", strict=True)),
        **dict(zip(_LEVELS, "_.:-=+*#", strict=True)),
        MARK: "^",
        "─": "-",
        "·": "|",
        "–": "-",
        "…": ".",
        "×": "x",
        "µ": "u",
        "’": "'",
    }
)


def bar(share: float, width: int) -> str:
    """As long as the share of `width`, to an eighth of a cell; a share above 0 is never invisible."""
    eighths = round(max(0.0, min(1.0, share)) * width * 8)
    if share > 0:
        eighths = max(1, eighths)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def curve(spark: Spark, width: int) -> tuple[str, str]:
    """The curve, at most `width` cells, and the line of marks below it (empty if there are none).

    Where values share a cell, the extreme one is shown that `spark.keeps` names.
    """
    cells = min(width, len(spark.values))
    drawn = "".join(
        _level(_extreme(spark, *_span(spark, cell, cells)), spark.highest) for cell in range(cells)
    )
    marked = {place * cells // len(spark.values) for place in spark.marks}
    return drawn, "".join(MARK if cell in marked else " " for cell in range(cells)).rstrip()


def to_ascii(text: str) -> str:
    """The same report for a terminal that can show nothing else."""
    return text.translate(_ASCII).encode("ascii", "backslashreplace").decode("ascii")


def _span(spark: Spark, cell: int, cells: int) -> tuple[int, int]:
    n = len(spark.values)
    return -(-cell * n // cells), -(-(cell + 1) * n // cells)


def _extreme(spark: Spark, first: int, last: int) -> float | None:
    values: Sequence[float] = [value for value in spark.values[first:last] if value is not None]
    if not values:
        return None
    return max(values) if spark.keeps == "highest" else min(values)


def _level(value: float | None, highest: float) -> str:
    if value is None:
        return " "
    share = value / highest if highest > 0 else 0.0
    return _LEVELS[max(0, min(7, int(share * 8)))]
