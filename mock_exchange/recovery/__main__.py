"""`python -m mock_exchange.recovery JOURNAL [KEEP]`: leave a bookmark beside a journal that is being written.

Parts of it that are set aside and not needed any more are removed then, but for the latest KEEP.

`serve` starts it now and then. It reads beside the exchange, so that no order waits for it, and ends with its
standard input, so that it does not outlive the exchange.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from mock_exchange.recovery.one_writer import only_one
from mock_exchange.recovery.reading import leave_bookmark
from run_records.schemas import UnreadableError


def main() -> int:
    os.nice(10)
    threading.Thread(target=_end_with_input, daemon=True).start()
    journal = Path(sys.argv[1])
    try:
        with only_one(journal.parent):
            leave_bookmark(journal, *map(int, sys.argv[2:]))
    except (OSError, UnreadableError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _end_with_input() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
