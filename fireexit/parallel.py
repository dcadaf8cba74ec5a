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
from multiprocessing import get_context
from types import TracebackType
from typing import Self, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Workers:
    """A context manager; the processes are started with the first work that is worth it, and end with it."""

    def __init__(self, *, patient: bool = False) -> None:
        """`patient`: when something goes wrong, wait for what is under way: it still writes."""
        self._patient = patient
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=kind is None or self._patient, cancel_futures=kind is not None)
            self._pool = None

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
            self._pool = ProcessPoolExecutor(os.cpu_count() or 1, get_context("spawn"))
        with _children_ignore_interrupts():
            return self._pool.map(partial(_collected, job), items)


def _collected(job: Callable[[T], R], item: T) -> R:
    result = job(item)
    gc.collect()  # a venue is one big cycle, and a worker runs many
    return result


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
