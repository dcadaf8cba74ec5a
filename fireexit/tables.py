"""Where commands print tables."""

from __future__ import annotations

from rich.console import Console


class Printer(Console):
    """Where tables are printed; that its reader has left is for the caller to know."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def stdout_console(width: int = 160) -> Console:
    """Tables need room: a pipe gets wide plain lines."""
    console = Printer(highlight=False)
    return console if console.is_terminal else Printer(highlight=False, width=width, no_color=True)
