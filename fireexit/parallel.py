"""Work spread over the processors: one pool of processes for all that a command does."""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from types import TracebackType
from typing import Self, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Workers:
    """A context manager; the processes are started with the first work that is worth it, and end with it."""

    def __init__(self) -> None:
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
        self, job: Callable[[T], R], items: Sequence[T], progress: Callable[[float], None] | None = None
    ) -> list[R]:
        """`job` of every item, in the order of the items. `progress` is told the share done. Raises what the
        first failing job raises."""
        results: list[R] = []
        for result in self._results(job, items):
            results.append(result)
            if progress is not None:
                progress(len(results) / len(items))
        return results

    def _results(self, job: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
        if len(items) == 1:
            return map(job, items)
        if self._pool is None:
            spawn = get_context("spawn")
            self._pool = ProcessPoolExecutor(os.cpu_count() or 1, spawn, _end_with_parent)
        with _children_ignore_interrupts():
            return self._pool.map(partial(_collected, job), items)


def _collected(job: Callable[[T], R], item: T) -> R:
    result = job(item)
    gc.collect()  # a venue is one big cycle, and a worker runs many
    return result


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
