"""The stages a request passes, in order:

edge -> IP weight -> authentication -> parameters -> order limit (checked) -> admission ->
order limit (counted: sheds are not) -> backend link -> replica -> collateral -> engine queue -> risk ->
match.

Each stage passes the request on or ends it with one answer. Queries end after parameters: they read
state and take no capacity, since the venue's overload protection speaks of order verbs only.
"""

from __future__ import annotations

from binascii import crc32
from collections.abc import Mapping

from mock_exchange.clock import Clock
from mock_exchange.commands import Commands
from mock_exchange.engine.accounts import Account
from mock_exchange.engine.filters import claims_to_reduce
from mock_exchange.engine.requests import AmendRequest, OrderRequest
from mock_exchange.errors import (
    NGINX_503,
    SERVICE_UNAVAILABLE,
    THROTTLED,
    Refused,
    error_table,
)
from mock_exchange.gateway import parameters
from mock_exchange.gateway.attempt import Answer, Attempt, Call, OrderVerb, Respond
from mock_exchange.gateway.authentication import Authenticator
from mock_exchange.gateway.backend import Backend
from mock_exchange.gateway.conditions import GONE, REFUSING, UP
from mock_exchange.gateway.config import GatewayConfig
from mock_exchange.gateway.countdown import Countdown
from mock_exchange.gateway.endpoints import (
    AMEND,
    BATCH,
    BATCH_AMEND,
    BATCH_CANCEL,
    CANCEL_ALL,
    CANCEL_ONE,
    KEY,
    OPEN,
    ORDER,
    TEST,
    Route,
    check_params,
)
from mock_exchange.gateway.faults import Faults
from mock_exchange.gateway.gather import Gather
from mock_exchange.gateway.limits import OrderLimiter, WeightLimiter
from mock_exchange.gateway.listen_keys import ListenKeys
from mock_exchange.gateway.nodes import Node
from mock_exchange.gateway.outcomes import Outcomes
from mock_exchange.gateway.policies import ADMIT, EVICT, Policy
from mock_exchange.gateway.policies.hooks import Hooks, World
from mock_exchange.gateway.stations import PRIORITIES
from mock_exchange.journal import Journal
from mock_exchange.randomness import stream
from run_records.words import CANCEL, OPENING, QUERY, REDUCING, Cause, Class, Stage

BATCH_ORDERS_IN_10S = 5
_EDGE, _IP_WEIGHT, _AUTHENTICATION, _PARAMETERS, _ADMISSION = (
    Stage.EDGE, Stage.IP_WEIGHT, Stage.AUTHENTICATION, Stage.PARAMETERS, Stage.ADMISSION,
)  # fmt: skip
_CLIENT, _NODE_SLOTS = Cause.CLIENT, Cause.NODE_SLOTS
"""What every request passes: a global name costs a third of an attribute of an enum."""
_FRONT_END_CODES = {UP: 0, REFUSING: SERVICE_UNAVAILABLE, GONE: NGINX_503}


