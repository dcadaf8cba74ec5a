"""What a gateway says of itself: outcomes, capacity in use, queues, limits in force, exits that are shut."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from prometheus_client.core import Metric

from mock_exchange.errors import meaning_of
from mock_exchange.exposition import counter, gauge, histogram
from mock_exchange.gateway.gateway import Gateway
from mock_exchange.gateway.policies.hooks import PolicyError
from mock_exchange.venue import Venue
from run_records.words import CLASSES, ENGINE_STAGES, NO_CAPACITY, Meaning, Stage

_LIMITS = {-1003: "request_weight", -1015: "orders"}
"""Which limit a refusal speaks of."""


def gateway_families(venue: Venue, policy: str) -> Iterator[Metric]:
    gateway = venue.gateway
    counts = gateway.outcomes.counts
    yield counter(
        "fireexit_exchange_outcomes",
        "Requests by the stage that ended them, class, code (0: success) and what that means: accepted, "
        "capacity, rate-limit, refused.",
        ("stage", "class", "code", "outcome"),
        (
            ((stage, klass, str(code), _meaning(stage, code)), count)
            for (stage, klass, code), count in counts.items()
        ),
    )
    yield from _messages(gateway)
    yield from _capacity(gateway)
    yield from _queues(gateway)
    yield from _latency(gateway)
    yield from _policy(gateway, policy)
    yield from _limits(gateway)
    yield from _exits(venue)


def _meaning(stage: Stage, code: int) -> str:
    """A rate limit's code at admission is a shed in disguise."""
    if code == 0:
        return "accepted"
    meaning = meaning_of(0, code)
    limited = meaning is Meaning.LIMITED
    if meaning in NO_CAPACITY or (limited and stage is Stage.ADMISSION):
        return "capacity"
    return "rate-limit" if limited else "refused"


def _messages(gateway: Gateway) -> Iterator[Metric]:
    """Received, passed on and rejected by element; what holds a slot has been received and not ended."""
    counts = gateway.outcomes.counts
    in_flight = sum(node.in_flight for node in gateway.backend.nodes)
    handed = sum(shard.arrivals for shard in gateway.backend.shards)
    ended = {True: 0, False: 0}
    rejected = {True: 0, False: 0}
    for (stage, _, code), count in counts.items():
        in_engine = stage in ENGINE_STAGES
        ended[in_engine] += count
        rejected[in_engine] += count if code else 0
    elements: tuple[tuple[str, str, dict[str, int]], ...] = (
        (
            "received",
            "Messages that reached an element.",
            {"gateway": ended[True] + ended[False] + in_flight, "engine": handed},
        ),
        (
            "sent",
            "Messages that an element passed on: the gateway to the engine, the engine as acceptances.",
            {"gateway": handed, "engine": ended[True] - rejected[True]},
        ),
        (
            "rejected",
            "Messages that an element refused.",
            {"gateway": rejected[False], "engine": rejected[True]},
        ),
    )
    for direction, what, values in elements:
        yield counter(
            f"fireexit_exchange_messages_{direction}",
            what,
            ("element",),
            (((element,), value) for element, value in values.items()),
        )


def _capacity(gateway: Gateway) -> Iterator[Metric]:
    nodes = gateway.backend.nodes
    yield gauge(
        "fireexit_exchange_slots",
        "Slots of a node.",
        ("node",),
        (((str(node.number),), node.slots) for node in nodes),
    )
    yield gauge(
        "fireexit_exchange_in_flight",
        "Attempts holding a slot.",
        ("node",),
        (((str(node.number),), node.in_flight) for node in nodes),
    )
    yield counter(
        "fireexit_exchange_busy_seconds",
        "Service time given out by a station.",
        ("station",),
        (((station.name,), station.busy_ns / 1e9) for station in gateway.backend.stations),
    )


