"""Ends a Locust process with the command that has started it, however that one ends.

The command holds the other end of standard input and never writes to it. When it is gone, killed or not, the
end of input is read here, by the master and by each of its workers, which inherit it. Nothing is sent then
any more, and records are closed.
"""

from __future__ import annotations

import os
import signal

from gevent import monkey

GRACE_S = 1.5
"""For Locust to end in order before the process is simply left."""


def end_with_starter() -> None:
    """Watch from a thread of the system's: Locust's greenlets may be busy, or stuck."""
    sleep = monkey.get_original("time", "sleep")

    def watch() -> None:
        while os.read(0, 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        sleep(GRACE_S)
        os._exit(1)

    monkey.get_original("_thread", "start_new_thread")(watch, ())
