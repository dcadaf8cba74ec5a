"""The control port: loopback, its own listener. Everything but /metrics asks for the token.

GET  /metrics            Prometheus text
GET  /status             how the machine keeps up, what has been counted
GET  /snapshot           balances and positions, and the hash of the engine's state
POST /start  {zero_ns}   count instants from a monotonic instant (all processes of a machine share it),
                         and record the journal if it is not recorded anyway
POST /end                a run has ended: its status, and how the machine kept up goes into the journal
GET  /journal            what has been recorded since, as the journal's own lines
POST /switch {policy, parameters, …}   another policy, capacity or condition from now on: any key that a
             phase of a plan may set (slots, handling, service, deadline_ms, engine, replica_lag_ms…)
POST /seed   {plan}      start over with another plan;  POST /reset: with the same
POST /price  {symbol, price}  move the index, and the house's quotes with it, and mark at once
POST /transfer {account, amount}  money into an account (negative: out of it), USDT as text
POST /restrict {account, code}  refuse its opening orders with -4087, -4400…; 0 lifts it
POST /key    {account, public_key}  an API key whose signatures an Ed25519 or RSA key (PEM) verifies
POST /fault  {fault, account, verb, times, code}  what the next requests of a kind meet
POST /stop               flush the journal and leave

What is answered here is in the journal before it is answered, as on the order port.
"""

from __future__ import annotations

import asyncio
import hmac
from typing import Any

import msgspec
import orjson
from aiohttp import web
from prometheus_client import generate_latest

from mock_exchange.engine.accounts import Account
from mock_exchange.engine.symbols import symbols
from mock_exchange.errors import Refused
from mock_exchange.exposition import CONTENT_TYPE
from mock_exchange.gateway.config import PHASE_KEYS, check_keys
from mock_exchange.gateway.faults import Fault
from mock_exchange.gateway.policies.hooks import PolicyError
from mock_exchange.hosts import is_ours
from mock_exchange.metrics import registry_for
from mock_exchange.plan import TOKEN_HEADER, Phase, Plan
from mock_exchange.succession import Succession
from mock_exchange.watch import LoopWatch
from mock_exchange.wire.live_clock import LiveClock
from mock_exchange.wire.server import ExchangeServer
from run_records.journal import WatchRow
from run_records.lines import RecordsLostError
from run_records.machine import ExchangeReport
from run_records.parts import whole_text
from run_records.scaled import format_money, format_scaled, parse_money, parse_scaled
from run_records.schemas import UnreadableError

_OF_THE_CALLER = (
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    IndexError,
    RecursionError,
    PolicyError,
)
"""What a body makes go wrong that is not what it should be."""


