"""While points are tried, work that is spread over processes is done in the one that is looked at: a process
that is started anew would know nothing of the change, and its lines would count for no test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import tests.cli.support
from fireexit.parallel import Workers


def work_in_this_process() -> None:
    """From now on neither `Workers` nor tests of commands start processes."""

    def results(self: Workers, job: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Any]:
        return map(job, items)

    workers: Any = Workers
    workers._results = results
    tests.cli.support.in_this_process = True
