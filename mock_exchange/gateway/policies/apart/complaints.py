"""What the process of a policy says on its standard error: its end is kept, and none of it ever stops it."""

from __future__ import annotations

import os
import re

KEPT = 1 << 16
"""Bytes."""
_AT_ONCE = 16
"""Times that it reads before somebody looks at the clock again."""
_ERROR = re.compile(r"(Uncaught )?[\w.]*(Error|Exception)\b")
"""How a line begins that says what went wrong; some languages say more after it."""


class Complaints:
    """Read whenever the gateway waits for the policy, so that neither waits for the other for ever."""

    def __init__(self, end: int) -> None:
        self.end = end
        self._said = b""
        os.set_blocking(end, False)

    def read(self) -> bool:
        """Take what there is; False if nothing will come any more."""
        for _ in range(_AT_ONCE):
            try:
                more = os.read(self.end, KEPT)
            except BlockingIOError:
                return True
            if not more:
                return False
            self._said = (self._said + more)[-KEPT:]
        return True

    def last(self) -> str:
        """The line that says best what went wrong; empty without any."""
        self.read()
        said = [line.strip() for line in self._said.decode(errors="replace").splitlines() if line.strip()]
        errors = [line for line in said if _ERROR.match(line)]
        return (errors or said or [""])[-1]
