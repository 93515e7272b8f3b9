"""Tables of measured steps, as rows that the cost model can be tried on; and which rows cannot, and why."""

from __future__ import annotations

import csv
import tomllib
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache
from math import isfinite
from pathlib import Path

import numpy as np

from agenttrace.replay.modelling.architecture import Architecture, architecture, precisions
from agenttrace.replay.modelling.correction import Circumstances
from agenttrace.replay.modelling.cost import Chip, Layout, PrefillTerms, Terms, decode_terms, prefill_terms
from agenttrace.replay.platforms.catalogue import shipped_models, shipped_platforms
from agenttrace.replay.platforms.choosing import shipped_model
from agenttrace.replay.platforms.modelled import ModelledPlatform, modelled_platform
from agenttrace.replay.platforms.toml_text import parse_toml
from measured_layouts import spread

PLATFORMS = {
    "h100_sxm": "h100",
    "h200_sxm": "h200",
    "b200_sxm": "b200",
    "b300_sxm": "b300",
    "gb200": "gb200-nvl72",
    "gb300": "gb300-nvl72",
}
_NEEDED = ("model", "hw", "precision", "mode", "tp", "concurrency", "isl", "osl", "tpot_ms")
_OTHERS = ("backend", "moe_tp", "ep", "attn_dp", "ttft_ms", "past_kv")
_FLAT = 1.15
_FLAT_SPAN = 8.0
_FLAT_ROWS = 4
_APART = 1.5
"""What was measured twice agrees better than so: noise, and versions of a server, do not make more of a difference."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One row of a table. Times in ms; `tensor`: of the attention."""

    hardware: str
    model: Architecture
    backend: str
    precision: str
    tensor: int
    data: int
    experts: int
    concurrency: float
    input_tokens: float
    output_tokens: float
    itl_ms: float
    ttft_ms: float | None

    @property
    def circumstances(self) -> Circumstances:
        """What a correction may depend on."""
        return Circumstances(
            self.hardware,
            self.backend,
            self.model.name,
            self.precision,
            self.concurrency,
            float(self.tensor),
            self.input_tokens,
            self.output_tokens,
            self.experts > 1,
            self.data > 1,
        )

    @property
    def layout(self) -> Layout:
        """How it was spread."""
        return Layout(float(self.tensor), float(self.data))


def chips() -> dict[str, Chip]:
    """The chips of the shipped platforms, by their names in tables."""
    shipped = shipped_platforms()
    return {
        hardware: modelled_platform(parse_toml(shipped[name], name), name).chip
        for hardware, name in PLATFORMS.items()
        if name in shipped
    }


def shipped_coefficients() -> np.ndarray:
    """Those of the shipped platforms of measured hardware, which are all the same."""
    return _shipped().coefficients


def shipped_overhead_ms() -> float:
    """Of a request, as it is shipped."""
    return _shipped().value("request_overhead") / 1e6


def _shipped() -> ModelledPlatform:
    return modelled_platform(parse_toml(shipped_platforms()["h100"], "h100"), "h100")


def models() -> dict[str, Architecture]:
    """The shipped models."""
    return {name: architecture(tomllib.loads(text), name) for name, text in shipped_models().items()}


