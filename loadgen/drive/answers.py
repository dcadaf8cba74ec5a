"""What an HTTP answer means to a trader: the same reading for every socket driver."""

from __future__ import annotations

from typing import Any

import orjson

from mock_exchange.errors import UNKNOWN_503

UNEXPECTED = -1006


def read_answer(http: int, body: bytes) -> tuple[int, Any]:
    """(code, JSON data). Code 0 is success; a 5xx without a code leaves the fate unknown, whatever its
    body; a 200 that is no JSON is unexpected and leaves the fate unknown too."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        return (UNKNOWN_503 if http >= 500 else UNEXPECTED), None
    code = data.get("code") if isinstance(data, dict) else None
    if http == 200:
        return (0 if not isinstance(code, int) or code >= 0 else code), data
    if isinstance(code, int) and code < 0:
        return code, data
    return (UNKNOWN_503 if http >= 500 else UNEXPECTED), data
