"""GET /fapi/v1/exchangeInfo: symbols, filters and rate limits as the venue lists them."""

from __future__ import annotations

from typing import Any

from mock_exchange.engine.filters import MAX_OPEN_ORDERS
from mock_exchange.engine.symbols import Symbol, symbols
from mock_exchange.gateway.config import Limits

ONBOARD_DATE = 1_569_398_400_000
DELIVERY_DATE = 4_133_404_800_000


def exchange_info(limits: Limits, server_time: int) -> dict[str, Any]:
    return {
        "timezone": "UTC",
        "serverTime": server_time,
        "futuresType": "U_MARGINED",
        "rateLimits": rate_limits(limits),
        "exchangeFilters": [],
        "assets": [{"asset": "USDT", "marginAvailable": True, "autoAssetExchange": "-10000"}],
        "symbols": [_symbol(symbol) for symbol in symbols().values()],
    }


def rate_limits(limits: Limits) -> list[dict[str, Any]]:
    def row(kind: str, interval: str, number: int, limit: int) -> dict[str, Any]:
        return {"rateLimitType": kind, "interval": interval, "intervalNum": number, "limit": limit}

    return [
        row("REQUEST_WEIGHT", "MINUTE", 1, limits.weight_per_minute),
        row("ORDERS", "MINUTE", 1, limits.orders_per_minute),
        row("ORDERS", "SECOND", 10, limits.orders_per_10s),
    ]


def _symbol(symbol: Symbol) -> dict[str, Any]:
    return {
        "symbol": symbol.name,
        "pair": symbol.name,
        "contractType": "PERPETUAL",
        "deliveryDate": DELIVERY_DATE,
        "onboardDate": ONBOARD_DATE,
        "status": "TRADING",
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": symbol.base,
        "quoteAsset": "USDT",
        "marginAsset": "USDT",
        "pricePrecision": symbol.price_precision,
        "quantityPrecision": symbol.quantity_precision,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "triggerProtect": symbol.texts["trigger_protect"],
        "liquidationFee": symbol.texts["liquidation_fee"],
        "marketTakeBound": symbol.texts["market_take_bound"],
        "maxMoveOrderLimit": 10000,
        "filters": _filters(symbol.texts),
        "orderTypes": ["LIMIT", "MARKET"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
    }


def _filters(texts: dict[str, str]) -> list[dict[str, Any]]:
    def lot(kind: str, largest: str) -> dict[str, Any]:
        return {
            "filterType": kind,
            "minQty": texts["min_quantity"],
            "maxQty": texts[largest],
            "stepSize": texts["step"],
        }

    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": texts["min_price"],
            "maxPrice": texts["max_price"],
            "tickSize": texts["tick"],
        },
        lot("LOT_SIZE", "max_quantity"),
        lot("MARKET_LOT_SIZE", "market_max_quantity"),
        {"filterType": "MAX_NUM_ORDERS", "limit": MAX_OPEN_ORDERS},
        {"filterType": "MIN_NOTIONAL", "notional": texts["min_notional"]},
        {
            "filterType": "PERCENT_PRICE",
            "multiplierUp": texts["multiplier_up"],
            "multiplierDown": texts["multiplier_down"],
            "multiplierDecimal": "4",
        },
    ]
