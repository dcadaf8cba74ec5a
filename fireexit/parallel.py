"""Work spread over the processors: one pool of processes for all that a command does, and other machines
where there are any."""

from __future__ import annotations

import gc
import os
import signal
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self, TypeVar

from fireexit.elsewhere import Elsewhere
from fireexit.errors import ElsewhereError, UsageError

T = TypeVar("T")
R = TypeVar("R")
Progress = Callable[[float], None]
"""Is told the share done."""
_QUICK = 1
"""Of zlib: lines of JSON take an eighth of the room already."""


class Workers:
    """A context manager; the processes are started with the first work that is worth it, and end with it."""

    def __init__(self, elsewhere: Elsewhere | None = None) -> None:
        self._elsewhere = elsewhere
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pool, self._pool = self._pool, None
        if pool is not None and kind is None:
            pool.shutdown()
        elif pool is not None:
            _break_off(pool)

    def __call__(
        self, job: Callable[[T], R], items: Sequence[T], progress: Progress | None = None
    ) -> list[R]:
        """`job` of every item, in the order of the items, on this machine. Raises what the first failing job
        raises."""
        return list(_told(self._here(job, items), len(items), progress))

    def anywhere(
        self, job: Callable[[T], R], items: Sequence[T], progress: Progress | None = None
    ) -> list[R]:
        """The same of a job that needs nothing but its item. Raises ElsewhereError, too, if other machines
        were asked for and cannot do it."""
        if self._elsewhere is None:
            return self(job, items, progress)
        with closing(self._elsewhere.done(partial(_collected, job), items)) as done:
            found = dict(_told(done, len(items), progress))
        return [found[number] for number in range(len(items))]

    def write(
        self,
        job: Callable[[T, Path], None],
        items: Sequence[T],
        folder_of: Callable[[T], Path],
        progress: Progress | None = None,
    ) -> None:
        """`job` of every item, anywhere: it makes a folder and writes files into it, which end up as
        `folder_of` its item."""
        if self._elsewhere is None:
            self(partial(_write_here, job, folder_of), items, progress)
            return
        with closing(self._elsewhere.done(partial(_collected, partial(_packed, job)), items)) as done:
            for number, files in _told(done, len(items), progress):
                unpack(files, folder_of(items[number]))

    def _here(self, job: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
        if len(items) == 1:
            return map(job, items)
        if self._pool is None:
            spawn = get_context("spawn")
            self._pool = ProcessPoolExecutor(os.cpu_count() or 1, spawn, _end_with_parent)
        with _children_ignore_interrupts():
            return self._pool.map(partial(_collected, job), items)


@contextmanager
def workers(where: str | Executor | None = None, policies: Iterable[str] = ()) -> Iterator[Workers]:
    """Those of this machine, and of what `--executor` names; an executor that is given stays open. Raises
    UsageError if there is no such cluster, or something else than here on it."""
    if where is None:
        with Workers() as each:
            yield each
        return
    from fireexit.same import Same  # not where runs are only read: loadgen may not be there

    if not isinstance(where, str | Executor):
        raise UsageError(f"an executor is one of concurrent.futures, or dask://HOST:PORT, not {where!r}")
    same = Same.here(policies)
    if isinstance(where, Executor):
        with Workers(Elsewhere(where, same)) as each:
            yield each
        return
    from fireexit.cluster import cluster

    with cluster(where, same) as found, Workers(found) as each:
        yield each


def _told(results: Iterable[R], of: int, progress: Progress | None) -> Iterator[R]:
    for done, result in enumerate(results, 1):
        if progress is not None:
            progress(done / of)
        yield result


def _collected(job: Callable[[T], R], item: T) -> R:
    result = job(item)
    gc.collect()  # a venue is one big cycle, and a worker runs many
    return result


def _write_here(job: Callable[[T, Path], None], folder_of: Callable[[T], Path], item: T) -> None:
    job(item, folder_of(item))


def _packed(job: Callable[[T, Path], None], item: T) -> dict[str, bytes]:
    """The files that the job has written, by name."""
    with TemporaryDirectory(prefix="fireexit-") as name:
        folder = Path(name) / "records"
        job(item, folder)
        return {path.name: zlib.compress(path.read_bytes(), _QUICK) for path in sorted(folder.iterdir())}


def unpack(files: dict[str, bytes], folder: Path) -> None:
    """Write what `_packed` has read into a new folder. Raises ElsewhereError for a name that leads out of it,
    and writes nothing then."""
    for name in files:
        if Path(name).name != name or name == "..":
            raise ElsewhereError(f"a worker has sent a file outside of its folder: {name!r}")
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(zlib.decompress(content))


def _break_off(pool: ProcessPoolExecutor) -> None:
    """Nobody wants the rest: neither what is under way, which may take long, nor what waits."""
    processes = list(pool._processes.values())
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.kill()
    for process in processes:
        process.join()


def _end_with_parent() -> None:
    """Whoever waits for work would wait for ever for a parent that was killed."""
    parent = parent_process()
    assert parent is not None

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _children_ignore_interrupts() -> Iterator[None]:
    """An interrupt is the parent's to handle. What is ignored here stays ignored in processes started
    meanwhile, from their first instruction on."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
