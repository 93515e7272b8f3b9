"""How a table's row spreads its model: what its columns of parallelism mean, where they can be what they say."""

from __future__ import annotations

from math import isqrt

_ISLAND = 8
"""GPUs that are linked to each other outside of a rack."""

_RACK = 72
_WIDEST_TENSOR = 16

TOO_MANY = "more GPUs than are linked: how the model is spread over the islands is not stated"
WHOLE_RACK = "a whole rack as one group: a sum over pools for prefill and decode"


def spread(row: dict[str, str], heads: int, *, rack: bool) -> tuple[int, int]:
    """(GPUs that share the attention, groups of them). ValueError, which says why, where nothing could run so.

    Some rows of silicon_sample.csv multiply: what ran as TP n with EP n is written as attention over n * n GPUs and
    experts over n times n (seen in the rows' ids, `tp8_ep8` for 64 and 8 * 8). Such a product is taken for n only where
    the GPUs would not be linked otherwise. Beyond what the heads divide into, a rack's GPUs each hold the attention.
    """
    tensor, data = _count(row["tp"]), _groups(row)
    if not rack and tensor * data > _ISLAND:
        tensor, data = _unmultiplied(tensor, data, _count(row["moe_tp"]), _count(row["ep"]))
        if tensor * data > _ISLAND:
            raise ValueError(TOO_MANY)
    if rack and tensor >= _RACK:
        raise ValueError(WHOLE_RACK)
    if tensor > _WIDEST_TENSOR or heads % tensor:
        return 1, tensor
    return tensor, data


def _groups(row: dict[str, str]) -> int:
    """As stated, or as many as the GPUs that share the experts allow: both are all GPUs."""
    if _is_told(row["attn_dp"]):
        return _count(row["attn_dp"])
    return max(1, _count(row["moe_tp"]) * _count(row["ep"]) // _count(row["tp"]))


def _unmultiplied(tensor: int, data: int, expert_tensor: int, experts: int) -> tuple[int, int]:
    gpus = isqrt(tensor * data)
    if gpus * gpus != tensor * data or expert_tensor * experts != tensor * data:
        return tensor, data
    if expert_tensor == experts:
        return (gpus, 1) if data == 1 else (1, gpus)
    return (1, gpus) if tensor == data and expert_tensor == 1 else (tensor, data)


def _is_told(text: str | None) -> bool:
    return text not in (None, "", "0", "0.0")


def _count(text: str | None) -> int:
    """At least 1, which is also what a column that says nothing means."""
    try:
        return max(1, int(float(text or 1)))
    except (ValueError, OverflowError):
        return 1
