"""Sending a schedule to its end, and what is said of it to the process that has asked for the run."""

from __future__ import annotations

import sys
from collections.abc import Callable

from loadgen.drive.channel import Fault, Lost, Progress, ToCommand, write_line
from loadgen.drive.handing import is_for_a_command
from loadgen.drive.open_loop import Dispatcher
from run_records.lines import RecordsLostError


def send_all(dispatcher: Dispatcher, progress: Callable[[float], None]) -> str:
    """Why it failed; empty if it did not. Whatever goes wrong on the way is a fault of the run."""
    try:
        dispatcher.run(progress)
    except RecordsLostError as error:
        _tell(Lost(str(error)))
        return f"the load generator failed: {error}"
    except Exception as error:
        return f"the load generator failed: {type(error).__name__}: {error}"
    return ""


def tell_progress(share: float) -> None:
    _tell(Progress(round(share, 3)))


def tell_fault(reason: str) -> None:
    _tell(Fault(reason))


def _tell(message: ToCommand) -> None:
    """Where another process has started this one; a person at a terminal sees Locust's own words."""
    if is_for_a_command():
        sys.stdout.flush()
        write_line(sys.stdout.buffer, message)
