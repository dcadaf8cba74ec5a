"""The REST interface as an OpenAPI 3.1 document, made from the routes themselves."""

from __future__ import annotations

from typing import Any

from mock_exchange.engine.symbols import symbols
from mock_exchange.errors import EPOCH_CURRENT
from mock_exchange.gateway.endpoints import OPEN, SIGNED, Route, params_of
from mock_exchange.gateway.parameters.orders import AMENDMENTS, ORDERS
from mock_exchange.gateway.parameters.table import CLIENT_ID_RANGE, DECIMAL_RANGE, INVALID, Param
from mock_exchange.wire.routes import ROUTES

_SIGNED_PARAMS = (
    Param("timestamp", "integer", mandatory=True),
    Param("recvWindow", "integer", most=60_000),
    Param("signature", "text", mandatory=True),
)
_ANY_CASE = "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$"
_SAYS_NOTHING: dict[str, dict[str, Any]] = {
    "price": {"pattern": r"^0{1,18}(\.0{1,18})?$", "examples": ["0"]},
    "boolean": {"pattern": "^[Ff][Aa][Ll][Ss][Ee]$", "examples": ["false"]},
}
"""Parameters that no order of an epoch may use."""
_ERROR = {"$ref": "#/components/schemas/Error"}


def document(epoch: str = EPOCH_CURRENT) -> dict[str, Any]:
    """Paths, parameters and security of every endpoint in an epoch. Order verbs take their parameters in the
    query or in a form body; they are described as query parameters.

    Each parameter says under `x-refused-with` what the venue answers to a value outside its schema."""
    paths: dict[str, dict[str, Any]] = {}
    for (method, path), route in ROUTES.items():
        paths.setdefault(path, {})[method.lower()] = _operation(method, path, route, epoch)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "fireexit mock exchange",
            "version": "1",
            "summary": "Binance USDⓈ-M futures, as far as it is mocked",
        },
        "paths": paths,
        "components": {
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-MBX-APIKEY"}},
            "schemas": {
                "Error": {
                    "type": "object",
                    "properties": {"code": {"type": "integer"}, "msg": {"type": "string"}},
                    "required": ["msg"],
                }
            },
        },
    }


def _operation(method: str, path: str, route: Route, epoch: str) -> dict[str, Any]:
    params = params_of(route, epoch) + (_SIGNED_PARAMS if route.security is SIGNED else ())
    operation: dict[str, Any] = {
        "operationId": f"{method.lower()}{path.replace('/', '_')}",
        "parameters": [_parameter(param, method, epoch) for param in params],
        "responses": {
            "200": {"description": "the venue's answer"},
            "default": {
                "description": "a refusal with the venue's code",
                "content": {"application/json": {"schema": _ERROR}},
            },
        },
    }
    if route.security is not OPEN:
        operation["security"] = [{"key": []}]
    return operation


def _parameter(param: Param, method: str, epoch: str) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": param.name,
        "in": "query",
        "required": param.mandatory,
        "schema": _schema(param, method, epoch),
    }
    if text := _when(param):
        described["description"] = text
    if code := refused_with(param, epoch):
        described["x-refused-with"] = code
    return described


def _when(param: Param) -> str:
    """For which types of orders a parameter is needed, and for which it is refused."""
    words = []
    if param.needed_for or param.needed_unless:
        types = f" for {', '.join(param.needed_for)}" if param.needed_for else ""
        unless = f", unless {param.needed_unless} takes its place" if param.needed_unless else ""
        words.append(f"Needed{types}{unless}.")
    if param.barred_for:
        words.append(f"Refused with {param.barred_code} for {', '.join(param.barred_for)}.")
    words += [f"{text} is refused with {code}." for text, code in param.not_here.items()]
    return " ".join(words)


def refused_with(param: Param, epoch: str) -> int:
    """The code for a value outside the schema; 0 where every text is good. What is not even of the kind meets
    -1100 or -1130."""
    if param.kind == "symbol":
        return -1121
    if param.neutral and _is_barred(param, epoch):
        return param.barred_code
    if param.kind in ("price", "quantity", "client-id"):
        return -1100
    if param.kind == "text":
        return 0
    bounded = param.values or param.least > 0 or param.most < 10**18 - 1 or param.code != INVALID
    return param.code if bounded or param.kind != "integer" else -1100


def _schema(param: Param, method: str, epoch: str) -> dict[str, Any]:
    """What texts are good, as far as JSON Schema can say it."""
    if param.neutral and _is_barred(param, epoch):
        return {"type": "string", **_SAYS_NOTHING[param.kind]}
    if param.kind == "symbol":
        return {"type": "string", "enum": list(symbols())}
    if param.kind == "integer":
        if param.values:
            return {"type": "integer", "enum": [int(text) for text in param.values]}
        return {"type": "integer", "minimum": param.least, "maximum": param.most}
    if param.kind in ("price", "quantity"):
        return {"type": "string", "pattern": DECIMAL_RANGE}
    if param.kind == "boolean":
        return {"type": "string", "pattern": _ANY_CASE, "examples": ["true", "false"]}
    if param.kind == "client-id":
        return {"type": "string", "pattern": CLIENT_ID_RANGE}
    if param.kind in ("legs", "ids", "client-ids"):
        return _list(param, method, epoch)
    if param.values:
        return {"type": "string", "enum": list(param.values)}
    return {"type": "string"}


def _is_barred(param: Param, epoch: str) -> bool:
    """Whether no order of this epoch may use it."""
    return set(ORDERS[epoch]["type"].values) <= set(param.barred_for)


def _list(param: Param, method: str, epoch: str) -> dict[str, Any]:
    """A JSON list as text. The legs of a batch have the parameters that a single order has."""
    items: dict[str, Any] = {"type": "integer"}
    if param.kind == "client-ids":
        items = {"type": "string", "pattern": CLIENT_ID_RANGE}
    elif param.kind == "legs":
        table = (ORDERS if method == "POST" else AMENDMENTS)[epoch]
        items = {
            "type": "object",
            "properties": {leg.name: _schema(leg, method, epoch) for leg in table.params},
            "required": [leg.name for leg in table.params if leg.mandatory],
        }
    content = {"type": "array", "items": items, "minItems": param.least, "maxItems": param.most}
    return {"type": "string", "contentMediaType": "application/json", "contentSchema": content}
