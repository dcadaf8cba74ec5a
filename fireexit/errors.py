"""What goes wrong before anything has been sent, and the statuses of commands."""

from __future__ import annotations

EXIT_USAGE = 2
EXIT_FAILED = 4
"""The tool itself could not go on: no verdict."""
EXIT_ABORTED = 130
EXIT_PIPE = 141
"""Whoever read the output has left (128 + SIGPIPE, as shells have it)."""


class Terminated(KeyboardInterrupt):
    """Somebody has asked this process to end: what is under way is ended as by Ctrl-C."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def status_of(interrupt: KeyboardInterrupt) -> int:
    """Of a command that was interrupted; 128 + its signal, as shells have it."""
    return 128 + interrupt.number if isinstance(interrupt, Terminated) else EXIT_ABORTED


class UsageError(ValueError):
    """Found before the first attempt; the message is one line that says what to do."""


class ElsewhereError(RuntimeError):
    """Work on other machines that cannot be done, or not as it would be done here; one line."""


MALFORMED = (
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    ValueError,
    ArithmeticError,
    RecursionError,
    AssertionError,
)
"""What reading a document raises that somebody has written otherwise. A UsageError is one, too."""
