"""A platform that is modelled: a capacity engine, perhaps a latency engine, what goes between them, and a cache fabric.

No vendor is known here: what a platform is stands in its file, as numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from agenttrace.errors import InputError
from agenttrace.replay.modelling.architecture import precisions
from agenttrace.replay.modelling.coefficients import NAMES as COEFFICIENTS
from agenttrace.replay.modelling.cost import Chip
from agenttrace.replay.platforms.bounds import Bounds, check_names, check_number
from agenttrace.replay.platforms.toml_text import quantity
from agenttrace.replay.quantities import Quantity

CAPACITY = {
    "gpu_bf16_pflops": ("PFLOPS dense", "of one GPU"),
    "gpu_fp8_pflops": ("PFLOPS dense", "of one GPU"),
    "gpu_fp4_pflops": ("PFLOPS dense", "of one GPU; 0: it has none"),
    "gpu_memory": ("GB", "of one GPU"),
    "gpu_bandwidth": ("TB/s", "to one GPU's memory"),
    "gpu_link": ("GB/s per direction", "of one GPU to the others"),
    "gpus_linked": ("GPUs", "that such links join"),
    "gpus_per_replica": ("GPUs", "that serve one copy of the model"),
    "memory_usable": ("1", "of the memory, the rest is the system's"),
}
LATENCY = {
    "lpu_count": ("chips", "of one rack"),
    "lpu_memory": ("GB", "of one chip, on chip"),
    "lpu_bandwidth": ("TB/s", "to one chip's memory"),
    "lpu_fp8_pflops": ("PFLOPS dense", "of one chip"),
    "lpu_link": ("GB/s per direction", "of one chip to the others"),
    "lpu_reach": ("us", "from one chip of a layer's to another"),
    "lpu_racks": ("racks", "beside one replica"),
    "lpu_use": ("1", "of the chips' bandwidth that is reached"),
}
ORCHESTRATION = {
    "hop": ("us", "from one engine to the other, one way"),
    "hop_bandwidth": ("GB/s per direction", "between the engines, of one replica"),
    "micro_batches": ("1", "that alternate between the engines"),
    "acceptance": ("1", "of drafted tokens"),
    "draft_tokens": ("tokens", "drafted for each step that verifies them"),
    "draft_time": ("us", "for each token drafted"),
}
SERVING = {
    "sequences": ("sequences", "run at once on a replica"),
    "step_tokens": ("tokens", "of one step"),
    "block_tokens": ("tokens", "in a block of KV cache"),
    "request_overhead": ("ns", "from sending a request to its dispatch"),
    "prefill_overhead": ("ms", "of a step that prefills, beside the overheads of every step"),
    "replicas": ("replicas", "servers alike"),
    "decode_replicas": ("replicas", "that decode what the others prefill; 0: each does both"),
    "transfer_bandwidth": ("GB/s per direction", "of one replica's caches to another"),
    "model_error": ("1", "by how much all times may be off"),
    "power": ("kW", "of one replica"),
    "price": ("a hour", "of one replica, in any currency"),
    "energy_price": ("a kWh", "in the same currency"),
}
_KEYS = ("schema_version", "kind", "name", "about", "precision", "split", "numbers", "tiers", "claims")
SPLITS = ("none", "attention-ffn", "whole-decode", "draft")


@dataclass(frozen=True, slots=True)
class Tier:
    """Where KV blocks go that do not fit the GPUs' memory."""

    name: str
    capacity_gb: float
    bandwidth_gb_s: float
    latency_us: float
    source: str


@dataclass(frozen=True, slots=True)
class VendorClaim:
    """What the vendor says; of `tokens_per_s_user` and `interactivity_over_gpus_alone` the cost model has numbers too.

    `parameters_e9`: of the model that it is said of, in thousands of millions; 0: not told.
    """

    what: str
    value: float
    unit: str
    context_tokens: float
    source: str
    parameters_e9: float = 0.0


