"""How far a JSON text is complete, by a kernel."""

from __future__ import annotations

import ctypes

from agenttrace.native import library


def last_bracket(text: bytes, deepest: int) -> tuple[int, list[bytes]] | None:
    """Behind the last bracket at which all before it is complete, and what is open there, from the outside in.

    It ends where a bracket closes what is not open, and where more than `deepest` are open. None where there is no
    kernel.
    """
    kernel = library()
    if kernel is None:
        return None
    opens, depth = ctypes.create_string_buffer(deepest), ctypes.c_int32()
    function = kernel.agenttrace_last_bracket
    function.restype = ctypes.c_int64
    end: int = function(text, ctypes.c_int64(len(text)), ctypes.c_int32(deepest), opens, ctypes.byref(depth))
    return end, [opens.raw[at : at + 1] for at in range(depth.value)]
