"""The private places of aiohttp that `wire` leans on are where we expect them: held for the versions that
pyproject.toml allows. Where one of these fails, `wire/response.py` or `wire/inline_tasks.py` is wrong with
it."""

from __future__ import annotations

import asyncio
import inspect
import sys
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from mock_exchange.wire import inline_tasks


def test_a_request_is_handled_by_the_coroutine_that_we_put_in_place() -> None:
    assert inspect.iscoroutinefunction(RequestHandler._handle_request)


def test_a_protocol_can_be_drained() -> None:
    assert inspect.iscoroutinefunction(RequestHandler._drain_helper)


async def test_what_waits_on_a_connection_is_seen_while_the_one_before_is_answered() -> None:
    """Two requests in one write: the first sees the second wait, the second sees nobody."""
    waiting = []

    async def answer(request: web.BaseRequest) -> web.Response:
        await asyncio.sleep(0.01)
        waiting.append(len(request.protocol._messages))
        return web.Response(text="ok")

    server = web.Server(answer)
    listener = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*listener.sockets[0].getsockname()[:2])
    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 2)
    for _ in range(2):
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        await reader.readexactly(2)
    writer.close()
    listener.close()
    await server.shutdown()
    assert waiting == [1, 0]


async def test_on_python_311_alone_tasks_are_made_our_way() -> None:
    loop = asyncio.get_running_loop()
    inline_tasks.install(loop)
    assert (loop.get_task_factory() is None) == (sys.version_info >= (3, 12))
    loop.set_task_factory(None)


async def test_no_task_is_made_for_a_request() -> None:
    """Requests of one connection are awaited by the connection's own task."""
    loop = asyncio.get_running_loop()
    made: list[Any] = []

    def factory(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> Any:
        task = inline_tasks._factory(loop, coroutine, **options)
        made.append(task)
        return task

    async def answer(request: web.BaseRequest) -> web.Response:
        return web.Response(text="ok")

    server = web.Server(answer)
    listener = await loop.create_server(server, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    loop.set_task_factory(factory)
    async with aiohttp.ClientSession() as session:
        for _ in range(3):
            async with session.get(f"http://127.0.0.1:{port}/") as response:
                assert response.status == 200
    loop.set_task_factory(None)
    listener.close()
    await server.shutdown()
    assert [type(task) for task in made].count(inline_tasks._Inline) == 3
