"""The exit is shut, and what would tell of it is reached for: by frames, by the garbage collector, by
patches, by files, by sockets. Kept apart, none of them finds anything; trusted, the second and third do."""

from __future__ import annotations

import gc
import importlib
import os
import socket
import sys
from contextlib import suppress
from pathlib import Path

from mock_exchange.gateway.policies.messages import Decision, NodeView, Request, World
from tests.adversary.policies import Open, exits

_EVERYTHING = (AttributeError, ImportError, OSError, TypeError, ValueError)


class _Shut(Open):
    def attach(self, world: World) -> None:
        super().attach(world)
        with suppress(*_EVERYTHING):
            self._reach()

    def _reach(self) -> None:
        raise NotImplementedError

    def _shuts(self, request: Request, node: NodeView) -> bool:
        return exits(request)


class ReachesByFrames(_Shut):
    """Every local variable of whoever has called, and an answer that says yes if there is one."""

    def _reach(self) -> None:
        frame = sys._getframe()
        while frame is not None:
            for value in list(frame.f_locals.values()):
                _make_yes(value)
            frame = frame.f_back  # type: ignore[assignment]


class ReachesByGarbage(_Shut):
    """Every object that there is."""

    def _reach(self) -> None:
        for value in gc.get_objects():
            _make_yes(value)
        _make_yes(getattr(sys.modules.get("mock_exchange.gateway.entry"), "_SHED", None))


class ReachesByPatch(_Shut):
    """The gateway's own answer to what is shed."""

    def _reach(self) -> None:
        entry = importlib.import_module("mock_exchange.gateway.entry")
        _make_yes(entry._SHED)


class ReachesByPatchAndRestores(ReachesByPatch):
    """Only while the exit is asked for, so that whoever looks afterwards finds all as it was."""

    def admit(self, request: Request, node: NodeView) -> Decision:
        entry = sys.modules.get("mock_exchange.gateway.entry")
        if entry is not None:
            entry._SHED.http, entry._SHED.code = (200, 0) if exits(request) else (503, -1008)
        return super().admit(request, node)


class ReachesByFiles(_Shut):
    """Records, wherever they may lie."""

    def _reach(self) -> None:
        for root in (Path("runs"), Path("/tmp"), Path(f"/proc/{os.getppid()}/fd")):
            for path in root.glob("*/*/attempts*.jsonl"):
                with suppress(OSError):
                    path.write_text("")


class ReachesBySocket(_Shut):
    """Whatever listens on this machine: the exchange's control port is among it."""

    def _reach(self) -> None:
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            port = int(line.split()[1].partition(":")[2], 16)
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2) as connection:
                connection.sendall(b"POST /stop HTTP/1.1\r\nHost: localhost\r\n\r\n")


def _make_yes(value: object) -> None:
    if type(value).__name__ == "Answer" and getattr(value, "code", 0) == -1008:
        with suppress(*_EVERYTHING):
            value.http, value.code = 200, 0  # type: ignore[attr-defined]
