"""Who may ask Locust's page for something, and what a browser may do with what it says.

The page starts and stops load and names code that is run. It belongs to whoever started Locust, and a page of
another site that is open in the same browser must not use it: not by a name that it lets resolve here, not by
a form or a picture that it sends from there, and not from within a frame.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from flask import Request, Response

from mock_exchange.hosts import is_ours

_ACTS = frozenset(("/stop", "/stats/reset"))
"""Locust takes these by GET, although they change something."""
_OWN = frozenset(("same-origin", "none"))
"""What a browser says of a request that no other page has caused."""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self' 'unsafe-inline' data: blob:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def why_closed(request: Request, names: Collection[str]) -> str | None:
    """Why a request is not answered at all; None if it is."""
    if not is_ours(request.host, names):
        return (
            f"this page is not known as {request.host!r}; start Locust with --web-name for a name of its own"
        )
    if request.method not in ("GET", "HEAD") or request.path in _ACTS:
        origin = request.headers.get("Origin")
        elsewhere = origin is not None and urlsplit(origin).netloc != request.host
        if elsewhere or request.headers.get("Sec-Fetch-Site", "none") not in _OWN:
            return "requests from other sites are refused"
    return None


def close(response: Response) -> Response:
    """Say what a browser may do with it. A page that has a stricter word of its own keeps that."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
