"""Files of `agenttrace noise`: how much runs of one deployment differ."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from agenttrace.diff.noise import Noise
from agenttrace.diff.spread import Runs
from agenttrace.errors import InputError

_VERSION = 1


def noise_file(noise: Noise) -> bytes:
    """The document that is written."""
    document = {
        "schema_version": _VERSION,
        "command": "noise",
        "runs": noise.runs,
        "sessions": noise.sessions,
        "tasks": noise.tasks,
        "paired_by": noise.paired_by,
        "metrics": {
            of.metric: {
                "run_sd": of.run_sd,
                "freedom": of.freedom,
                "within_sd": of.within_sd,
                "detectable": of.smallest,
            }
            for of in noise.metrics
        },
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def load_noise(path: str) -> Mapping[str, Runs]:
    """By metric. Raises InputError where it is no such file."""
    try:
        document: Any = orjson.loads(Path(path).read_bytes())
        if document["command"] != "noise" or document["schema_version"] != _VERSION:
            raise InputError("not a file of `agenttrace noise`", where=path)
        return {
            str(name): Runs(float(told["run_sd"]) ** 2, int(told["freedom"]), int(document["runs"]))
            for name, told in document["metrics"].items()
        }
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", where=path) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError("not a file of `agenttrace noise`", where=path) from error
