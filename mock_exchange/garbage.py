"""Looking for cyclic garbage costs time, and in a loop that must keep its instants it costs punctuality."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def rare_collection() -> Iterator[None]:
    """Simulations and load generators make millions of short-lived objects and hardly a cycle among them;
    searching them at the default pace costs a simulation a fifth of its time, and stops a load generator for
    50 ms now and then. What is there at the start is looked at no more until the end."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