class Gateway:
    """`submit` a call; `respond` is called exactly once, at once or when the venue's clock says so."""

    def __init__(
        self,
        commands: Commands,
        clock: Clock,
        config: GatewayConfig,
        policy: Policy,
        journal: Journal,
        routes: Mapping[tuple[str, str], Route],
        seed: int,
    ) -> None:
        self.commands = commands
        self.engine = engine = commands.engine
        self.clock = clock
        self.config = config
        self.errors = error_table(config.epoch)
        self.routes = routes
        self._seed = seed
        self._lies = stream(seed, "venue", "lies")
        self.keys = Authenticator()
        self.weights = WeightLimiter(config.limits.weight_per_minute)
        self.orders = OrderLimiter(config.limits)
        self.outcomes = Outcomes(engine, journal, config.shards)
        self.backend = Backend(commands, clock, config, self.outcomes, self.orders, seed)
        self.countdown = Countdown(commands, clock)
        self.listen_keys = ListenKeys(seed)
        self.faults = Faults()
        self._front_end_down = _FRONT_END_CODES[config.conditions.front_end]
        self.install(policy)

    def install(self, policy: Policy) -> None:
        """Admit and serve by this policy from now on."""
        self.policy = policy
        self.hooks = hooks = Hooks(policy)
        if hooks.attach is not None:
            hooks.attach(World(self.clock, stream(self._seed, "policy"), self.backend.nodes))
        self.backend.obey(hooks)

    def adopt(self, config: GatewayConfig) -> None:
        """Change capacity and conditions from now on."""
        self.config = config
        self._front_end_down = _FRONT_END_CODES[config.conditions.front_end]
        self.backend.adopt(config)

    def submit(self, call: Call, respond: Respond) -> None:
        epoch_ms = call.epoch_ms = self.clock.epoch_ms()
        stage, cause = _EDGE, _CLIENT
        route = self.routes.get((call.method, call.path))
        try:
            if self._front_end_down:
                cause = Cause.FRONT_END
                raise Refused(self._front_end_down)
            if route is None:
                raise Refused(-1099)
            stage = _IP_WEIGHT
            weight = route.weight if isinstance(route.weight, int) else route.weight(call.params)
            call.used_weight = self.weights.charge(call.ip, weight, epoch_ms)
            stage = _AUTHENTICATION
            account = call.account
            if account is None and route.security is not OPEN:
                account = call.account = self._authenticate(call, route, epoch_ms)
            stage = _PARAMETERS
            if route.answer is not None:
                check_params(route, call.params)
                answer = Answer(200, 0, route.answer(self, account, call.params))
                self.outcomes.count(Stage.ANSWERED, QUERY, 0)
                self._note_question(route, account, call, 200, Cause.NONE)
            else:
                assert account is not None
                self._order_verb(call, account, route.verb, respond)
                return
        except Refused as refusal:
            call.retry_after = refusal.retry_after
            call.used_weight = self.weights.used(call.ip, epoch_ms)
            answer = self._refusal(refusal)
            is_verb = route is not None and route.answer is None
            if stage is Stage.IP_WEIGHT and call.account is None:
                call.account = self.keys.owner(call.api_key)
            if stage is Stage.IP_WEIGHT:
                cause = Cause.BAN if answer.http == 418 else Cause.RATE_LIMIT
            if route is not None and not is_verb:
                self._note_question(route, call.account, call, answer.http, cause)
            self.outcomes.record_early(call, self.clock.now(), stage, answer, is_verb, cause)
        respond(answer)

    def _note_question(
        self, route: Route, account: Account | None, call: Call, http: int, cause: Cause
    ) -> None:
        """Who asks about an account of their own is journaled, whatever the answer."""
        if account is not None and route.security is not OPEN:
            self.outcomes.journal_query(
                account, self.clock.now(), call, http, cause, tells_of_orders=route.tells_of_orders
            )

    def _authenticate(self, call: Call, route: Route, epoch_ms: int) -> Account:
        if route.security is KEY:
            return self.keys.credential(call).account
        return self.keys.authenticate(call, epoch_ms)

    def _refusal(self, refusal: Refused) -> Answer:
        http = refusal.http if refusal.http is not None else self.errors[refusal.code].http
        answer = Answer(http, refusal.code)
        answer.arguments = refusal.arguments
        answer.variant = refusal.variant
        return answer

    # -- order verbs ------------------------------------------------------------------------------

    def _order_verb(self, call: Call, account: Account, verb: str, respond: Respond) -> None:
        """Parse, then enter. Refused for bad parameters while nothing has been entered yet."""
        request: OrderVerb
        if verb is ORDER:
            request = self._order_or_amendment(call, call.params, amends=False)
            attempt = self._attempt(call, 0, account, request, respond)
            self._enter(attempt, counts=True)
        elif verb is BATCH or verb is BATCH_AMEND:
            self._batch(call, account, verb, respond)
        elif verb is BATCH_CANCEL:
            self._batch_cancel(call, account, respond)
        else:
            request = self._other_verb(call, verb)
            attempt = self._attempt(call, 0, account, request, respond)
            attempt.is_test = verb is TEST
            self._enter(attempt, counts=verb is AMEND)

    def _enter(self, attempt: Attempt, *, counts: bool) -> None:
        """Order limit, admission, backend; or what a script has in store for it."""
        fault = self.faults.first_for(attempt) if self.faults.waiting else None
        if fault is not None and not fault.executes:
            self.faults.use(fault)
            self._end(attempt, Stage.SCRIPTED, self._refusal(Refused(fault.code)), Cause.SCRIPT)
            return
        if (not counts or self._passes_order_limit(attempt, 1, 1)) and self._admit(attempt):
            if counts:
                call = attempt.call
                call.order_counts = self.orders.count(attempt.account.number, call.epoch_ms)
                attempt.counted = True
            if fault is None:
                self.backend.take(attempt)
            else:
                self.faults.use(fault)
                self.backend.take_silently(
                    attempt, self._refusal(Refused(fault.code)), Stage.SCRIPTED, Cause.SCRIPT
                )

    def _other_verb(self, call: Call, verb: str) -> OrderVerb:
        if verb is CANCEL_ONE:
            return parameters.parse_cancel(call.params)
        if verb is CANCEL_ALL:
            return parameters.parse_cancel_all(call.params)
        return self._order_or_amendment(call, call.params, amends=verb is AMEND)

    def _order_or_amendment(self, call: Call, params: dict[str, str], *, amends: bool) -> OrderVerb:
        """From the call's own parameters, or from those of one leg of its batch."""
        epoch = self.config.epoch
        if amends:
            return parameters.parse_amend(params, epoch, call.deadline_ms)
        return parameters.parse_order(params, epoch, call.epoch_ms, call.deadline_ms)

    def _batch(self, call: Call, account: Account, verb: str, respond: Respond) -> None:
        """Decided leg by leg; each admitted leg holds a slot. The answer lists the legs in order."""
        legs = parameters.parse_batch(call.params)
        gather = Gather(len(legs), respond)
        admitted = []
        for number, params in enumerate(legs):
            answered = gather.leg(number)
            try:
                request = self._order_or_amendment(call, params, amends=verb is BATCH_AMEND)
            except Refused as refusal:
                answer = self._refusal(refusal)
                self.outcomes.record_early(
                    call, self.clock.now(), Stage.PARAMETERS, answer, True, Cause.CLIENT, number
                )
                answered(answer)
                continue
            attempt = self._attempt(call, number, account, request, answered)
            if self._passes_order_limit(attempt, BATCH_ORDERS_IN_10S, 1) and self._admit(attempt):
                admitted.append(attempt)
                self.backend.hold(attempt)
        call.legs_counted = len(admitted)
        for attempt in admitted:
            attempt.counted = True
        if admitted:
            call.order_counts = self.orders.count(account.number, call.epoch_ms, BATCH_ORDERS_IN_10S, 1)
        for attempt in admitted:
            self.backend.start(attempt)

    def _batch_cancel(self, call: Call, account: Account, respond: Respond) -> None:
        """Cancels of one request, each admitted by itself; they count against no order limit."""
        requests = parameters.parse_batch_cancel(call.params)
        gather = Gather(len(requests), respond)
        for number, request in enumerate(requests):
            attempt = self._attempt(call, number, account, request, gather.leg(number))
            if self._admit(attempt):
                self.backend.take(attempt)

    def _attempt(self, call: Call, leg: int, account: Account, verb: OrderVerb, respond: Respond) -> Attempt:
        klass: Class = CANCEL
        truly = False
        if isinstance(verb, OrderRequest):
            klass = OPENING
            if claims_to_reduce(verb):
                klass = REDUCING
                truly = self.engine.truly_reducing(account, verb)
        elif isinstance(verb, AmendRequest):
            order = account.orders.get(verb.order_id) or account.client_orders.get(verb.client_id)
            truly = order is not None and order.reduce_only
            klass = REDUCING if truly else OPENING
        attempt = Attempt(call, leg, account, verb, klass, self.clock.now(), respond)
        attempt.truly = truly
        attempt.node = self._node_of(call.ip)
        return attempt

    def _node_of(self, ip: str) -> Node:
        """Connections to a lost node come back on the others; those to others stay where they are."""
        nodes = self.backend.nodes
        if len(nodes) == 1:
            return nodes[0]
        node = nodes[node_number(ip, len(nodes))]
        alive = self.backend.alive
        return alive[node_number(ip, len(alive))] if node.lost else node

    def _passes_order_limit(self, attempt: Attempt, in_ten: int, in_minute: int) -> bool:
        try:
            self.orders.check(attempt.account.number, attempt.call.epoch_ms, in_ten, in_minute)
        except Refused as refusal:
            self._end(attempt, Stage.ORDER_LIMIT, self._refusal(refusal), Cause.RATE_LIMIT)
            return False
        return True

    def _admit(self, attempt: Attempt) -> bool:
        policy = self.policy
        attempt.priority = priority = policy.priority(attempt)
        if not 0 <= priority < PRIORITIES:
            raise ValueError(f"priority {priority!r} is not from 0 to {PRIORITIES - 1}")
        decision = policy.admit(attempt, attempt.node)
        if decision == ADMIT:
            return True
        if decision == EVICT:
            if self.backend.evict_for(attempt):
                return True
            decision = THROTTLED
        answer = _SHED if decision == THROTTLED else self._refusal(Refused(decision))
        lying = self.config.conditions.lying_share
        if lying and not attempt.is_test and self._lies.random() < lying:
            self.backend.take_silently(attempt, answer, Stage.ADMISSION, Cause.LYING)
        else:
            self._end(attempt, _ADMISSION, answer, _NODE_SLOTS)
        return False

    def _end(self, attempt: Attempt, stage: Stage, answer: Answer, cause: Cause) -> None:
        attempt.settled = True
        attempt.cause = cause
        self.outcomes.record(attempt, self.clock.now(), stage, answer.http, answer.code)
        attempt.respond(answer)


_SHED = Answer(503, THROTTLED)


def node_number(ip: str, nodes: int) -> int:
    """The node that serves a source address: connections are spread by address, here as in simulation."""
    return crc32(ip.encode()) % nodes
