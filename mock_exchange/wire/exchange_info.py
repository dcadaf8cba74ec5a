"""GET /fapi/v1/exchangeInfo: symbols, filters and rate limits as the venue lists them."""

from __future__ import annotations

from typing import Any

from mock_exchange.engine.filters import MAX_CONDITIONAL_ORDERS, MAX_OPEN_ORDERS
from mock_exchange.engine.requests import CONDITIONAL_KINDS
from mock_exchange.engine.symbols import Symbol, symbols
from mock_exchange.errors import EPOCH_INCIDENT
from mock_exchange.gateway.config import GatewayConfig, Limits

ONBOARD_DATE = 1_569_398_400_000
DELIVERY_DATE = 4_133_404_800_000


def exchange_info(config: GatewayConfig, server_time: int) -> dict[str, Any]:
    """Conditional orders are announced only where their epoch takes them here."""
    conditional = config.epoch == EPOCH_INCIDENT
    return {
        "timezone": "UTC",
        "serverTime": server_time,
        "futuresType": "U_MARGINED",
        "rateLimits": rate_limits(config.limits),
        "exchangeFilters": [],
        "assets": [{"asset": "USDT", "marginAvailable": True, "autoAssetExchange": "-10000"}],
        "symbols": [_symbol(symbol, conditional) for symbol in symbols().values()],
    }


def rate_limits(limits: Limits) -> list[dict[str, Any]]:
    def row(kind: str, interval: str, number: int, limit: int) -> dict[str, Any]:
        return {"rateLimitType": kind, "interval": interval, "intervalNum": number, "limit": limit}

    return [
        row("REQUEST_WEIGHT", "MINUTE", 1, limits.weight_per_minute),
        row("ORDERS", "MINUTE", 1, limits.orders_per_minute),
        row("ORDERS", "SECOND", 10, limits.orders_per_10s),
    ]


def _symbol(symbol: Symbol, conditional: bool) -> dict[str, Any]:
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
        "filters": _filters(symbol.texts, conditional),
        "orderTypes": ["LIMIT", "MARKET", *(CONDITIONAL_KINDS if conditional else ())],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
    }


def _filters(texts: dict[str, str], conditional: bool) -> list[dict[str, Any]]:
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
        *([{"filterType": "MAX_NUM_ALGO_ORDERS", "limit": MAX_CONDITIONAL_ORDERS}] if conditional else []),
        {"filterType": "MIN_NOTIONAL", "notional": texts["min_notional"]},
        {
            "filterType": "PERCENT_PRICE",
            "multiplierUp": texts["multiplier_up"],
            "multiplierDown": texts["multiplier_down"],
            "multiplierDecimal": "4",
        },
    ]
