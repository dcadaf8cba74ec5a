"""Work on any executor of `concurrent.futures`, with the results that it would have here or none."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from fireexit.errors import ElsewhereError

if TYPE_CHECKING:
    from fireexit.same import Same

T = TypeVar("T")
R = TypeVar("R")
LOOK_S = 5.0
"""Between two looks at whether there is anybody left to wait for."""
_ALONE = threading.Lock()
"""A simulation has its process to itself, whatever threads an executor has."""


def _trust(done: bool) -> None:
    """Of an executor of which nothing is known."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where work is done that needs nothing of this machine, and what must be the same there."""

    executor: Executor
    same: Same
    name: str = "the executor"
    watch: Callable[[bool], None] = _trust
    """Told now and then, while work is waited for, whether some was done. Raises ElsewhereError if nobody is
    left to do it."""
    losses: tuple[type[BaseException], ...] = (BrokenExecutor,)
    """What this executor raises for work whose workers have died."""

    def done(self, job: Callable[[T], R], items: Sequence[T]) -> Generator[tuple[int, R], None, None]:
        """(number of an item, result), in the order in which they are done. The first that fails ends the
        rest, and so does closing this. Raises ElsewhereError for work that is lost, or would be done
        otherwise than here."""
        waiting: dict[Future[R], int] = {}
        self.watch(True)
        try:
            self._begin(partial(_faithful, self.same, job), items, waiting)
            while waiting:
                done = wait(waiting, LOOK_S, FIRST_COMPLETED).done
                self.watch(bool(done))
                for future in done:
                    yield waiting.pop(future), future.result()
        except CancelledError:
            raise ElsewhereError(f"{self.name} has given up the work: it is gone, or was closed") from None
        except self.losses as error:
            raise ElsewhereError(f"work is lost with its workers: {_in_one_line(error)}") from error
        finally:
            for future in waiting:
                future.cancel()

    def _begin(self, job: Callable[[T], R], items: Sequence[T], waiting: dict[Future[R], int]) -> None:
        try:
            for number, item in enumerate(items):
                waiting[self.executor.submit(job, item)] = number
        except BrokenExecutor:
            raise
        except RuntimeError as error:  # it was shut down
            raise ElsewhereError(f"{self.name} takes no work: {_in_one_line(error)}") from None


def _faithful(same: Same, job: Callable[[T], R], item: T) -> R:
    with _ALONE:
        same.check()
        return job(item)


def _in_one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
