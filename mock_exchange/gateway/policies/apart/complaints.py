"""What the process of a policy says on its standard error: its end is kept, and none of it ever stops it."""

from __future__ import annotations

import os
import re

KEPT = 1 << 16
"""Bytes."""
_AT_ONCE = 16
"""Times that it reads before somebody looks at the clock again."""
_TRAILER = re.compile(r"\s|\W*$|Node\.js v|note: ")
"""How lines begin that come after the one that says what went wrong: where it was, and with what."""


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
        said = self._said.decode(errors="replace").splitlines()
        told = [line for line in said if not _TRAILER.match(line)]
        return (told or said or [""])[-1].strip()
