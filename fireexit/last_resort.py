"""What is done when the tool itself fails: one line, a log, and a status that no verdict has.

A CI job reads the exit status and nothing else. A crash that left with Python's own 1 would read as
*broken*, which is a statement about somebody's gateway.
"""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

from typer import Abort, Exit
from typer.core import TyperGroup

from fireexit.console import fail
from fireexit.errors import EXIT_ABORTED, EXIT_FAILED, EXIT_PIPE, UsageError
from run_records.lines import RecordsLostError


class Guarded(TyperGroup):
    """The commands, with every failure that no command has dealt with caught around them."""

    def invoke(self, ctx: Any) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except (Exit, Abort):
            raise
        except UsageError as error:
            fail(str(error))
        except KeyboardInterrupt:
            fail("interrupted", EXIT_ABORTED)
        except BrokenPipeError:
            _leave_stdout()
            raise Exit(EXIT_PIPE) from None
        except Exception as error:
            if hasattr(error, "format_message"):  # the parser of the command line complains
                raise
            _leave_stdout()
            fail(_failed(error), EXIT_FAILED)


def _failed(error: BaseException) -> str:
    what = str(error) if isinstance(error, RecordsLostError) else f"{type(error).__name__}: {error}"
    what = what.rstrip(": .").replace("\n", " ")
    return f"failed: {what}. This is no verdict, the tool could not go on; {_logged(error)}"


def _logged(error: BaseException) -> str:
    """Write what happened to a file, and say where. A full disk has no room for it."""
    text = "".join(traceback.format_exception(error))
    try:
        number, name = tempfile.mkstemp(prefix="fireexit-failed-", suffix=".log")
        with os.fdopen(number, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
    except OSError as reason:
        last = traceback.extract_tb(error.__traceback__)[-1]
        return (
            f"no log could be written ({reason.strerror}), it was at {Path(last.filename).name}:{last.lineno}"
        )
    return f"details: {name}"


def _leave_stdout() -> None:
    """What still waits to be printed can go nowhere; without this, Python would complain of it at its end."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
