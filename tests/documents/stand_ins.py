"""Programs that pages use beside agenttrace, as far as they use them, so that tests need no installation.

jq PATH: what stands there, as `jq` would show it. zstdcat FILE: its content; with --make, the other way.
"""

import json
import re
import sys
from pathlib import Path

import zstandard


def jq(path: str) -> None:
    """`.summary.tail`, `.sessions[0].counts`."""
    found = json.load(sys.stdin)
    for key, place in re.findall(r"\.(\w+)|\[(\d+)\]", path):
        found = found[key] if key else found[int(place)]
    sys.stdout.write(json.dumps(found, indent=2) + "\n")


def zstdcat(*arguments: str) -> None:
    """One file."""
    data = Path(arguments[-1]).read_bytes()
    made = zstandard.compress(data) if "--make" in arguments else zstandard.decompress(data)
    sys.stdout.buffer.write(made)


if __name__ == "__main__":
    if sys.argv[1] == "jq":
        jq(sys.argv[2])
    else:
        zstdcat(*sys.argv[2:])
