"""Simulations spread over the processors."""

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
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_parallel(
    job: Callable[[T], R], items: Sequence[T], progress: Callable[[float], None] | None = None
) -> list[R]:
    """`job` of every item in a pool of processes, in the order of the items. `progress` is told the share
    done. Raises what the first failing job raises."""
    results: list[R] = []
    workers = min(os.cpu_count() or 1, len(items))
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        with children_ignore_interrupts():
            found = pool.map(partial(_collected, job), items)
        for result in found:
            results.append(result)
            if progress is not None:
                progress(len(results) / len(items))
    return results


def _collected(job: Callable[[T], R], item: T) -> R:
    result = job(item)
    gc.collect()  # a venue is one big cycle, and a worker runs many
    return result


@contextmanager
def children_ignore_interrupts() -> Iterator[None]:
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
