"""One task per connection instead of one per request, on Python 3.11.

aiohttp wraps every request in a task so that it gets context variables of its own; we have none.
From Python 3.12 on it starts these tasks eagerly, which costs little. On 3.11 each goes through the
loop once more: a seventh of the time of a refusal. There, the coroutine is awaited in place.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine, Generator
from typing import Any

from aiohttp.web_protocol import RequestHandler

_HANDLE_REQUEST = RequestHandler._handle_request.__code__


class _Inline:
    """Stands where aiohttp expects a task, and is awaited by the connection's own."""

    __slots__ = ("_coroutine",)

    def __init__(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        self._coroutine = coroutine

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._coroutine.__await__()


def _factory(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> Any:
    if getattr(coroutine, "cr_code", None) is _HANDLE_REQUEST:
        return _Inline(coroutine)
    return asyncio.Task(coroutine, loop=loop, **options)


def install(loop: asyncio.AbstractEventLoop) -> None:
    """Use it on a loop that serves; does nothing where aiohttp starts tasks eagerly."""
    if sys.version_info < (3, 12):
        loop.set_task_factory(_factory)
