"""The REST interface as an OpenAPI 3.1 document, made from the routes themselves."""

from __future__ import annotations

from typing import Any

from mock_exchange.engine.symbols import symbols
from mock_exchange.gateway.endpoints import OPEN, SIGNED, Param, Route
from mock_exchange.gateway.parameters import CLIENT_ID_RANGE, DECIMAL_RANGE
from mock_exchange.wire.routes import ROUTES

_SIGNED_PARAMS = (
    Param("timestamp", "integer", mandatory=True),
    Param("recvWindow", "integer", most=60_000),
    Param("signature", "text", mandatory=True),
)
_ERROR = {"$ref": "#/components/schemas/Error"}


def document() -> dict[str, Any]:
    """Paths, parameters and security of every endpoint. Order verbs take their parameters in the query or
    in a form body; they are described as query parameters."""
    paths: dict[str, dict[str, Any]] = {}
    for (method, path), route in ROUTES.items():
        paths.setdefault(path, {})[method.lower()] = _operation(method, path, route)
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


def _operation(method: str, path: str, route: Route) -> dict[str, Any]:
    params = route.params + (_SIGNED_PARAMS if route.security is SIGNED else ())
    operation: dict[str, Any] = {
        "operationId": f"{method.lower()}{path.replace('/', '_')}",
        "parameters": [_parameter(param) for param in params],
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


def _parameter(param: Param) -> dict[str, Any]:
    return {"name": param.name, "in": "query", "required": param.mandatory, "schema": _schema(param)}


def _schema(param: Param) -> dict[str, Any]:
    if param.kind == "symbol":
        return {"type": "string", "enum": list(symbols())}
    if param.kind == "integer":
        return {"type": "integer", "minimum": param.least, "maximum": param.most}
    if param.kind == "decimal":
        return {"type": "string", "pattern": DECIMAL_RANGE}
    if param.kind == "boolean":
        return {"type": "string", "enum": ["true", "false"]}
    if param.kind == "client-id":
        return {"type": "string", "pattern": CLIENT_ID_RANGE}
    if param.kind == "json":
        return {"type": "string", "contentMediaType": "application/json"}
    if param.values:
        return {"type": "string", "enum": list(param.values)}
    return {"type": "string"}
