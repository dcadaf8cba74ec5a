"""Commands as processes of their own without the price of starting Python for each: a process that has
imported everything forks for every line it is told.

    {"program": "fireexit" | "mock_exchange", "arguments": […]}  ->  {"status": …, "out": …, "err": …}

`status` is null for one that has not ended after BOUND_S of its processor time, or hangs.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import time
from typing import Any

from fireexit import cli
from mock_exchange import __main__ as exchange

BOUND_S = 2.0
"""Processor time, so that a busy machine is not held against it."""
HANGS_S = 30.0
_LOOK_EVERY_S = 0.005


def _child(program: str, arguments: list[str], out: int, err: int) -> None:
    reading, writing = os.pipe()
    os.close(writing)  # an exchange that is told to live as long as its parent has none
    for source, target in ((reading, 0), (out, 1), (err, 2)):
        os.dup2(source, target)
    sys.argv = [program, *arguments]
    try:
        status = cli.app(arguments) if program == "fireexit" else exchange.main()
    except SystemExit as end:
        status = end.code
    except BaseException as error:  # what Python would print
        import traceback

        traceback.print_exception(error)
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status if isinstance(status, int) else 0 if status is None else 1)


def run(program: str, arguments: list[str]) -> dict[str, Any]:
    """What the command came to."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if not child:
            _child(program, arguments, out.fileno(), err.fileno())
        status = _awaited(child)
        texts = {}
        for name, file in (("out", out), ("err", err)):
            file.seek(0)
            texts[name] = file.read().decode(errors="replace")
        return {"status": status, **texts}


def _awaited(child: int) -> int | None:
    end = time.monotonic() + HANGS_S
    clock = (~child << 3) | 2  # of another process: clock_getcpuclockid(3)
    while time.monotonic() < end and time.clock_gettime(clock) < BOUND_S:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(_LOOK_EVERY_S)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


if __name__ == "__main__":
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(run(asked["program"], asked["arguments"])), flush=True)
