"""Starting the mock exchange as a child process, and talking to its control port."""

from __future__ import annotations

import http.client
import shutil
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

import orjson

from loadgen.drive.job import Control
from mock_exchange import EXIT_RECORDS_LOST, PROGRAM
from mock_exchange.plan import TOKEN_HEADER, Plan

READY_TIMEOUT_S = 20.0
CONTROL_TIMEOUT_S = 20.0


class VenueError(RuntimeError):
    """The exchange could not be started, or is gone; one line."""


class VenueProcess:
    """A running exchange. It leaves when told to, or when this process ends (its stdin closes). `options` are
    further arguments of `python -m mock_exchange`."""

    def __init__(self, plan: Plan, folder: Path, journal: Path, options: tuple[str, ...] = ()) -> None:
        plan_path = folder / "plan.json"
        plan_path.write_bytes(orjson.dumps(plan.to_dict(), option=orjson.OPT_INDENT_2) + b"\n")
        self._log: IO[bytes] = (folder / "exchange.log").open("wb")
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                PROGRAM,
                "--plan",
                str(plan_path),
                "--journal",
                str(journal),
                "--exit-with-parent",
                *options,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.wait(READY_TIMEOUT_S)
            reason = (folder / "exchange.log").read_text(errors="replace").strip().splitlines()
            raise VenueError(f"the exchange did not start: {reason[-1] if reason else 'no reason given'}")
        where = orjson.loads(line)
        self.url: str = where["url"]
        self.control = Control(where["control_port"], where["token"])

    @property
    def pid(self) -> int:
        return self._process.pid

    def death(self) -> str | None:
        """How the exchange ended, if it has."""
        status = self._process.poll()
        return None if status is None else describe_exit("the exchange", status)

    @property
    def records_lost(self) -> bool:
        """Whether it ended because its journal could not be written."""
        return self._process.poll() == EXIT_RECORDS_LOST

    def stop(self) -> None:
        """End it, politely if it still listens; its journal is flushed."""
        if self._process.poll() is None:
            try:
                ask(self.control, "POST", "/stop")
                self._process.wait(CONTROL_TIMEOUT_S)
            except (OSError, VenueError, subprocess.TimeoutExpired):
                self._process.kill()
                self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream is not None:
                stream.close()


def describe_exit(who: str, status: int) -> str:
    return f"{who} was killed by signal {-status}" if status < 0 else f"{who} ended with status {status}"


def fetch_journal(control: Control, path: Path) -> None:
    """Copy the journal of an exchange started elsewhere. Raises VenueError or OSError."""
    connection = http.client.HTTPConnection("127.0.0.1", control.port, timeout=CONTROL_TIMEOUT_S)
    try:
        connection.request("GET", "/journal", headers={TOKEN_HEADER: control.token})
        response = connection.getresponse()
        if response.status != 200:
            raise VenueError(f"control port: no journal ({response.status})")
        with path.open("wb") as file:
            shutil.copyfileobj(response, file)
    except http.client.HTTPException as error:
        raise VenueError(f"the exchange's control port answered nonsense: {error!r}") from None
    finally:
        connection.close()


def ask(control: Control, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """One call to the control port, directly (no proxy is ever asked). Raises VenueError or OSError."""
    connection = http.client.HTTPConnection("127.0.0.1", control.port, timeout=CONTROL_TIMEOUT_S)
    try:
        connection.request(
            method, path, orjson.dumps(body) if body is not None else None, {TOKEN_HEADER: control.token}
        )
        response = connection.getresponse()
        data: dict[str, Any] = orjson.loads(response.read())
    except (http.client.HTTPException, orjson.JSONDecodeError) as error:
        raise VenueError(f"the exchange's control port answered nonsense: {error!r}") from None
    finally:
        connection.close()
    if response.status != 200:
        raise VenueError(f"control port: {data.get('error', response.status)}")
    return data
