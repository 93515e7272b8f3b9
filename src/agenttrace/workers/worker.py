"""A worker's side: it takes pieces from its pipe, and sends back what becomes of them."""

from __future__ import annotations

import os
import signal
import threading
import traceback
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any

from agenttrace.errors import AgentTraceError
from agenttrace.workers.pickling import packed, unpacked
from agenttrace.workers.sparing import seldom_look_for_cycles, spare_pandas


def serve(pipe: Connection) -> None:
    """Works until the other end of the pipe is closed."""
    spare_pandas()
    seldom_look_for_cycles()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever holds the other end
    given: SimpleQueue[bytes] = SimpleQueue()
    said: SimpleQueue[bytes] = SimpleQueue()
    for beside, queue in ((_take, given), (_send, said)):
        threading.Thread(target=beside, args=(pipe, queue), daemon=True).start()
    while True:
        said.put(answer(given.get()))


def _take(pipe: Connection, given: SimpleQueue[bytes]) -> None:
    """Takes pieces out of the pipe while others are worked on. Its end is the end of everything."""
    try:
        while True:
            given.put(pipe.recv_bytes())
    finally:
        os._exit(1)  # whatever it was: nobody would ever be told


def _send(pipe: Connection, said: SimpleQueue[bytes]) -> None:
    """Sends while others are worked on: a large answer waits until the other end, which works too, takes it."""
    try:
        while True:
            pipe.send_bytes(said.get())
    finally:
        os._exit(1)


def answer(message: bytes) -> bytes:
    """(result, None), or (None, what was raised), packed; `message` is a packed function and its piece."""
    try:
        work, piece = unpacked(message)
        del message
        return packed((work(piece), None))
    except Exception as error:  # noqa: BLE001  # it is raised on the other side
        return _failure(error)


def _failure(error: Exception) -> bytes:
    if not isinstance(error, AgentTraceError):
        error.add_note(f"in a worker:\n{traceback.format_exc()}")
    answer: tuple[Any, Exception] = (None, error)
    try:
        return packed(answer)
    except Exception:  # noqa: BLE001  # there are exceptions of all kinds
        return packed((None, RuntimeError(f"{type(error).__name__}: {error}")))