@cache
def model_named(name: str) -> Architecture | None:
    """The shipped model that a table's name means."""
    shipped = shipped_model(name)
    return models()[shipped] if shipped else None


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a table, with a text in every column that is asked for. Ends the program where there is none."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            table = csv.DictReader(file)
            missing = [name for name in _NEEDED if name not in (table.fieldnames or ())]
            if missing:
                raise SystemExit(f"error: {path}: no column {missing[0]!r}, expected {', '.join(_NEEDED)}")
            return [
                {name: row.get(name) or "" for name in {*_NEEDED, *_OTHERS, *row} if name} for row in table
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SystemExit(f"error: {path}: {error}") from error


def usable(rows: list[dict[str, str]], mode: str) -> tuple[list[Measured], dict[str, Counter[str]]]:
    """The rows of a mode that can be predicted, and for each hardware how many cannot, by reason."""
    found: list[Measured] = []
    excluded: dict[str, Counter[str]] = defaultdict(Counter)
    chosen = [row for row in rows if row.get("mode") == mode]
    doubts = _doubts(chosen)
    for row in chosen:
        try:
            found.append(_measured(row, doubts))
        except ValueError as reason:
            excluded[row["hw"]][str(reason)] += 1
    return found, excluded


@dataclass(frozen=True, slots=True)
class _Doubts:
    """Settings that were measured with times far apart, and groups of them whose times do not depend on the load."""

    apart: set[tuple[str, ...]]
    flat: set[tuple[str, ...]]


def _doubts(rows: list[dict[str, str]]) -> _Doubts:
    times: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for row in rows:
        if (itl := number_in(row["tpot_ms"]) or 0.0) > 0:
            times[_setting(row)].append(itl)
    apart = {setting for setting, found in times.items() if max(found) > _APART * min(found)}
    return _Doubts(apart, _flat_groups(rows))


def _setting(row: dict[str, str]) -> tuple[str, ...]:
    """All that is stated but for the server's version."""
    names = ("model", "hw", "precision", "tp", "moe_tp", "ep", "attn_dp", "concurrency", "isl", "osl")
    return (_server(row), *(row[name] for name in names))


def _server(row: dict[str, str]) -> str:
    return (row["backend"] or "unknown").split()[0]


def _group(row: dict[str, str]) -> tuple[str, ...]:
    return tuple(row[name] for name in ("model", "hw", "backend", "precision", "tp", "ep", "isl", "osl"))


def _flat_groups(rows: list[dict[str, str]]) -> set[tuple[str, ...]]:
    groups: dict[tuple[str, ...], list[tuple[float, float]]] = defaultdict(list)
    for row in rows:
        count, itl = number_in(row["concurrency"]), number_in(row["tpot_ms"])
        if count and itl:
            groups[_group(row)].append((count, itl))
    found = set()
    for group, points in groups.items():
        counts, times = [count for count, _ in points], [itl for _, itl in points]
        same = max(times) <= _FLAT * min(times)
        if (
            len(points) >= _FLAT_ROWS
            and same
            and max(counts) >= _FLAT_SPAN * min(counts)
            and min(counts) >= 64
        ):
            found.add(group)
    return found


def _measured(row: dict[str, str], doubts: _Doubts) -> Measured:
    """ValueError, which says why, where it cannot be predicted."""
    if row["hw"] not in PLATFORMS:
        raise ValueError("hardware not known")
    model = model_named(row["model"])
    if model is None:
        raise ValueError("model not known")
    _refuse(row, doubts)
    tensor, data = spread(row, model.heads, rack="nvl72" in PLATFORMS[row["hw"]])
    return Measured(
        hardware=row["hw"],
        model=model,
        backend=_server(row),
        precision=row["precision"],
        tensor=tensor,
        data=data,
        experts=int(number_in(row["ep"]) or 1),
        concurrency=number_in(row["concurrency"]) or 1.0,
        input_tokens=number_in(row["isl"]) or 1.0,
        output_tokens=number_in(row["osl"]) or 1.0,
        itl_ms=number_in(row["tpot_ms"]) or 0.0,
        ttft_ms=number_in(row["ttft_ms"]),
    )


def _refuse(row: dict[str, str], doubts: _Doubts) -> None:
    """Raises ValueError where what is stated says too little, or something else than decoding set the time."""
    if not row["precision"]:
        raise ValueError("precision not stated")
    if row["precision"] not in precisions():
        raise ValueError("precision not known")
    itl, *others = (number_in(row[name]) or 0.0 for name in ("tpot_ms", "tp", "concurrency"))
    if min(itl, *others) <= 0:
        raise ValueError("no time between tokens, parallelism or concurrency")
    if (number_in(row["ttft_ms"]) or 0) > itl * (number_in(row["osl"]) or 1):
        raise ValueError("requests queued longer than they decoded: the concurrency is not the batch")
    if _setting(row) in doubts.apart:
        raise ValueError("the same setting was measured with times far apart: what differs is not stated")
    if _group(row) in doubts.flat:
        raise ValueError(
            "the same time between tokens at any concurrency: something else than decoding set it"
        )


def number_in(text: str) -> float | None:
    """A finite number; None where there is none."""
    try:
        found = float(text)
    except ValueError:
        return None
    return found if isfinite(found) else None


def terms_of(rows: list[Measured], known: dict[str, Chip]) -> tuple[list[Terms], np.ndarray, np.ndarray]:
    """Of each row the terms of a step, those of the prefills that a token waits for, and those of its own prompt's."""
    terms, waited, own = [], [], []
    for row in rows:
        chip = known[row.hardware]
        context = row.input_tokens + row.output_tokens / 2
        terms.append(decode_terms(row.model, chip, row.layout, row.precision, (row.concurrency, context)))
        prefill = prefill_terms(row.model, chip, row.layout, row.precision, (row.input_tokens, 0.0))
        own.append(_columns(prefill))
        waited.append(_columns(prefill) * row.concurrency / row.output_tokens)
    return terms, np.array(waited), np.array(own)


def _columns(terms: PrefillTerms) -> np.ndarray:
    return np.array([terms.compute, terms.traffic, terms.weights, terms.experts])
