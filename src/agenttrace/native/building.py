"""Compiles the kernels, where there is a C compiler; where there is none, all works without them.

    python -m agenttrace.native.building

It is also the hook of hatchling, which loads this file by its path: nothing of the package is imported.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

HERE = Path(__file__).parent
TARGET = HERE / "kernels.so"
FLAGS = ("-std=c11", "-O3", "-ffp-contract=off", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra")
_SECONDS = 300


def build(target: Path = TARGET, flags: tuple[str, ...] = ()) -> str | None:
    """Makes the library; returns why there is none. An old one that cannot be made anew goes."""
    compiler = compiler_of()
    made = target.with_suffix(f".{os.getpid()}")
    why = "no C compiler was found" if compiler is None else _compiled(compiler, made, flags)
    if why is None:
        made.replace(target)
        return None
    made.unlink(missing_ok=True)
    target.unlink(missing_ok=True)
    return why


def compiler_of() -> list[str] | None:
    """CC, or what else is called a C compiler here, where it takes gcc's flags; None where it is to be done without."""
    if os.environ.get("AGENTTRACE_NATIVE") == "off" or sys.platform == "win32":
        return None
    for name in (os.environ.get("CC"), "cc", "gcc", "clang"):
        if name and shutil.which(shlex.split(name)[0]):
            return shlex.split(name)
    return None


def _compiled(compiler: list[str], made: Path, flags: tuple[str, ...]) -> str | None:
    sources = [str(path) for path in sorted(HERE.glob("*.c"))]
    command = [*compiler, *FLAGS, *flags, "-shared", "-o", str(made), *sources, "-lm"]
    try:
        done = subprocess.run(  # noqa: S603  # the compiler that the user names
            command, capture_output=True, check=False, text=True, timeout=_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return None if done.returncode == 0 else done.stderr.strip() or f"{compiler[0]} failed"


def main() -> int:
    """Builds them, and says why not; that is no failure."""
    why = build()
    if why is not None:
        sys.stderr.write(f"== kernels: not built, all is slower: {why}\n")
    return 0


try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:
    pass
else:

    class KernelHook(BuildHookInterface):  # type: ignore[type-arg]  # configures no builder
        """Puts the kernels into a wheel, which is then one for this platform; without a compiler it is for all."""

        PLUGIN_NAME = "custom"

        def initialize(self, version: str, build_data: dict[str, object]) -> None:  # noqa: ARG002  # the hook's shape
            """Called before a wheel is built, an editable one too."""
            if self.target_name != "wheel" or build() is not None:
                return
            platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
            build_data.update(pure_python=False, tag=f"py3-none-{platform}")
            artifacts = build_data["artifacts"]
            assert isinstance(artifacts, list)  # noqa: S101  # hatchling's promise
            artifacts.append("/src/agenttrace/native/kernels.so")


if __name__ == "__main__":
    sys.exit(main())
