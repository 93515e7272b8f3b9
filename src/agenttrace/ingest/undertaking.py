"""What an `ingest` keeps until its batch belongs to the dataset, so that the next attempt need not begin anew."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from agenttrace import __version__
from agenttrace.cleanups import cleaned_by
from agenttrace.dataset.location import Location
from agenttrace.errors import InputError, UsageError
from agenttrace.ingest.assembly.buckets import Bucket
from agenttrace.ingest.assembly.folder import Folder, KeptFolder
from agenttrace.ingest.assembly.ledger import LedgerRow
from agenttrace.ingest.listing import STANDARD_INPUT, sources_of
from agenttrace.ingest.piped import Piped
from agenttrace.workers.choice import LOCAL
from agenttrace.workers.pickling import packed, unpacked

_FOLDER, _PLAN, _READ, _ROWS = "_ingest", "plan", "read", "rows"


@dataclass(frozen=True, slots=True)
class HowToRead:
    """How files are read: see `Reading`."""

    input_format: str | None
    suspend_after_ns: int
    jobs: int = 1
    engine: str = LOCAL


@dataclass(frozen=True, slots=True)
class Read:
    """All that reading gives, before anything is assembled.

    `keys`: see `Reading.keys_of_buckets`. `supersedes`: partitions of which all sessions are here.
    """

    buckets: Sequence[Bucket]
    findings: Sequence[LedgerRow]
    keys: Sequence[AbstractSet[int]]
    supersedes: Sequence[str] = ()

    @property
    def sources(self) -> pa.Table:
        """The files."""
        return self.buckets[0].about.table


class Undertaking:
    """One `ingest` of some files, whose batch goes to `folder`: begun, or gone on with after it was killed.

    In the dataset's own folder while it is on this machine; else what was read is kept for one attempt only.
    """

    def __init__(self, dataset: Location, folder: Location, plan: str) -> None:
        """What was left by an attempt at something else is taken away."""
        self._mark = folder / _PLAN
        self._temporary = Path(tempfile.mkdtemp(prefix="agenttrace-")) if dataset.is_remote else None
        self._work = self._temporary or Path(dataset.address).absolute() / _FOLDER
        if not (self._mark.exists() and self._mark.read().decode() == plan):
            remove_left(dataset)
            folder.remove()
            folder.make()
            self._mark.write(lambda file: file.write(plan.encode()))
        self._work.mkdir(exist_ok=True)

    def fresh_rows(self) -> KeptFolder:
        """An empty folder for raw rows; they stay there, whatever happens, until this is done."""
        place = self._work / _ROWS
        shutil.rmtree(place, ignore_errors=True)  # of a reading that was cut short
        place.mkdir()
        return KeptFolder(place)

    def known(self) -> Read | None:
        """What was read by an attempt before, if it came to the end of that."""
        place = self._work / _READ
        if place.exists():
            found: Read = unpacked(place.read_bytes())
            return found
        return None

    def know(self, read: Read) -> Read:
        """This was read, and need not be read again."""
        beside = self._work / f"{_READ}.part"
        beside.write_bytes(packed(read))
        beside.replace(self._work / _READ)
        return read

    def done(self) -> None:
        """Takes away what nobody needs any more."""
        shutil.rmtree(self._work, ignore_errors=True)

    def give_up(self) -> None:
        """Takes away what no other attempt can use."""
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)


@contextmanager
def undertaken(dataset: Location, folder: Location, plan: str) -> Iterator[Undertaking]:
    """An undertaking, which is given up on an error."""
    under = Undertaking(dataset, folder, plan)
    with cleaned_by(under.give_up):
        try:
            yield under
        except BaseException:
            under.give_up()
            raise


def is_begun(dataset: Location) -> bool:
    """Whether an `ingest` was killed there before there was a dataset."""
    return (dataset / "batch-0001" / _PLAN).exists()


def remove_left(dataset: Location) -> None:
    """What an attempt left that was killed when all was done, or that nobody goes on with."""
    if not dataset.is_remote:
        shutil.rmtree(Path(dataset.address) / _FOLDER, ignore_errors=True)


def plan_of(paths: Sequence[str], how: HowToRead) -> str:
    """A hash of all that decides what is read: files with size and time of change, options, version."""
    plan = hashlib.sha256()
    options = [__version__, how.input_format, how.suspend_after_ns]
    plan.update(json.dumps(options).encode())
    for path in paths:
        if path == STANDARD_INPUT or _is_pipe(path):
            raise UsageError(
                "cannot be read again after a kill", where=path, hint="write it to a file, and ingest that"
            )
    for source, _ in sources_of(paths, Piped(Folder(), known=True)):
        try:
            about = Path(source.path).stat()
            said = f"{about.st_size} {about.st_mtime_ns}"
        except OSError:
            said = "?"
        plan.update(f"\0{source.path}\0{said}".encode(errors="surrogateescape"))
    return plan.hexdigest()


def _is_pipe(path: str) -> bool:
    place = Path(path)
    return place.exists() and not place.is_file() and not place.is_dir()


@contextmanager
def alone(dataset: Location) -> Iterator[None]:
    """One at a time on this machine, as long as the process lives. UsageError where another one is at it."""
    if dataset.is_remote:
        yield
        return
    try:
        import fcntl  # noqa: PLC0415  # not on every platform
    except ImportError:
        yield
        return
    try:
        lock = (Path(dataset.address) / ".lock").open("w")
    except OSError as error:
        raise InputError(error.strerror or "cannot be written", where=dataset.address) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UsageError("another process is writing this dataset", where=dataset.address) from error
        yield
