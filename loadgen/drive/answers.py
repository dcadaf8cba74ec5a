"""What an HTTP answer means to a trader: the same reading for every socket driver."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from mock_exchange.errors import NGINX_503, SERVICE_UNAVAILABLE, UNKNOWN_503, error_table

UNEXPECTED = -1006
_AT_ONCE = ("IOC", "FOK")
_QUANTITY = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")
_UNAVAILABLE = error_table()[SERVICE_UNAVAILABLE].messages[0]


def read_answer(http: int, body: bytes) -> tuple[int, Any]:
    """(code, JSON data). Code 0 is success. A 5xx without a code leaves the fate unknown, but for the
    documented "Service Unavailable.", which has failed for sure; a proxy's HTML page has a code of its own.
    A 200 that is no JSON is unexpected and leaves the fate unknown too."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        if http >= 500:
            return (NGINX_503 if body.lstrip()[:5].lower() == b"<html" else UNKNOWN_503), None
        return UNEXPECTED, None
    code = data.get("code") if isinstance(data, dict) else None
    if http == 200:
        return (0 if not isinstance(code, int) or code >= 0 else code), data
    if isinstance(code, int) and code < 0:
        return code, data
    if http >= 500:
        failed = isinstance(data, dict) and data.get("msg") == _UNAVAILABLE
        return (SERVICE_UNAVAILABLE if failed else UNKNOWN_503), data
    return UNEXPECTED, data


def executed_quantity(params: Mapping[str, str], order: Any) -> str:
    """How much of an order that was to trade at once did, by its answer: decimal text, "0" where it does not
    say, since it was asked to (newOrderRespType RESULT). Empty for other orders."""
    at_once = params.get("type") == "MARKET" or params.get("timeInForce") in _AT_ONCE
    if not at_once:
        return ""
    executed = order.get("executedQty") if isinstance(order, dict) else None
    return executed if isinstance(executed, str) and _QUANTITY.fullmatch(executed) else "0"


def leg_code(answer: Any) -> int:
    """The code of one order in a batch's answer, which has no status of its own: 0 for an order, and the
    unknown fate for a refusal that has no code."""
    if not isinstance(answer, dict):
        return UNEXPECTED
    code = answer.get("code", 0)
    if code == 0 and "orderId" not in answer:
        return UNKNOWN_503
    return min(0, int(code))
