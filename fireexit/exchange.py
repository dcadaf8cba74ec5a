"""A venue of one's own from Python: `with Exchange() as venue: ...`. It runs in a child process."""

from __future__ import annotations

import shutil
import tempfile
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from loadgen.drive.venue_process import VenueError, VenueProcess, ask
from mock_exchange.default_plan import DEPOSIT_USDT, default_plan
from mock_exchange.errors import EPOCH_CURRENT
from mock_exchange.plan import Access, Plan, access_for


class ExchangeError(RuntimeError):
    """The venue could not be started, or refused what it was asked; one line."""


class Exchange:
    """A mock exchange that speaks Binance USDⓈ-M futures on a free loopback port.

    Without a `plan` it is a liquid venue on six symbols with `accounts` accounts of `deposit_usdt` USDT.
    `epoch` "2025-10-10" takes conditional orders at /fapi/v1/order and streams at /ws; "2026" (the
    default) has neither. `tls` serves https and wss; `ca_file` is then what clients have to trust.
    Raises ExchangeError if it cannot start, ValueError for bad arguments.
    """

    def __init__(
        self,
        *,
        epoch: str = EPOCH_CURRENT,
        policy: str = "exempt",
        accounts: int = 2,
        deposit_usdt: int = DEPOSIT_USDT,
        tls: bool = False,
        plan: Plan | None = None,
    ) -> None:
        self.plan = plan or default_plan(
            accounts=accounts, deposit_usdt=deposit_usdt, epoch=epoch, policy=policy
        )
        self.accounts: list[Access] = access_for(self.plan)
        self._folder = Path(tempfile.mkdtemp(prefix="fireexit-"))
        self.journal = self._folder / "journal.jsonl"
        self.ca_file: Path | None = self._folder / "ca.pem" if tls else None
        options = ("--tls", str(self.ca_file)) if tls else ()
        try:
            self._process = VenueProcess(self.plan, self._folder, self.journal, options)
        except VenueError as error:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise ExchangeError(str(error)) from None
        self.url = self._process.url
        self.ws_url = "ws" + self.url.removeprefix("http")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def api_key(self) -> str:
        """Key of the first account."""
        return self.accounts[0].api_key

    @property
    def secret(self) -> str:
        """Secret of the first account."""
        return self.accounts[0].secret

    def close(self) -> None:
        """Stop the venue and remove its journal."""
        self._process.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def reset(self) -> None:
        """Everything as it was at the start: balances, books, limits, policy, no faults, streams closed."""
        self._ask("POST", "/reset", {})

    def fault(
        self, fault: str, *, account: str = "", verb: str = "order", times: int = 1, code: int | None = None
    ) -> None:
        """What the next `times` requests of a kind ("order", "amend", "cancel", "any") meet: "answer-lost"
        (executed, HTTP 503 of unknown fate), "backend-timeout" (executed, 408 and -1007),
        "unexpected-response" (executed, -1006), "disconnect" (executed, connection cut) or "refused"
        (not executed, `code`). Legs of batches are left alone."""
        body: dict[str, Any] = {"fault": fault, "account": account, "verb": verb, "times": times}
        self._ask("POST", "/fault", body if code is None else {**body, "code": code})

    def set_price(self, symbol: str, price: str | Decimal) -> None:
        """Move a symbol's index, the house's quotes and the mark price; liquidates who cannot bear it."""
        self._ask("POST", "/price", {"symbol": symbol, "price": str(price)})

    def transfer(self, account: str, amount: str | Decimal) -> None:
        """Add USDT to an account's wallet, or take them out (negative)."""
        self._ask("POST", "/transfer", {"account": account, "amount": str(amount)})

    def restrict(self, account: str, code: int) -> None:
        """Refuse an account's opening orders with -4087, -4189, -4192, -4400 or -4401, or all its orders with
        -4088; 0 lifts it."""
        self._ask("POST", "/restrict", {"account": account, "code": code})

    def add_public_key(self, account: str, pem: str) -> str:
        """A new API key whose signatures this Ed25519 or RSA public key verifies."""
        answer = self._ask("POST", "/key", {"account": account, "public_key": pem})
        return str(answer["api_key"])

    def overload(self, *, policy: str | None = None, slots: int = 1, handling_ms: float = 1000) -> None:
        """Let every order hold one of `slots` for `handling_ms`; what finds none free is shed with -1008, as
        far as the policy sheds it. `calm` ends it."""
        body: dict[str, Any] = {"slots": slots, "handling": {"law": "constant", "mean_ms": handling_ms}}
        self._ask("POST", "/switch", body if policy is None else {**body, "policy": policy})

    def calm(self) -> None:
        """End an overload."""
        plan = self.plan
        body = {
            "slots": plan.gateway.slots,
            "handling": plan.gateway.handling.to_dict(),
            "policy": plan.policy,
            "parameters": plan.policy_parameters,
        }
        self._ask("POST", "/switch", body)

    def snapshot(self) -> dict[str, Any]:
        """By account: `wallet` (USDT as text), number of `open_orders`, `positions` (symbol, side, amount and
        entry price as texts); and `state_hash`, which two venues share whose accounts are in one state."""
        return self._ask("GET", "/snapshot", None)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        try:
            return ask(self._process.control, method, path, body)
        except (OSError, VenueError) as error:
            raise ExchangeError(str(error)) from None