class ControlPort:
    """Handlers over one server; `stopping` is set by POST /stop."""

    def __init__(
        self,
        server: ExchangeServer,
        clock: LiveClock,
        watch: LoopWatch,
        token: str,
        succession: Succession,
    ) -> None:
        self._server = server
        self._clock = clock
        self._watch = watch
        self._token = token
        self._succession = succession
        self._ended = False
        self._registry = registry_for(
            lambda: server.venue, lambda: server.venue.policy_name, watch, server.stream_counts
        )
        self.stopping = asyncio.Event()

    def application(self) -> web.Application:
        app = web.Application(middlewares=[_at_our_name])
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/journal", self._journal)
        for method, path, handler in (
            ("GET", "/status", self._status),
            ("GET", "/snapshot", self._snapshot),
            ("POST", "/start", self._start),
            ("POST", "/end", self._end),
            ("POST", "/switch", self._switch),
            ("POST", "/seed", self._seed),
            ("POST", "/reset", self._reset),
            ("POST", "/price", self._price),
            ("POST", "/transfer", self._transfer),
            ("POST", "/restrict", self._restrict),
            ("POST", "/key", self._key),
            ("POST", "/fault", self._fault),
            ("POST", "/stop", self._stop),
        ):
            app.router.add_route(method, path, self._guarded(handler))
        return app

    def _is_known(self, request: web.Request) -> bool:
        given = request.headers.get(TOKEN_HEADER, "")
        return hmac.compare_digest(given.encode(), self._token.encode())

    def _guarded(self, handler: Any) -> Any:
        async def guarded(request: web.Request) -> web.Response:
            if not self._is_known(request):
                return _json({"error": f"wrong or missing {TOKEN_HEADER}"}, 403)
            try:
                text = await request.read()
                body = orjson.loads(text) if text else {}
                if not isinstance(body, dict):
                    raise ValueError("the body must be a JSON object")
                answer = _json(handler(body))
                await self._server.all_recorded()
                return answer
            except RecordsLostError as error:
                return _json({"error": str(error)}, 500)
            except OSError as error:
                return _json({"error": f"cannot write {error.filename}: {error.strerror}"}, 400)
            except KeyError as error:
                return _json({"error": f"{error.args[0]} is missing, or not known"}, 400)
            except Refused as refusal:
                reason = self._server.venue.gateway.errors[refusal.code].message(*refusal.arguments)
                return _json({"error": f"refused with {refusal.code}: {reason}"}, 400)
            except _OF_THE_CALLER as error:
                return _json({"error": str(error) or type(error).__name__}, 400)

        return guarded

    async def _metrics(self, request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE})

    async def _journal(self, request: web.Request) -> web.StreamResponse:
        if not self._is_known(request):
            return _json({"error": f"wrong or missing {TOKEN_HEADER}"}, 403)
        journal = self._server.venue.journal
        self._server.flush()
        if journal.path is None:
            return _json({"error": "nothing is recorded before POST /start"}, 400)
        try:
            pieces = whole_text(journal.path)
            first = next(pieces)
        except (UnreadableError, OSError) as error:
            return _json({"error": f"the journal is not whole any more: {error}"}, 400)
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(first)
        for piece in pieces:
            await response.write(piece)
        return response

    def _status(self, body: dict[str, Any]) -> dict[str, Any]:
        return self._stands(self._kept_up())

    def _stands(self, kept_up: ExchangeReport) -> dict[str, Any]:
        self._clock.arrive()
        gateway = self._server.venue.gateway
        return {
            **msgspec.structs.asdict(kept_up),
            "in_flight": sum(node.in_flight for node in gateway.backend.nodes),
            "waiting": sum(shard.waiting for shard in gateway.backend.shards),
            "outcomes": [[*key, count] for key, count in gateway.outcomes.counts.items()],
            "stream_consumers": self._server.stream_counts()[0],
            "stream_consumers_dropped": self._server.stream_counts()[1],
            "requests": self._server.requests,
            "requests_by_library": self._server.by_library,
            "malformed_requests": self._server.malformed.count,
            "policy": self._server.venue.policy_name,
            "venue": self._server.venue.plan.gateway.to_dict(),
            "phases": self._server.venue.plan.to_dict()["phases"],
            "prices": self._server.venue.plan.to_dict()["prices"],
            "venue_now": gateway.config.to_dict(),
            "accounts": [account.name for account in self._server.venue.plan.accounts],
        }

    def _end(self, body: dict[str, Any]) -> dict[str, Any]:
        """A run has ended. How the machine has kept up is written down, too, so that whoever has the journal
        can hold the load generator's report of it against that; once, whoever else may say so again."""
        self._clock.arrive()
        kept_up = self._kept_up()
        if not self._ended:
            self._server.venue.journal.append(WatchRow(self._clock.now(), kept_up))
        self._ended = True
        return self._stands(kept_up)

    def _kept_up(self) -> ExchangeReport:
        return ExchangeReport(**self._watch.report(), internal_errors=self._server.internal_errors)

    def _snapshot(self, body: dict[str, Any]) -> dict[str, Any]:
        engine = self._server.venue.engine
        accounts = {
            account.name: {
                "wallet": format_money(account.wallet),
                "open_orders": len(account.orders),
                "positions": [
                    {
                        "symbol": leg.symbol.name,
                        "side": leg.side,
                        "amount": format_scaled(leg.amount, leg.symbol.quantity_precision),
                        "entry": format_scaled(leg.entry_price(), leg.symbol.price_precision),
                    }
                    for leg in account.legs.values()
                    if leg.amount
                ],
            }
            for account in engine.accounts.values()
        }
        return {
            "state_hash": engine.state_hash(),
            "money_conserved": engine.money() == engine.deposits,
            "accounts": accounts,
        }

    def _start(self, body: dict[str, Any]) -> dict[str, Any]:
        self._succession.begin_run(int(body["zero_ns"]))
        self._watch.reset()
        self._ended = False
        return {"started": True}

    def _switch(self, body: dict[str, Any]) -> dict[str, Any]:
        check_keys(body, ("policy", "parameters", *PHASE_KEYS))
        self._clock.arrive()
        venue = self._server.venue
        settings = {key: value for key, value in body.items() if key in PHASE_KEYS}
        config = venue.gateway.config.changed(settings)
        if "policy" in body:
            policy, parameters = body["policy"], body.get("parameters") or {}
            if not isinstance(policy, str) or not isinstance(parameters, dict):
                raise ValueError("policy must be a text, and parameters an object")
            venue.switch_policy(policy, parameters)
        if settings:
            venue.enter(Phase(self._clock.now(), "switched", config))
        return {"switched": sorted(body)}

    def _seed(self, body: dict[str, Any]) -> dict[str, Any]:
        return self._restart(Plan.from_dict(body["plan"]))

    def _reset(self, body: dict[str, Any]) -> dict[str, Any]:
        return self._restart(self._server.venue.plan)

    def _restart(self, plan: Plan) -> dict[str, Any]:
        self._succession.restart(plan)
        return {"seeded": len(plan.accounts)}

    def _price(self, body: dict[str, Any]) -> dict[str, Any]:
        symbol = symbols().get(str(body["symbol"]))
        if symbol is None:
            raise ValueError(f"unknown symbol {body['symbol']!r}")
        price = parse_scaled(str(body["price"]), symbol.price_precision)
        if not symbol.min_price <= price <= symbol.max_price:
            raise ValueError(f"price {body['price']} of {symbol.name} is outside its range")
        self._clock.arrive()
        venue = self._server.venue
        venue.set_price(symbol, price)
        mark = venue.engine.markets[symbol.index].mark
        return {"symbol": symbol.name, "mark": format_scaled(mark, symbol.price_precision)}

    def _transfer(self, body: dict[str, Any]) -> dict[str, Any]:
        self._clock.arrive()
        account = self._account(body)
        self._server.venue.commands.transfer(account, parse_money(str(body["amount"])))
        return {"account": account.name, "wallet": format_money(account.wallet)}

    def _restrict(self, body: dict[str, Any]) -> dict[str, Any]:
        self._clock.arrive()
        account = self._account(body)
        code = int(body["code"])
        if code and code not in self._server.venue.gateway.errors:
            raise ValueError(f"{code} is not known in this epoch")
        self._server.venue.commands.restrict(account, code)
        return {"account": account.name, "restriction": account.restriction}

    def _key(self, body: dict[str, Any]) -> dict[str, Any]:
        account = self._account(body)
        pem = str(body["public_key"])
        api_key = self._server.venue.add_public_key(account, pem)
        if self._succession.state is not None:
            self._succession.state.add_key(account.name, pem)
        return {"account": account.name, "api_key": api_key}

    def _fault(self, body: dict[str, Any]) -> dict[str, Any]:
        gateway = self._server.venue.gateway
        fault = Fault.from_dict(body, gateway.errors)
        if fault.account:
            self._account(body)
        gateway.faults.add(fault)
        return {"fault": fault.name, "times": fault.times}

    def _account(self, body: dict[str, Any]) -> Account:
        account = self._server.venue.engine.accounts.get(str(body["account"]))
        if account is None:
            raise ValueError(f"unknown account {body['account']!r}")
        return account

    def _stop(self, body: dict[str, Any]) -> dict[str, Any]:
        self._clock.arrive()
        self._server.venue.close_books()
        self._server.flush()
        self.stopping.set()
        return {"stopping": True}


@web.middleware
async def _at_our_name(request: web.Request, handler: Any) -> web.StreamResponse:
    """A page of another site must not read here what it has let its own name resolve to."""
    if not is_ours(request.host):
        return _json({"error": f"the control port is not known as {request.host!r}"}, 403)
    answer: web.StreamResponse = await handler(request)
    return answer


def _json(body: dict[str, Any], status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")
