"""What commands say in lines: on stderr what went wrong, on stdout the rest."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import NoReturn

import typer

from fireexit.errors import EXIT_USAGE
from run_records.bounds import made_plain


def fail(message: str, status: int = EXIT_USAGE) -> NoReturn:
    """One line on stderr, then leave."""
    with suppress(OSError):  # on a full disk the status alone has to say it
        print(f"fireexit: {made_plain(message)}", file=sys.stderr, flush=True)
    raise typer.Exit(status)


def say(*lines: str) -> None:
    """Lines on stdout, with nothing in them that a terminal acts upon."""
    for line in lines:
        print(made_plain(line))


def warn(messages: Iterable[str]) -> None:
    """A line each on stderr."""
    for message in messages:
        print(f"fireexit: beware: {made_plain(message)}", file=sys.stderr)
