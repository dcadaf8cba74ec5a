"""A `serve` process under steady load for a long time: do memory, descriptors and delays stay where they are?

    python -m studies.long_life [MINUTES] [PER_SECOND] [FLOOD_MINUTES]

Clients send so many orders a second, new ones, cancels and queries; every ten seconds it is looked at. Then
the load generator floods it, and one second later it has to be as quick as before. The summary goes to
docs/proof/long_life.json.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import psutil

from loadgen.drive.venue_process import ask
from studies.clients import Sender
from studies.processes import LOADER, family, member
from studies.proof import commit_here, write_proof
from studies.served import Served

MINUTES, PER_SECOND, FLOOD_MINUTES = 60.0, 300.0, 10.0
SENDERS = 32
LOOK_EVERY_S = 10.0
SCENARIO = ("--scenario", "calm", "--set", "rate=100", "--policy", "undifferentiated")
"""A policy that bounds what waits. `exempt` lets all exits in, and at a hundred times the rate they alone are
more than the venue can do: its queue has no end then, and its memory none."""
SERVE = (*SCENARIO, "--rotate-mb", "32", "--keep", "2")


@dataclass
class Life:
    """What was seen of a venue: under steady load, in the flood, and one second after it."""

    steady: list[dict[str, Any]] = field(default_factory=list)
    flood: list[dict[str, Any]] = field(default_factory=list)
    after: dict[str, Any] = field(default_factory=dict)


class Steady:
    """Some senders that keep a rate together."""

    def __init__(self, port: int, accounts: list[dict[str, str]], per_second: float) -> None:
        self.sent = 0
        self.answered: list[float] = []
        """Seconds that the latest answers took."""
        self._over = threading.Event()
        pause = SENDERS / per_second
        self._threads = [
            threading.Thread(target=self._send, args=(port, accounts[number::SENDERS], pause, number))
            for number in range(SENDERS)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def p99_ms(self) -> float:
        latest = sorted(self.answered) or [0.0]
        return round(1e3 * latest[len(latest) * 99 // 100], 2)

    def _send(self, port: int, accounts: list[dict[str, str]], pause: float, number: int) -> None:
        draw = Random(f"long/{number}")
        senders = [Sender(port, access) for access in accounts]
        mine: list[tuple[Sender, int]] = []
        due = time.monotonic()
        while not self._over.is_set():
            due += pause
            time.sleep(max(0.0, due - time.monotonic()))
            sender = draw.choice(senders)
            begun = time.monotonic()
            kind = draw.random()
            if kind < 0.3 and mine:
                owner, order_id = mine.pop(draw.randrange(len(mine)))
                owner.ask("DELETE", "/fapi/v1/order", symbol="BTCUSDT", orderId=order_id)
            elif kind < 0.35:
                sender.ask("GET", "/fapi/v2/positionRisk", symbol="BTCUSDT")
            else:
                self._order(draw, sender, mine)
            self.sent += 1
            self.answered.append(time.monotonic() - begun)
            del self.answered[:-2_000]

    @staticmethod
    def _order(draw: Random, sender: Sender, mine: list[tuple[Sender, int]]) -> None:
        side = draw.choice(("BUY", "SELL"))
        order: dict[str, object] = {"symbol": "BTCUSDT", "side": side, "type": "MARKET", "quantity": "0.002"}
        if draw.random() < 0.5:
            price = 113_000 - 500 if side == "BUY" else 113_000 + 500
            order |= {"type": "LIMIT", "timeInForce": "GTC", "price": str(price)}
        told = sender.ask("POST", "/fapi/v1/order", **order)
        if told.status == 200 and told.body["status"] == "NEW":
            mine.append((sender, told.body["orderId"]))


def look(process: psutil.Process, served: Served, steady: Steady) -> dict[str, Any]:
    """The process now. Memory and disk in MB."""
    status = ask(served.control, "GET", "/status")
    return {
        "sent": steady.sent,
        "rss_mb": round(process.memory_info().rss / 1e6, 1),
        "descriptors": process.num_fds(),
        "journal_mb": round(_written(served.journal) / 1e6, 1),
        "answer_p99_ms": steady.p99_ms(),
        "loop_lag_p99_ms": status["loop_lag_p99_ms"],
        "internal_errors": status["internal_errors"],
    }


def _written(journal: Path) -> int:
    """Bytes of all files of the journal: its parts, its state, its bookmark."""
    total = 0
    for path in journal.parent.glob(f"{journal.name}*"):
        with suppress(FileNotFoundError):  # set aside or forgotten meanwhile
            total += path.stat().st_size
    return total


def lived(minutes: float, per_second: float, flood_minutes: float) -> Life:
    """What was seen, every ten seconds."""
    with tempfile.TemporaryDirectory(prefix="long-") as name:
        served = Served(Path(name), *SERVE)
        try:
            steady = Steady(served.port, served.accounts[:200], per_second)
            steady.start()
            process, life = psutil.Process(served.process.pid), Life()
            end = time.monotonic() + 60 * minutes
            while time.monotonic() < end:
                time.sleep(LOOK_EVERY_S)
                life.steady.append(look(process, served, steady))
                print(json.dumps(life.steady[-1]), flush=True)
            steady.stop()
            time.sleep(1.0)  # a run begins where nothing is in flight
            for row in flooded(served, Path(name), flood_minutes):
                life.flood.append({**row, **look(process, served, steady)})
                print(json.dumps(life.flood[-1]), flush=True)
            time.sleep(1.0)
            steady = Steady(served.port, served.accounts[:200], per_second)
            steady.start()
            time.sleep(2.0)
            life.after = look(process, served, steady)
            steady.stop()
        finally:
            served.end()
    return life


def flooded(served: Served, folder: Path, minutes: float) -> Iterator[dict[str, Any]]:
    """The load generator asks for a hundred times its scenario's rate, and is looked at until it sends no
    more."""
    arguments = ["check", "--mode", "load", *SCENARIO, "--seed", "1", "--duration", str(60 * minutes)]
    arguments += ["--host", served.url, "--accounts", str(served.accounts_file), "--out", str(folder / "run")]
    with (folder / "check.log").open("wb") as log:
        command = subprocess.Popen(
            [sys.executable, "-m", "fireexit", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    began: float | None = None
    try:
        while command.poll() is None:
            loader = member(family(command.pid), LOADER)
            if loader is None and began is not None:
                return
            if loader is not None:
                began = began or time.monotonic()
                with suppress(psutil.NoSuchProcess):
                    outcomes = ask(served.control, "GET", "/status")["outcomes"]
                    yield {
                        "at_s": round(time.monotonic() - began, 1),
                        "answered": sum(count for *_, count in outcomes),
                        "loader_rss_mb": round(loader.memory_info().rss / 1e6, 1),
                        "loader_descriptors": loader.num_fds(),
                    }
            time.sleep(1.0)
        raise RuntimeError(f"nothing was sent: {(folder / 'check.log').read_text()[-500:]}")
    finally:
        command.kill()
        command.wait()


def summary(life: Life, per_second: float) -> dict[str, Any]:
    steady, flood = life.steady, life.flood
    seconds = LOOK_EVERY_S * len(steady)
    return {
        "minutes": round(seconds / 60, 1),
        "asked_per_second": per_second,
        "per_second": round(steady[-1]["sent"] / seconds),
        "requests": steady[-1]["sent"],
        "rss_mb": _thirds(steady, "rss_mb"),
        "descriptors": _thirds(steady, "descriptors"),
        "journal_mb": _thirds(steady, "journal_mb"),
        "answer_p99_ms": _thirds(steady, "answer_p99_ms"),
        "flood_minutes": round(flood[-1]["at_s"] / 60, 1),
        "flood_per_second": round(flood[-1]["answered"] / flood[-1]["at_s"]),
        "flood_rss_mb": _thirds(flood, "rss_mb"),
        "flood_descriptors": _thirds(flood, "descriptors"),
        "flood_journal_mb": _thirds(flood, "journal_mb"),
        "loader_rss_mb": _thirds(flood, "loader_rss_mb"),
        "answer_p99_ms_after_the_flood": life.after["answer_p99_ms"],
        "internal_errors": life.after["internal_errors"],
    }


def _thirds(rows: list[dict[str, Any]], key: str) -> list[float]:
    """Medians of the first and of the last third."""
    third = max(1, len(rows) // 3)
    return [
        round(float(statistics.median(row[key] for row in some)), 2) for some in (rows[:third], rows[-third:])
    ]


def main(
    minutes: float = MINUTES, per_second: float = PER_SECOND, flood_minutes: float = FLOOD_MINUTES
) -> None:
    commit = commit_here()
    life = lived(minutes, per_second, flood_minutes)
    found = write_proof(
        "long_life", "python -m studies.long_life", summary(life, per_second), [{"commit": commit}]
    )
    print(json.dumps(found))


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
