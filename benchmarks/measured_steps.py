"""Tables of measured steps, as rows that the cost model can be tried on; and which rows cannot, and why."""

from __future__ import annotations

import csv
import tomllib
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agenttrace.replay.modelling.architecture import Architecture, architecture
from agenttrace.replay.modelling.correction import Circumstances
from agenttrace.replay.modelling.cost import Chip, Layout, PrefillTerms, Terms, decode_terms, prefill_terms
from agenttrace.replay.platforms.catalogue import shipped_models, shipped_platforms
from agenttrace.replay.platforms.modelled import ModelledPlatform, modelled_platform
from agenttrace.replay.platforms.toml_text import parse_toml

PLATFORMS = {
    "h100_sxm": "h100",
    "h200_sxm": "h200",
    "b200_sxm": "b200",
    "b300_sxm": "b300",
    "gb200": "gb200-nvl72",
    "gb300": "gb300-nvl72",
}
_ISLAND = 8
_FLAT = 1.15
_FLAT_SPAN = 8.0
_FLAT_ROWS = 4


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
    """The shipped models, by every name that they go by."""
    found = {}
    for name, text in shipped_models().items():
        document = tomllib.loads(text)
        for alias in [name, *document["aliases"]]:
            found[alias] = architecture(document, name)
    return found


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a table as they are."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def usable(rows: list[dict[str, str]], mode: str) -> tuple[list[Measured], dict[str, Counter[str]]]:
    """The rows of a mode that can be predicted, and for each hardware how many cannot, by reason."""
    known, found = models(), []
    excluded: dict[str, Counter[str]] = defaultdict(Counter)
    chosen = [row for row in rows if row.get("mode") == mode]
    flat = _flat_groups(chosen)
    for row in chosen:
        reason = _reason(row, known, flat)
        if reason:
            excluded[row["hw"]][reason] += 1
        else:
            found.append(_measured(row, known[row["model"]]))
    return found, excluded


def _reason(row: dict[str, str], known: dict[str, Architecture], flat: set[tuple[str, ...]]) -> str | None:
    """Why a row cannot be predicted; None if it can."""
    if row["hw"] not in PLATFORMS:
        return "hardware not known"
    if row["model"] not in known:
        return "model not known"
    if row["precision"] not in {"fp8", "fp4", "bf16"}:
        return "precision not stated"
    itl, tensor = _number(row["tpot_ms"]), _number(row["tp"])
    if not itl or not tensor or not _number(row["concurrency"]):
        return "no time between tokens, parallelism or concurrency"
    if (_number(row["ttft_ms"]) or 0) > itl * (_number(row["osl"]) or 1):
        return "requests queued longer than they decoded: the concurrency is not the batch"
    return _unclear_layout(row, tensor, flat)


def _unclear_layout(row: dict[str, str], tensor: float, flat: set[tuple[str, ...]]) -> str | None:
    rack = "nvl72" in PLATFORMS[row["hw"]]
    if tensor > _ISLAND and not rack:
        return "more GPUs than are linked: how the model is spread over the islands is not stated"
    if rack and tensor >= 72:
        return "a whole rack as one group: a sum over pools for prefill and decode"
    if _group(row) in flat:
        return "the same time between tokens at any concurrency: something else than decoding set it"
    return None


def _group(row: dict[str, str]) -> tuple[str, ...]:
    return tuple(row[name] for name in ("model", "hw", "backend", "precision", "tp", "ep", "isl", "osl"))


def _flat_groups(rows: list[dict[str, str]]) -> set[tuple[str, ...]]:
    groups: dict[tuple[str, ...], list[tuple[float, float]]] = defaultdict(list)
    for row in rows:
        count, itl = _number(row["concurrency"]), _number(row["tpot_ms"])
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


def _measured(row: dict[str, str], model: Architecture) -> Measured:
    """Beyond what the model's heads divide into, a rack's GPUs each hold the attention and share the experts."""
    tensor, data = int(_number(row["tp"]) or 1), max(1, int(_number(row["attn_dp"]) or 1))
    if tensor > 16 or model.heads % tensor:
        tensor, data = 1, tensor
    return Measured(
        hardware=row["hw"],
        model=model,
        backend=(row["backend"] or "unknown").split()[0],
        precision=row["precision"],
        tensor=tensor,
        data=data,
        experts=int(_number(row["ep"]) or 1),
        concurrency=_number(row["concurrency"]) or 1.0,
        input_tokens=_number(row["isl"]) or 1.0,
        output_tokens=_number(row["osl"]) or 1.0,
        itl_ms=_number(row["tpot_ms"]) or 0.0,
        ttft_ms=_number(row["ttft_ms"]),
    )


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


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
