"""What a market looks like from outside: prices, depth, deviation, open interest, liquidations, the phase."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import Metric

from mock_exchange.engine.requests import BUY, SELL
from mock_exchange.engine.symbols import RATIO_UNIT, Symbol
from mock_exchange.exposition import counter, gauge
from mock_exchange.gauges import depth, deviation
from mock_exchange.venue import Venue
from run_records.scaled import MONEY_UNIT


def market_families(venue: Venue) -> Iterator[Metric]:
    symbols = venue.traded_symbols()
    yield from _prices(venue, symbols)
    yield from _positions(venue, symbols)
    yield counter(
        "fireexit_exchange_liquidation_orders",
        "Orders forced on accounts below maintenance margin.",
        ("symbol",),
        (((name,), count) for name, count in venue.commands.forced.items()),
    )
    name, at_ms = venue.phase
    yield gauge(
        "fireexit_exchange_phase_started_timestamp_seconds",
        "When the phase in force began.",
        ("phase",),
        (((name,), at_ms / 1000),),
    )


def _prices(venue: Venue, symbols: list[Symbol]) -> Iterator[Metric]:
    markets = [venue.engine.markets[symbol.index] for symbol in symbols]
    for kind, what in (
        ("index", "Price elsewhere, USDT."),
        ("mark", "Mark price, USDT."),
        ("last", "Price of the last trade, USDT; 0 before the first."),
    ):
        yield gauge(
            f"fireexit_exchange_{kind}_price",
            what,
            ("symbol",),
            (
                ((market.symbol.name,), (getattr(market, kind) or 0) / 10**market.symbol.price_precision)
                for market in markets
            ),
        )
    yield gauge(
        "fireexit_exchange_depth_usdt",
        "Notional resting within 1 % of the index.",
        ("symbol", "side"),
        (
            ((market.symbol.name, name), depth(market, side) / MONEY_UNIT)
            for market in markets
            for name, side in (("bid", BUY), ("ask", SELL))
        ),
    )
    yield gauge(
        "fireexit_exchange_deviation_ratio",
        "Last price against the index; negative below.",
        ("symbol",),
        (((market.symbol.name,), deviation(market) / RATIO_UNIT) for market in markets),
    )


def _positions(venue: Venue, symbols: list[Symbol]) -> Iterator[Metric]:
    """Longs and shorts are equal in sum; positions one by one only for accounts under watch."""
    longs = {symbol.name: 0 for symbol in symbols}
    watched: list[tuple[tuple[str, str, str], float]] = []
    names = {account.name for account in venue.plan.accounts if account.watched}
    for account in venue.engine.accounts.values():
        for leg in account.legs.values():
            unit = 10**leg.symbol.quantity_precision
            if leg.amount > 0:
                longs[leg.symbol.name] = longs.get(leg.symbol.name, 0) + leg.amount
            if account.name in names:
                watched.append(((account.name, leg.symbol.name, leg.side), leg.amount / unit))
    precision = {symbol.name: 10**symbol.quantity_precision for symbol in symbols}
    yield gauge(
        "fireexit_exchange_open_interest",
        "Sum of all long positions, contracts.",
        ("symbol",),
        (((name,), amount / precision[name]) for name, amount in longs.items() if name in precision),
    )
    yield gauge(
        "fireexit_exchange_position",
        "Positions of accounts under watch, contracts.",
        ("account", "symbol", "side"),
        watched,
    )
    yield gauge(
        "fireexit_exchange_equity_usdt",
        "Wallet and unrealised profit of accounts under watch.",
        ("account",),
        (
            ((name,), (account.wallet + account.unrealized()) / MONEY_UNIT)
            for name in sorted(names)
            if (account := venue.engine.accounts[name])
        ),
    )
