"""A `fireexit serve` process that a study has started, and where it is."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from loadgen.drive.job import Control

PATIENCE_S = 30.0


def started(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """On a free port, its accounts, journal and log in the folder; not waited for."""
    places = ("--accounts", str(folder / "accounts.json"), "--journal", str(folder / "journal.jsonl"))
    with (folder / "serve.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "fireexit", "serve", "--port", "0", *places, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


class Served:
    """One that is ready. Raises RuntimeError where it does not get there."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.journal, self.accounts_file = folder / "journal.jsonl", folder / "accounts.json"
        self._log = folder / "serve.log"
        self.accounts_file.unlink(missing_ok=True)
        self.process = started(folder, *arguments)
        until = time.monotonic() + PATIENCE_S
        while not self.accounts_file.exists():
            if self.process.poll() is not None or time.monotonic() > until:
                self.kill()
                raise RuntimeError(f"the exchange did not start: {self.said()[-500:]}")
            time.sleep(0.01)
        document = json.loads(self.accounts_file.read_text())
        self.url: str = document["url"]
        self.port = int(self.url.rpartition(":")[2])
        self.accounts: list[dict[str, str]] = document["accounts"]
        self.control = Control(**document["control"])

    def said(self) -> str:
        """All that it, and those before it in the folder, have printed."""
        return self._log.read_text(errors="replace")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        self.process.terminate()
        self.process.wait()
