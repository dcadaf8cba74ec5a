"""Ends a Locust process with the command that has started it, however that one ends.

The command holds the other end of standard input and never writes to it. When it is gone, killed or not, the
end of input is read here, by the master and by each of its workers, which inherit it. Nothing is sent then
any more, and records are closed. While Locust still starts there are none, and the process is simply left.
"""

from __future__ import annotations

import _thread
import os
import runpy
import signal

GRACE_S = 1.0
"""For Locust to end in order before the process is simply left."""


class _Locust:
    in_order = False
    """Whether it is there, and ends in order."""


def end_with_starter() -> None:
    """Watch from a thread of the system's: Locust's greenlets may be busy, or stuck."""
    from gevent import monkey  # not before `run`: that takes a while

    _Locust.in_order = True
    sleep = monkey.get_original("time", "sleep")

    def watch() -> None:
        _await_end_of_input()
        os.kill(os.getpid(), signal.SIGTERM)
        sleep(GRACE_S)
        os._exit(1)

    monkey.get_original("_thread", "start_new_thread")(watch, ())


def run(module: str) -> None:
    """Run a module as the program that this process is, and be gone with the starter before it watches by
    itself, too: importing Locust takes seconds on a busy machine."""

    def watch() -> None:
        _await_end_of_input()
        if not _Locust.in_order:
            os._exit(1)

    _thread.start_new_thread(watch, ())
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _await_end_of_input() -> None:
    while os.read(0, 1):
        pass
