"""What commands say: one line on stderr for what went wrong, tables on stdout."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import NoReturn

import typer
from rich.console import Console

from fireexit.errors import EXIT_USAGE
from run_records.bounds import made_plain


def fail(message: str, status: int = EXIT_USAGE) -> NoReturn:
    """One line on stderr, then leave."""
    print(f"fireexit: {made_plain(message)}", file=sys.stderr)
    raise typer.Exit(status)


def warn(messages: Iterable[str]) -> None:
    """A line each on stderr."""
    for message in messages:
        print(f"fireexit: beware: {made_plain(message)}", file=sys.stderr)


def stdout_console(width: int = 160) -> Console:
    """Tables need room: a pipe gets wide plain lines."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=width, no_color=True)
