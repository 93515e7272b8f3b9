"""Which values and units the numbers of a platform may have, and the names that a file may use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agenttrace.errors import InputError, meant
from agenttrace.replay.quantities import Quantity

_MOST_REPLICAS = 4096
_LARGEST = 1e15
"""A million seconds in ns: nothing that a server does takes longer, and sums of many such still fit 64 bits."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """From `low`, which is itself allowed unless `above`, to `high`. `whole`: a number of things, if it is set."""

    low: float = 0.0
    high: float = _LARGEST
    above: bool = False
    whole: bool = False

    def hold(self, value: float) -> bool:
        """Whether a value lies inside."""
        return self.low <= value <= self.high and not (self.above and value == self.low)

    def __str__(self) -> str:
        """What is expected, in words."""
        return self.expected(None)

    def expected(self, instead: float | None) -> str:
        """The same, with the end that is far away where the value that came instead lies beyond it."""
        low = f"more than {self.low:g}" if self.above else f"at least {self.low:g}"
        far = self.high == _LARGEST and not (instead is not None and instead > self.high)
        return f"a number of {low}" + ("" if far else f" and at most {self.high:g}")


_POSITIVE = Bounds(above=True)
_COUNT = Bounds(1)
_WHOLE = Bounds(1, whole=True)
_SHARE = Bounds(0, 1, above=True)
_NANOSECONDS = Bounds(0, 1e12)
_BY_NAME = {
    **dict.fromkeys(
        ("gpu_bf16_pflops", "gpu_memory", "gpu_bandwidth", "gpu_link", "lpu_memory", "lpu_bandwidth"),
        _POSITIVE,
    ),
    **dict.fromkeys(("lpu_fp8_pflops", "lpu_link", "hop_bandwidth", "transfer_bandwidth"), _POSITIVE),
    **dict.fromkeys(("gpus_linked", "gpus_per_replica", "lpu_count", "micro_batches"), _COUNT),
    **dict.fromkeys(("sequences", "step_tokens", "block_tokens", "kv_blocks"), _WHOLE),
    **dict.fromkeys(("memory_usable", "lpu_use"), _SHARE),
    "acceptance": Bounds(0, 1),
    "draft_tokens": Bounds(0, 64),
    "model_error": Bounds(0, 1e3, above=True),
    "replicas": Bounds(1, _MOST_REPLICAS, whole=True),
    "decode_replicas": Bounds(0, _MOST_REPLICAS, whole=True),
    **dict.fromkeys(
        ("step", "step_per_sequence", "prefill_step", "prefill_per_token", "request_overhead"), _NANOSECONDS
    ),
    **dict.fromkeys(
        ("step_per_context_token", "prefill_per_token_context", "transfer_per_token"), Bounds(0, 1e9)
    ),
}


def bounds_of(name: str) -> Bounds:
    """What a number of that name may be."""
    return _BY_NAME.get(name, Bounds())


def check_number(name: str, number: Quantity, unit: str, where: str) -> None:
    """Raises InputError for a value that cannot be, an interval that does not hold it, or another unit."""
    place = f"{where}: numbers.{name}"
    if number.unit != unit:
        raise InputError(f"unit is {number.unit!r}, expected {unit!r}", where=place)
    bounds = bounds_of(name)
    for which, value in (("value", number.value), ("low", number.low), ("high", number.high)):
        if value is not None and not bounds.hold(value):
            raise InputError(f"{which} is {value:g}, expected {bounds.expected(value)}", where=place)
    for which, bound, sign in (("low", number.low, 1), ("high", number.high, -1)):
        if bound is not None and sign * (number.value - bound) < 0:
            raise InputError(f"{which} is {bound:g}, but the value is {number.value:g}", where=place)


def check_names(
    found: Iterable[str], known: Mapping[str, object] | Iterable[str], kind: str, where: str
) -> None:
    """Raises InputError for a name that is not known; `kind` is what comes before it: `numbers.`, or nothing."""
    names = list(known)
    for name in found:
        if name not in names:
            raise InputError(f"{kind}{name} is not known", where=where, hint=meant(name, names))