@dataclass(frozen=True, slots=True)
class ModelledPlatform:
    """`split`: one of SPLITS. `numbers`: by name."""

    name: str
    about: str
    precision: str
    split: str
    numbers: Mapping[str, Quantity]
    tiers: Sequence[Tier]
    claims: Sequence[VendorClaim]

    def value(self, name: str, otherwise: float = 0.0) -> float:
        """A number, or what is to be taken where there is none."""
        found = self.numbers.get(name)
        return otherwise if found is None else found.value

    @property
    def chip(self) -> Chip:
        """One GPU."""
        return Chip(
            bf16=self.value("gpu_bf16_pflops") * 1e15,
            fp8=self.value("gpu_fp8_pflops") * 1e15,
            fp4=self.value("gpu_fp4_pflops") * 1e15,
            bandwidth=self.value("gpu_bandwidth") * 1e12,
            link=self.value("gpu_link") * 1e9,
            memory_bytes=self.value("gpu_memory") * 1e9,
        )

    @property
    def coefficients(self) -> np.ndarray:
        """In the order of COEFFICIENTS."""
        return np.array([self.value(name) for name in COEFFICIENTS])


def modelled_platform(document: Mapping[str, Any], where: str) -> ModelledPlatform:
    """A modelled platform out of its document. Raises InputError for what it lacks or what is not known."""
    check_names(document, _KEYS, "", where)
    entries = document.get("numbers")
    if not isinstance(entries, dict):
        raise InputError("numbers is missing", where=where)
    known = {**CAPACITY, **LATENCY, **ORCHESTRATION, **SERVING, **COEFFICIENTS}
    check_names(entries, known, "numbers.", where)
    numbers = {str(name): quantity(entry, f"{where}: numbers.{name}") for name, entry in entries.items()}
    split = str(document.get("split", "none"))
    if split not in SPLITS:
        raise InputError(f"split is {split!r}, expected one of {', '.join(SPLITS)}", where=where)
    needed = {**dict.fromkeys(CAPACITY), **dict.fromkeys(COEFFICIENTS)}
    if split != "none":
        needed |= dict.fromkeys([*LATENCY, "hop", "hop_bandwidth", "micro_batches"])
    missing = [name for name in needed if name not in numbers]
    if missing:
        raise InputError(f"numbers.{missing[0]} is missing", where=where)
    for name, number in numbers.items():
        check_number(name, number, known[name][0], where)
    precision = str(document.get("precision", "fp8"))
    if precision not in precisions():
        raise InputError(
            f"precision is {precision!r}, expected one of {', '.join(precisions())}", where=where
        )
    return ModelledPlatform(
        name=str(document.get("name", where)),
        about=str(document.get("about", "")),
        precision=precision,
        split=split,
        numbers=numbers,
        tiers=[_tier(entry, where) for entry in _list(document, "tiers", where)],
        claims=[_claim(entry, where) for entry in _list(document, "claims", where)],
    )


def _list(document: Mapping[str, Any], name: str, where: str) -> list[Mapping[str, Any]]:
    found = document.get(name, [])
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise InputError(f"{name} is no array of tables", where=where)
    return found


def _tier(entry: Mapping[str, Any], where: str) -> Tier:
    return Tier(
        _word(entry, "name", f"{where}: tiers"),
        _amount(entry, "capacity_gb", f"{where}: tiers"),
        _amount(entry, "bandwidth_gb_s", f"{where}: tiers", above=True),
        _amount(entry, "latency_us", f"{where}: tiers"),
        _word(entry, "source", f"{where}: tiers"),
    )


def _claim(entry: Mapping[str, Any], where: str) -> VendorClaim:
    return VendorClaim(
        _word(entry, "what", f"{where}: claims"),
        _amount(entry, "value", f"{where}: claims"),
        _word(entry, "unit", f"{where}: claims"),
        _amount({"context_tokens": 0, **entry}, "context_tokens", f"{where}: claims"),
        _word(entry, "source", f"{where}: claims"),
        _amount({"parameters_e9": 0, **entry}, "parameters_e9", f"{where}: claims"),
    )


def _word(entry: Mapping[str, Any], name: str, where: str) -> str:
    if not isinstance(entry.get(name), str):
        raise InputError(f"{name} is {entry.get(name)!r}, expected a text", where=where)
    return str(entry[name])


def _amount(entry: Mapping[str, Any], name: str, where: str, *, above: bool = False) -> float:
    value, bounds = entry.get(name), Bounds(above=above)
    if isinstance(value, bool) or not isinstance(value, int | float) or not bounds.hold(value):
        raise InputError(f"{name} is {value!r}, expected {bounds}", where=where)
    return float(value)
