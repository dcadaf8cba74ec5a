"""The baseline of (c): Locust's own FastHttpUser sending the same signed orders, as fast as it can."""

from __future__ import annotations

import sys
import time
from typing import Any

from locust import FastHttpUser, events, task

from benchmarks.exchange_server import plan_for
from benchmarks.order_client import ORDER
from loadgen.drive.signing import Signer
from mock_exchange.plan import access_for

ACCESS = access_for(plan_for("accept"))
STARTED: dict[str, float] = {}


class Trader(FastHttpUser):
    number = 0

    def on_start(self) -> None:
        access = ACCESS[Trader.number % len(ACCESS)]
        Trader.number += 1
        self.signer = Signer(access, "sink", f"f{Trader.number}")
        self.order_headers = {
            "X-MBX-APIKEY": access.api_key,
            "Content-Type": "application/x-www-form-urlencoded",
        }

    @task
    def order(self) -> None:
        _, wire = self.signer.request("POST", "/fapi/v1/order", ORDER)
        body = wire.partition(b"\r\n\r\n")[2]
        with self.client.post(
            "/fapi/v1/order", data=body, headers=self.order_headers, catch_response=True
        ) as answer:
            if "orderId" not in answer.json():
                answer.failure("no order")


@events.spawning_complete.add_listener
def _(user_count: int, **_: Any) -> None:
    STARTED.update(cpu=time.process_time(), count=_count())


@events.quitting.add_listener
def _(environment: Any, **_: Any) -> None:
    STARTED["environment"] = environment
    cpu = time.process_time() - STARTED["cpu"]
    sys.stdout.write(f"{_count(environment) - STARTED['count']:.0f} {cpu:.4f}\n")


def _count(environment: Any = None) -> float:
    runner = environment.runner if environment is not None else _RUNNER[0]
    return float(runner.stats.total.num_requests)


_RUNNER: list[Any] = []


@events.init.add_listener
def _(environment: Any, runner: Any, **_: Any) -> None:
    _RUNNER.append(runner)
