"""What goes wrong before anything has been sent, and the statuses of commands."""

from __future__ import annotations

from concurrent.futures.process import BrokenProcessPool

from run_records.lines import RecordsLostError

EXIT_USAGE = 2
EXIT_FAILED = 4
"""The tool itself could not go on: no verdict."""
EXIT_ABORTED = 130
EXIT_PIPE = 141
"""Whoever read the output has left (128 + SIGPIPE, as shells have it)."""


NOT_THE_POLICY = (RecordsLostError, OSError, MemoryError, BrokenProcessPool)
"""What goes wrong beside a user's own policy: it is not to be blamed for a full disk."""


class UsageError(ValueError):
    """Found before the first attempt; the message is one line that says what to do."""
