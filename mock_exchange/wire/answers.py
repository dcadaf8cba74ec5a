"""From the gateway's answer to the body a client reads."""

from __future__ import annotations

from typing import Any, Final

from mock_exchange.engine.accounts import Order
from mock_exchange.errors import SERVICE_UNAVAILABLE, UNKNOWN_503, ErrorSpec
from mock_exchange.gateway.attempt import Answer, Call
from mock_exchange.gateway.gateway import Gateway
from mock_exchange.wire.render import orders as render

ALL_CANCELED: Final = {"code": 200, "msg": "The operation of cancel all open order is done."}
NGINX_PAGE: Final = (
    b"<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body>\r\n"
    b"<center><h1>503 Service Temporarily Unavailable</h1></center>\r\n<hr><center>nginx</center>\r\n"
    b"</body>\r\n</html>\r\n"
)
"""What clients of a venue read whose front end is gone: no JSON."""


def body_of(answer: Answer, call: Call, gateway: Gateway) -> Any:
    """The JSON data of an answer; a batch is the list of its legs' bodies."""
    payload = answer.payload
    if answer.code:
        return error_body(answer, gateway.errors[answer.code], call.path, gateway.clock.epoch_ms())
    if isinstance(payload, Order):
        if call.method == "PUT":
            return render.amended(payload)
        return render.order_fields(payload, as_received=call.method == "POST" and not payload.wants_result)
    if isinstance(payload, list) and payload and isinstance(payload[0], Answer):
        return [body_of(leg, call, gateway) for leg in payload]
    return ALL_CANCELED if payload is None else payload


def error_body(answer: Answer, spec: ErrorSpec, path: str, epoch_ms: int) -> dict[str, Any]:
    """A refusal. The 503 of unknown fate has no `code` key on the wire; clients that expect one break."""
    message = spec.message(*answer.arguments, variant=answer.variant)
    if answer.code == UNKNOWN_503:
        return {"timestamp": epoch_ms, "path": path, "msg": message}
    if answer.code == SERVICE_UNAVAILABLE:
        return {"msg": message}
    return {"code": answer.code, "msg": message}
