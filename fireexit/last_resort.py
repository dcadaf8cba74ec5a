"""What is done when the tool itself fails: one line, a log, and a status that no verdict has.

A CI job reads the exit status and nothing else. A crash that left with Python's own 1 would read as
*broken*, which is a statement about somebody's gateway.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from typer import Abort, Exit
from typer.core import TyperGroup

from fireexit.console import fail
from fireexit.errors import EXIT_FAILED, EXIT_PIPE, ElsewhereError, Terminated, UsageError, status_of
from run_records.bounds import made_plain


class Guarded(TyperGroup):
    """The commands, with every failure that no command has dealt with caught around them."""

    def main(self, *arguments: Any, **options: Any) -> Any:
        """Around everything, the parser's own help included: always leaves with a status that is true."""
        _open_streams()
        _end_in_order()
        self._answered = False
        try:
            super().main(*arguments, **options)
            status: object = 0
        except SystemExit as end:
            # The parser, too, says 1: when whoever reads its help has left, and when it is interrupted.
            status = EXIT_PIPE if end.code == 1 and not self._answered else end.code
        except Exception as error:
            status = _fail(error)
        if not _flushed(sys.stdout) and status == 0:
            status = EXIT_FAILED
        _flushed(sys.stderr)
        sys.exit(status)  # type: ignore[arg-type]

    def invoke(self, ctx: Any) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except (Exit, Abort):
            self._answered = True
            raise
        except UsageError as error:
            fail(str(error))
        except KeyboardInterrupt as interrupt:
            fail("interrupted", status_of(interrupt))
        except BrokenPipeError:
            _flushed(sys.stdout)
            raise Exit(EXIT_PIPE) from None
        except Exception as error:
            if hasattr(error, "format_message"):  # the parser of the command line complains
                raise
            raise Exit(_fail(error)) from None


def _end_in_order() -> None:
    """When this process is terminated, or its terminal is closed: once. Who asks again need not wait."""

    def end(number: int, frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        raise Terminated(number)

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, end)


def _fail(error: BaseException) -> int:
    _flushed(sys.stdout)
    with suppress(OSError):  # where stderr is on the full disk, the status alone has to say it
        print(f"fireexit: {made_plain(_failed(error))}", file=sys.stderr, flush=True)
    _flushed(sys.stderr)
    return EXIT_FAILED


def _failed(error: BaseException) -> str:
    from run_records.lines import RecordsLostError

    says_it_all = isinstance(error, (RecordsLostError, ElsewhereError))
    what = str(error) if says_it_all else f"{type(error).__name__}: {error}"
    what = what.rstrip(": .").replace("\n", " ")
    return f"failed: {what}. This is no verdict, the tool could not go on; {_logged(error)}"


def _logged(error: BaseException) -> str:
    """Write what happened to a file, and say where. A full disk has no room for it."""
    import tempfile
    import traceback

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


def _open_streams() -> None:
    """A caller may have closed them: what is printed then goes nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - open to the end


def _flushed(stream: TextIO) -> bool:
    """Print what still waits. What can go nowhere is dropped: Python would complain of it at its end, with a
    status of its own."""
    try:
        stream.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return False
    return True
