"""The whole exchange for (a), (b) and (f): `accept` and `trade` admit everything into an instant engine;
`shed` holds its single slot for ever with the first order, so that all others are refused at admission. A
second word says what kind of journal it keeps."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from mock_exchange.gateway.config import GatewayConfig
from mock_exchange.plan import AccountPlan, Plan, book_from_texts
from mock_exchange.process import Listening, ProcessOptions, Resumable, run_exchange
from mock_exchange.recovery.state_file import Asked, VenueState
from run_records.scaled import MONEY_UNIT
from tests.support import BTC

LIMITS = {"orders_per_10s": 10**9, "orders_per_minute": 10**9, "weight_per_minute": 10**9}
ACCOUNTS = 64


def plan_for(kind: str) -> Plan:
    accept = kind != "shed"
    handling = {"law": "instant"} if accept else {"law": "constant", "mean_ms": 3_600_000}
    venue = {"slots": 1, "limits": LIMITS, "handling": handling}
    accounts = tuple(AccountPlan(f"a{i}", 10**9 * MONEY_UNIT) for i in range(ACCOUNTS))
    plan = Plan(
        gateway=GatewayConfig.from_dict(venue),
        policy="none" if accept else "undifferentiated",
        policy_parameters={},
        seed=1,
        epoch_start_ms=0,
        books=(book_from_texts(BTC, "100000.00", 20, 10, "1000"),),
        accounts=accounts,
    )
    return replace(plan)


def announce(listening: Listening) -> None:
    print(listening.port, listening.control_port, flush=True)


def journal_of(kind: str, path: Path) -> ProcessOptions:
    """`plain`; `resumable`, with what a venue needs to go on; or `durable`, on the disk before any answer."""
    if kind == "plain":
        return ProcessOptions(journal=path)
    state = VenueState(Asked("benchmark", "none", 1, {}))
    return ProcessOptions(journal=Resumable(path, state), durable=kind == "durable")


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        kind = sys.argv[2] if len(sys.argv) > 2 else "plain"
        run_exchange(plan_for(sys.argv[1]), journal_of(kind, Path(folder) / "journal.jsonl"), announce)
