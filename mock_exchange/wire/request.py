"""From the bytes of a request to a Call: path, parameters, key, and the text that was signed.

Parameters travel in the query string, in a form body, or both; a name in both takes the query's
value, a name twice in one of them is refused. Percent-encoding is undone only where there is any.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote_plus

from mock_exchange.errors import Refused
from mock_exchange.gateway.attempt import Call

KEY_DIGITS: Final = 32
"""Hex digits of the signature that identify a request in both sides' records."""


def parse_pairs(text: str) -> dict[str, str]:
    """`a=1&b=2` as a dict. Raises Refused: -1101 for a name given twice."""
    pairs = [part.split("=", 1) for part in text.split("&")]
    if "%" in text or "+" in text:
        pairs = [[unquote_plus(side) for side in pair] for pair in pairs]
    try:
        params = dict(pairs)
    except ValueError:  # a part without "=": a name alone, or nothing
        pairs = [pair if len(pair) == 2 else [pair[0], ""] for pair in pairs if pair != [""]]
        params = dict(pairs)
    if len(params) != len(pairs):
        raise Refused(-1101, variant=2)
    return params


def signed_text(query: str, body: str) -> str:
    """What the signature signs: query immediately followed by body, without the signature itself."""
    return _without_signature(query) + _without_signature(body)


def _without_signature(text: str) -> str:
    start = text.rfind("signature=")
    if start < 0 or (start and text[start - 1] != "&"):
        return text
    end = text.find("&", start)
    rest = text[end:] if end >= 0 else ""
    return text[: start - 1] + rest if start else rest[1:]


def parse_call(method: str, target: str, body: str, api_key: str, ip: str) -> Call:
    """A Call from a request line's target and a form body. Raises Refused(-1101).

    The payload is kept as sent, undecoded, because that is what was signed.
    """
    path, _, query = target.partition("?")
    if not query:
        params, text = parse_pairs(body) if body else {}, body
    elif not body:
        params, text = parse_pairs(query), query
    else:
        params, text = parse_pairs(body), ""
        params.update(parse_pairs(query))
    signature = params.pop("signature", "")
    key = signature[:KEY_DIGITS]
    call = Call(method, path, params, ip, key if key.isalnum() else "")
    call.api_key = api_key
    if signature:
        call.signature = signature
        signed = _without_signature(text) if text else signed_text(query, body)
        call.payload = signed.encode("utf-8", "surrogateescape")
    return call
