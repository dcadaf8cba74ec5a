"""The stages a request passes, in order:

edge -> IP weight -> authentication -> parameters -> order limit (checked) -> admission ->
order limit (counted: sheds are not) -> backend link -> replica -> collateral -> engine queue -> risk ->
match.

Each stage passes the request on or ends it with one answer. Queries end after parameters: they read
state and take no capacity, since the venue's overload protection speaks of order verbs only. From the order
limit on an order verb is an attempt (`attempts`), which `entry` lets in and `backend` works on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mock_exchange.clock import Clock
from mock_exchange.commands import Commands
from mock_exchange.errors import NGINX_503, SERVICE_UNAVAILABLE, Refused, error_table
from mock_exchange.gateway.attempt import Answer, Call, Respond
from mock_exchange.gateway.attempts import Attempts
from mock_exchange.gateway.authentication import Authenticator
from mock_exchange.gateway.backend import Backend
from mock_exchange.gateway.boundary import Boundary, Nobody
from mock_exchange.gateway.conditions import GONE, REFUSING, UP
from mock_exchange.gateway.config import GatewayConfig
from mock_exchange.gateway.countdown import Countdown
from mock_exchange.gateway.endpoints import KEY, OPEN, Route
from mock_exchange.gateway.entry import Entry
from mock_exchange.gateway.faults import Faults
from mock_exchange.gateway.limits import OrderLimiter, WeightLimiter
from mock_exchange.gateway.listen_keys import ListenKeys
from mock_exchange.gateway.outcomes import Outcomes
from mock_exchange.gateway.parts import Parts, Special
from mock_exchange.gateway.policies import close_policy
from mock_exchange.gateway.policies.hooks import Policy
from mock_exchange.journal import Journal
from mock_exchange.randomness import stream
from run_records.words import QUERY, Cause, Stage

_FRONT_END_CODES: Final = {UP: 0, REFUSING: SERVICE_UNAVAILABLE, GONE: NGINX_503}


class AtTheEdge(Refused):
    """No endpoint, or no venue behind it."""

    def __init__(self, code: int, cause: Cause = Cause.CLIENT) -> None:
        super().__init__(code)
        self.stage = Stage.EDGE
        self.cause = cause


class Gateway:
    """`submit` a call; `respond` is called exactly once, at once or when the venue's clock says so.
    A policy must be installed first."""

    def __init__(
        self,
        commands: Commands,
        clock: Clock,
        config: GatewayConfig,
        journal: Journal,
        routes: Mapping[tuple[str, str], Route],
        seed: int,
        special: Special | None = None,
        parts: Parts | None = None,
    ) -> None:
        self.commands = commands
        self.engine = commands.engine
        self.clock = clock
        self._epoch = config.epoch
        self.errors = error_table(config.epoch)
        self.routes = routes
        self.keys = Authenticator()
        self.weights = WeightLimiter(config.limits.weight_per_minute)
        self.orders = OrderLimiter(config.limits)
        self.outcomes = Outcomes(commands.engine, journal, config.shards)
        parts = parts or Parts()
        self.backend = Backend(
            commands, clock, config, self.outcomes, self.orders, seed, special or Special(), parts
        )
        lies = stream(seed, "venue", "lies")
        self.entry = Entry(self.backend, self.orders, self.outcomes, self.errors, lies, parts)
        self.attempts = Attempts(self.engine, clock, self.backend, self.entry, self.outcomes, config.epoch)
        self.countdown = Countdown(commands, clock)
        self.listen_keys = ListenKeys(seed)
        self._configure(config)

    @property
    def faults(self) -> Faults:
        return self.entry.faults

    def install(self, policy: Policy) -> None:
        """Admit and serve by this policy from now on. Raises PolicyError; then the one before goes on."""
        before = self.backend.boundary.policy
        boundary = Boundary(self.backend.around_policy, policy)
        self.backend.obey(boundary)
        self.entry.decide = boundary.decide
        if before is not policy and not isinstance(before, Nobody):
            close_policy(before)

    def close(self) -> None:
        """Nothing will be submitted any more: a policy in a process of its own ends."""
        close_policy(self.backend.boundary.policy)

    def adopt(self, config: GatewayConfig) -> None:
        """Change capacity and conditions from now on."""
        self._configure(config)
        self.backend.adopt(config)

    def _configure(self, config: GatewayConfig) -> None:
        self.config = config
        self._front_end_code = _FRONT_END_CODES[config.conditions.front_end]
        self.entry.lying_share = config.conditions.lying_share

    def submit(self, call: Call, respond: Respond) -> None:
        call.epoch_ms = self.clock.epoch_ms()
        try:
            route = call.route = self.routes.get((call.method, call.path))
            if self._front_end_code:
                raise AtTheEdge(self._front_end_code, Cause.FRONT_END)
            if route is None:
                raise AtTheEdge(-1099)
            weight = route.weight
            if not isinstance(weight, int):
                weight = weight(call.params)
            call.used_weight = self.weights.charge(call.ip, weight, call.epoch_ms)
            if call.account is None and route.security is not OPEN:
                self._authenticate(call, route)
            call.asked = route.read(call.params, self._epoch, call.epoch_ms, call.deadline_ms)
            if route.answer is None:
                self.attempts.take(call, route.verb, respond)
                return
            answer = Answer(200, 0, route.answer(self, call.account, call.asked))
            self.outcomes.count(Stage.ANSWERED, QUERY, 0)
            self._note_question(call, 200, Cause.NONE)
        except Refused as refusal:
            answer = self._turn_away(call, refusal)
        respond(answer)

    def _authenticate(self, call: Call, route: Route) -> None:
        if route.security is KEY:
            call.account = self.keys.credential(call).account
        else:
            call.account = self.keys.authenticate(call, call.epoch_ms)

    def _turn_away(self, call: Call, refusal: Refused) -> Answer:
        """The answer to a request that has not become an attempt, recorded."""
        stage, cause = refusal.stage, refusal.cause
        call.retry_after = refusal.retry_after
        call.used_weight = self.weights.used(call.ip, call.epoch_ms)
        if stage is Stage.IP_WEIGHT and call.account is None:
            call.account = self.keys.owner(call.api_key)  # not authenticated yet; for the records
        answer = self.entry.answer(refusal)
        is_verb = call.route is not None and call.route.answer is None
        if not is_verb:
            self._note_question(call, answer.http, cause)
        self.outcomes.record_early(call, self.clock.now(), stage, answer, is_verb, cause)
        return answer

    def _note_question(self, call: Call, http: int, cause: Cause) -> None:
        """Who asks about an account of their own is journaled, whatever the answer."""
        route, account = call.route, call.account
        if route is not None and account is not None and route.security is not OPEN:
            self.outcomes.journal_query(
                account, self.clock.now(), call, http, cause, tells_of_orders=route.tells_of_orders
            )
