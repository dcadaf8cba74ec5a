"""What goes wrong before anything has been sent, and the statuses of commands."""

from __future__ import annotations

EXIT_USAGE = 2
EXIT_FAILED = 4
"""The tool itself could not go on: no verdict."""
EXIT_ABORTED = 130
EXIT_PIPE = 141
"""Whoever read the output has left (128 + SIGPIPE, as shells have it)."""


class UsageError(ValueError):
    """Found before the first attempt; the message is one line that says what to do."""
