"""The program as a process: `python -m agenttrace` and the command `agenttrace` begin here."""

import os
import sys

from agenttrace.workers.sparing import seldom_look_for_cycles, spare_pandas

_ALLOCATOR = ("ARROW_DEFAULT_MEMORY_POOL", "system")
"""Arrow's own keeps what is freed, up to 40 MB, and is no faster here."""


def run() -> None:
    """Runs the command line and ends the process with its exit code.

    All that takes time to load is loaded in here, where an interrupt is expected.
    """
    spare_pandas()
    os.environ.setdefault(*_ALLOCATOR)
    seldom_look_for_cycles()
    try:
        from agenttrace.cli import interrupts  # noqa: PLC0415

        interrupts.end_the_program()
        from agenttrace.cli.application import main  # noqa: PLC0415

        code = main()
    except KeyboardInterrupt:
        sys.stderr.write("error: interrupted\n")
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    run()
