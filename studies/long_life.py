"""A `serve` process under steady load for a long time: do memory, descriptors and delays stay where they are?

    python -m studies.long_life [MINUTES] [PER_SECOND]

Clients send so many orders a second, new ones, cancels and queries; every ten seconds it is looked at. At the
end it is flooded for ten seconds, and has to be as quick as before one second later. The summary goes to
docs/proof/long_life.json.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from random import Random
from typing import Any

import psutil

from loadgen.drive.venue_process import ask
from studies.clients import Clients, Sender
from studies.proof import commit_here, write_proof
from studies.served import Served

MINUTES, PER_SECOND = 60.0, 300.0
SENDERS = 6
LOOK_EVERY_S = 10.0
FLOOD_S = 10.0


class Steady:
    """Some senders that keep a rate together."""

    def __init__(self, port: int, accounts: list[dict[str, str]], per_second: float) -> None:
        self.sent = 0
        self.answered: list[float] = []
        """Seconds that the latest answers took."""
        self.over = threading.Event()
        pause = SENDERS / per_second
        self._threads = [
            threading.Thread(target=self._send, args=(port, accounts[number::SENDERS], pause, number))
            for number in range(SENDERS)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self.over.set()
        for thread in self._threads:
            thread.join()

    def _send(self, port: int, accounts: list[dict[str, str]], pause: float, number: int) -> None:
        draw = Random(f"long/{number}")
        senders = [Sender(port, access) for access in accounts]
        mine: list[tuple[Sender, int]] = []
        due = time.monotonic()
        while not self.over.is_set():
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
    """The process now. Memory in MB."""
    status = ask(served.control, "GET", "/status")
    latest = sorted(steady.answered) or [0.0]
    return {
        "sent": steady.sent,
        "rss_mb": round(process.memory_info().rss / 1e6, 1),
        "descriptors": process.num_fds(),
        "journal_mb": round(served.journal.stat().st_size / 1e6, 1),
        "answer_p99_ms": round(1e3 * latest[len(latest) * 99 // 100], 2),
        "loop_lag_p99_ms": status["loop_lag_p99_ms"],
        "internal_errors": status["internal_errors"],
    }


def lived(minutes: float, per_second: float) -> list[dict[str, Any]]:
    """What was seen, every ten seconds; the last row is one second after a flood."""
    with tempfile.TemporaryDirectory(prefix="long-") as name:
        served = Served(Path(name), "--scenario", "calm")
        try:
            steady = Steady(served.port, served.accounts, per_second)
            steady.start()
            process, rows = psutil.Process(served.process.pid), []
            end = time.monotonic() + 60 * minutes
            while time.monotonic() < end:
                time.sleep(LOOK_EVERY_S)
                rows.append(look(process, served, steady))
                print(json.dumps(rows[-1]), flush=True)
            flood = Clients(12, 1)
            flood.flood(served.port, served.accounts)
            time.sleep(FLOOD_S)
            flood.stop()
            time.sleep(1.0)
            steady.answered.clear()
            time.sleep(2.0)
            rows.append(look(process, served, steady))
            steady.stop()
        finally:
            served.end()
    return rows


def summary(rows: list[dict[str, Any]], per_second: float) -> dict[str, Any]:
    *steady, after = rows
    third = max(1, len(steady) // 3)

    def middle(some: list[dict[str, Any]], key: str) -> float:
        return round(float(statistics.median(row[key] for row in some)), 2)

    return {
        "minutes": round(len(steady) * LOOK_EVERY_S / 60, 1),
        "asked_per_second": per_second,
        "requests": steady[-1]["sent"],
        "rss_mb": [middle(steady[:third], "rss_mb"), middle(steady[-third:], "rss_mb")],
        "descriptors": [steady[0]["descriptors"], steady[-1]["descriptors"]],
        "journal_mb": steady[-1]["journal_mb"],
        "answer_p99_ms": [middle(steady[:third], "answer_p99_ms"), middle(steady[-third:], "answer_p99_ms")],
        "answer_p99_ms_after_the_flood": after["answer_p99_ms"],
        "internal_errors": after["internal_errors"],
    }


def main(minutes: float = MINUTES, per_second: float = PER_SECOND) -> None:
    commit = commit_here()
    rows = [{"commit": commit, **row} for row in lived(minutes, per_second)]
    print(
        json.dumps(write_proof("long_life", "python -m studies.long_life", summary(rows, per_second), rows))
    )


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
