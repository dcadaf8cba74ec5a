"""What goes wrong before anything has been sent, and the statuses of commands."""

from __future__ import annotations

EXIT_USAGE = 2
EXIT_ABORTED = 130


class UsageError(ValueError):
    """Found before the first attempt; the message is one line that says what to do."""
