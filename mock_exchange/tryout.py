"""A gateway in miniature, for trying a policy out by hand: in its docstring, a test, or an interactive shell.

It is the real gateway, engine and clock, on one BTCUSDT book, with nothing happening but what is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mock_exchange.clock import Timeline
from mock_exchange.engine.symbols import symbols
from mock_exchange.errors import THROTTLED
from mock_exchange.gateway.attempt import Answer, Call
from mock_exchange.gateway.config import GatewayConfig
from mock_exchange.gateway.policies import Policy
from mock_exchange.plan import AccountPlan, Plan, book_from_texts, position_from_texts
from mock_exchange.venue import Venue
from run_records.journal import OutcomeRow
from run_records.scaled import MONEY_UNIT
from run_records.units import NS_PER_MS
from run_records.words import Cause

_ORDER = "/fapi/v1/order"
_NO_LIMITS = {"orders_per_10s": 10**9, "orders_per_minute": 10**9, "weight_per_minute": 10**9}


class TryOut:
    """`slots` on one node; each admitted attempt holds one for a second, or, with `service_ms`, until the
    serial engine has served it. `accounts` rich accounts a0, a1…, each long `position` BTC if one is given;
    those that are `privileged` are on the venue's list.
    Every method that sends returns "admitted", "shed", or the code of another refusal.

    >>> from mock_exchange.gateway.policies.exempt import Exempt
    >>> gate = TryOut(Exempt(), slots=1, position="1")
    >>> gate.opening(), gate.opening(), gate.reducing("0.5"), gate.cancel()
    ('admitted', 'shed', 'admitted', 'admitted')
    """

    def __init__(
        self,
        policy: Policy,
        *,
        slots: int = 20,
        service_ms: float = 0,
        accounts: int = 1,
        position: str | None = None,
        privileged: Sequence[str] = (),
        **venue: Any,
    ) -> None:
        symbol = symbols()["BTCUSDT"]
        positions = (position_from_texts(symbol, "BOTH", position, "100000.00"),) if position else ()
        busy = {"law": "constant", "mean_ms": service_ms or 1000}
        config = {
            "slots": slots,
            "limits": _NO_LIMITS,
            "service" if service_ms else "handling": busy,
            **venue,
        }
        deposit = 100_000_000 * MONEY_UNIT
        plan = Plan(
            gateway=GatewayConfig.from_dict(config),
            policy="of your own",
            policy_parameters={},
            seed=1,
            epoch_start_ms=1_760_130_720_000,
            books=(book_from_texts(symbol, "100000.00", 20, 10, "50"),),
            accounts=tuple(
                AccountPlan(name, deposit, positions=positions, privileged=name in privileged)
                for name in [f"a{i}" for i in range(accounts)]
            ),
        )
        self.timeline = Timeline(plan.epoch_start_ms)
        self.venue = Venue(plan, self.timeline, policy=policy)
        self.venue.journal.rows.clear()
        self._sent = 0

    # -- sending ----------------------------------------------------------------------------------

    def opening(self, account: int = 0, quantity: str = "0.002") -> str:
        """A marketable buy."""
        return self._order(account, {"side": "BUY", "type": "MARKET", "quantity": quantity})

    def reducing(self, quantity: str = "0.002", account: int = 0, price: str | None = None) -> str:
        """A reduce-only sale: at market, or resting at `price`."""
        row = {"side": "SELL", "type": "MARKET", "quantity": quantity, "reduceOnly": "true"}
        if price is not None:
            row.update(type="LIMIT", timeInForce="GTC", price=price)
        return self._order(account, row)

    def cancel(self, account: int = 0) -> str:
        """Cancel all orders of the account."""
        return self._send("DELETE", "/fapi/v1/allOpenOrders", account, {})

    def flood(self, every_ms: float, count: int, account: int = 0) -> None:
        """`count` openings, one every `every_ms` from now on; `run` lets them arrive."""
        for number in range(count):
            due = self.timeline.now() + round(number * every_ms * NS_PER_MS)
            self.timeline.call_at(due, self.opening, account)

    # -- time -------------------------------------------------------------------------------------

    def wait(self, ms: float) -> None:
        """Let time pass."""
        self.timeline.run_until(self.timeline.now() + round(ms * NS_PER_MS))

    def run(self) -> None:
        """Let time pass until nothing is due any more."""
        self.venue.rest()
        while (due := self.timeline.next_due()) is not None:
            self.timeline.run_until(due)

    # -- looking ----------------------------------------------------------------------------------

    @property
    def served_accounts(self) -> list[int]:
        """Numbers of the accounts whose attempts were accepted, in the order of their answers."""
        return [int(row.account[1:]) for row in self._outcomes() if row.code == 0]

    def evicted(self) -> int:
        """Attempts that had to make room for a newcomer."""
        return sum(row.cause is Cause.EVICTED for row in self._outcomes())

    def dropped(self) -> int:
        """Attempts that the policy did not keep when their turn came."""
        return sum(row.cause is Cause.QUEUE_DELAY for row in self._outcomes())

    def _outcomes(self) -> list[OutcomeRow]:
        return [row for row in self.venue.journal.rows if isinstance(row, OutcomeRow)]

    def _order(self, account: int, params: dict[str, str]) -> str:
        return self._send("POST", _ORDER, account, params)

    def _send(self, method: str, path: str, account: int, params: dict[str, str]) -> str:
        self._sent += 1
        who = self.venue.account(f"a{account}")
        call = Call(method, path, {"symbol": "BTCUSDT", **params}, f"127.1.0.{account + 1}", self._sent, who)
        answers: list[Answer] = []
        self.venue.gateway.submit(call, answers.append)
        code = answers[0].code if answers else 0
        return "admitted" if code == 0 else "shed" if code == THROTTLED else str(code)
