"""Sample sessions, made up from a seed: one story, told in the words of several trace formats.

They show what `agenttrace` does where there is no trace at hand, and they are the only traces of which
everything is known. Nothing in them was said by a person or a model.
"""

from agenttrace.samples.catalogue import (
    CLAUDE_CODE,
    DEFAULT_SEED,
    describe,
    format_ids,
    names,
    project_files,
    sample_bytes,
    truth,
    write_sample,
)

__all__ = [
    "CLAUDE_CODE",
    "DEFAULT_SEED",
    "describe",
    "format_ids",
    "names",
    "project_files",
    "sample_bytes",
    "truth",
    "write_sample",
]
