"""What the kernel is given of a run, laid out as `native/replay_plan.h` declares it."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agenttrace.critical_path.arrays import Ints
from agenttrace.replay.steps import AffineSteps, StepTimes

_DECODE = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_int64, ctypes.POINTER(ctypes.c_double))
_PREFILL = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_double, ctypes.c_int64, ctypes.POINTER(ctypes.c_double))
_FIELDS: tuple[tuple[Any, str], ...] = (
    (ctypes.c_int64, "points sessions requests segments all_after all_hangs all_paths all_left coming"),
    (ctypes.c_void_p, "after_first after delay waits request session start"),
    (ctypes.c_void_p, "hang_first hang_point hang_offset hang_share"),
    (ctypes.c_void_p, "prompt answer told_hit priority path_blocks lengths path_first path"),
    (ctypes.c_void_p, "keeps kept_first kept_end left_first left"),
    (ctypes.c_int64, "lanes"),
    (ctypes.c_void_p, "order at effort stretch places"),
    (ctypes.c_int64, "routing replicas decode_replicas sequences step_tokens block_tokens"),
    (ctypes.c_int64, "bounded kv_blocks forgets keep_ns overhead_ns has_below below_blocks"),
    (ctypes.c_double, "below_latency_ns below_block_ns transfer_ns"),
    (ctypes.c_double, "step_ns per_sequence_ns per_context_ns per_token_ns per_token_context_ns"),
    (ctypes.c_double, "prefill_start prefill_beside"),
    (_DECODE, "decode"),
    (_PREFILL, "prefill"),
    (ctypes.c_void_p, "begun ended sent admitted first done hit_tokens replica"),
)
_INT64 = np.iinfo(np.int64)


class RefusedError(Exception):
    """The kernel cannot be given it: Python plays it."""


class Plan(ctypes.Structure):
    """Its fields by name. What does not fit in is refused; arrays are held for as long as the plan is."""

    _fields_ = [(name, kind) for kind, names in _FIELDS for name in names.split()]  # as ctypes asks

    def __init__(self) -> None:
        super().__init__()
        self._held: list[object] = []

    def numbers(self, **numbers: object) -> None:
        """Whole numbers."""
        for name, number in numbers.items():
            if not isinstance(number, int) or not _INT64.min <= number <= _INT64.max:
                raise RefusedError
            setattr(self, name, number)

    def measures(self, **measures: object) -> None:
        """Floating ones. Where whole ones stand in their place, Python reckons with all of their digits."""
        for name, measure in measures.items():
            if not isinstance(measure, float):
                raise RefusedError
            setattr(self, name, measure)

    def columns(self, count: int, **columns: Sequence[int] | Ints) -> None:
        """Columns of `count` whole numbers. Raises OverflowError where they are larger than an int64."""
        for name, column in columns.items():
            self._lay(name, count, np.ascontiguousarray(column, np.int64))

    def measured(self, count: int, **columns: Sequence[float] | NDArray[np.float64]) -> None:
        """Columns of floating ones."""
        for name, column in columns.items():
            self._lay(name, count, np.ascontiguousarray(column, np.float64))

    def result(self, name: str, count: int) -> Ints:
        """A column that the kernel fills."""
        column = np.empty(count, np.int64)
        self._lay(name, count, column)
        return column

    def _lay(self, name: str, count: int, column: Ints | NDArray[np.float64]) -> None:
        if column.shape != (count,):
            raise RefusedError
        self._held.append(column)
        setattr(self, name, column.ctypes.data)

    def times(self, times: StepTimes, failures: list[BaseException]) -> None:
        """Step times: those of a fit are reckoned by the kernel, others are asked for.

        What is raised then is put into `failures`.
        """
        if type(times) is AffineSteps:
            self.measures(
                step_ns=times.step_ns,
                per_sequence_ns=times.per_sequence_ns,
                per_context_ns=times.per_context_ns,
                per_token_ns=times.per_token_ns,
                per_token_context_ns=times.per_token_context_ns,
            )
        else:
            self.decode = _DECODE(_told(times.decode, failures))
            self.prefill = _PREFILL(_told(lambda *asked: (times.prefill(*asked),), failures))
        self.measures(prefill_start=times.prefill_start, prefill_beside=times.prefill_beside)


def _told(asked: Callable[..., tuple[float, ...]], failures: list[BaseException]) -> Callable[..., int]:
    """Writes what is asked for to where the last argument points; returns 0 where it cannot be told."""

    def tell(*arguments: Any) -> int:  # noqa: ANN401  # a pointer is among them
        try:
            for place, number in enumerate(asked(*arguments[:-1])):
                if not isinstance(number, float):
                    raise RefusedError  # noqa: TRY301  # told as what is raised by others
                arguments[-1][place] = number
        except BaseException as error:  # noqa: BLE001  # an interrupt too: it is raised again behind the kernel
            failures.append(error)
            return 0
        return 1

    return tell