def _queues(gateway: Gateway) -> Iterator[Metric]:
    """Who waits at which station, and for how long the first of them has."""
    now = gateway.clock.now()
    depths: list[tuple[tuple[str, str], float]] = []
    ages: list[tuple[tuple[str, str], float]] = []
    for station in gateway.backend.stations:
        waiting = dict.fromkeys(CLASSES, 0)
        oldest = dict.fromkeys(CLASSES, now)
        for attempt in station.line():
            waiting[attempt.request.klass] += 1
            oldest[attempt.request.klass] = min(oldest[attempt.request.klass], attempt.queued)
        for klass in CLASSES:
            depths.append(((station.name, klass), waiting[klass]))
            ages.append(((station.name, klass), (now - oldest[klass]) / 1e9))
    yield gauge(
        "fireexit_exchange_queue_depth", "Attempts waiting at a station.", ("station", "class"), depths
    )
    yield gauge(
        "fireexit_exchange_queue_oldest_seconds",
        "How long the oldest of them has waited.",
        ("station", "class"),
        ages,
    )


def _latency(gateway: Gateway) -> Iterator[Metric]:
    outcomes = gateway.outcomes
    yield histogram(
        "fireexit_exchange_gateway_to_engine_seconds",
        "Admission to start of service.",
        ("class",),
        (((klass,), found) for klass, found in outcomes.queue_wait.items()),
    )
    yield histogram(
        "fireexit_exchange_gateway_seconds",
        "Admission to answer.",
        ("class",),
        (((klass,), found) for klass, found in outcomes.time_in_gateway.items()),
    )


def _policy(gateway: Gateway, name: str) -> Iterator[Metric]:
    try:
        thresholds = gateway.backend.boundary.gauges()
    except PolicyError as error:  # the page is worth more than a policy's own numbers
        logging.getLogger(__name__).warning("%s", error)
        thresholds = {}
    yield gauge("fireexit_exchange_policy", "The admission policy in force.", ("policy",), (((name,), 1),))
    yield gauge(
        "fireexit_exchange_policy_threshold",
        "What a policy decides by, as it stands.",
        ("policy", "name"),
        (((name, what), value) for what, value in thresholds.items()),
    )


def _limits(gateway: Gateway) -> Iterator[Metric]:
    limits = gateway.config.limits
    yield gauge(
        "fireexit_exchange_limit",
        "Rate limits in force: weight by address, orders by account.",
        ("limit",),
        (
            (("request_weight_1m",), limits.weight_per_minute),
            (("orders_10s",), limits.orders_per_10s),
            (("orders_1m",), limits.orders_per_minute),
        ),
    )
    refused = dict.fromkeys(_LIMITS.values(), 0)
    for (stage, _, code), count in gateway.outcomes.counts.items():
        if code in _LIMITS and stage is not Stage.ADMISSION:
            refused[_LIMITS[code]] += count
    yield counter(
        "fireexit_exchange_rate_limited",
        "Requests that a rate limit refused.",
        ("limit",),
        (((limit,), count) for limit, count in refused.items()),
    )
    yield counter(
        "fireexit_exchange_bans",
        "Addresses banned for going on after 429.",
        (),
        (((), gateway.weights.banned),),
    )
    yield gauge(
        "fireexit_exchange_banned_addresses",
        "Addresses that are banned now.",
        (),
        (((), gateway.weights.banned_at(gateway.clock.epoch_ms())),),
    )


def _exits(venue: Venue) -> Iterator[Metric]:
    """Positions whose latest order to reduce was not accepted, and which are still there."""
    now = venue.clock.now()
    shut = venue.gateway.outcomes.shut_exits
    for where, (_, account, symbol) in list(shut.items()):
        if not account.holds(symbol):
            del shut[where]  # gone another way: filled late, liquidated
    since = [at for at, _, _ in shut.values()]
    yield gauge(
        "fireexit_exchange_reduce_intents_outstanding",
        "Positions whose latest order to reduce was not accepted.",
        (),
        (((), len(since)),),
    )
    yield gauge(
        "fireexit_exchange_reduce_intent_oldest_seconds",
        "How long the first of them has found no way out.",
        (),
        (((), (now - min(since, default=now)) / 1e9),),
    )
