"""The exit is shut, and what would tell of it is reached for: by frames, by the garbage collector, by
patches, by files. Kept apart, none of them finds anything; trusted, those that look for objects of ours
do."""

from __future__ import annotations

import gc
import importlib
import sys
from contextlib import suppress
from pathlib import Path

from mock_exchange.gateway.policies.messages import Decision, NodeView, Request, World
from tests.adversary.policies import Open, exits

VICTIM = Path("/tmp/fireexit-victim.jsonl")
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
    """A record: one that nobody would miss, since not every machine keeps this policy from it."""

    def _reach(self) -> None:
        with suppress(OSError):
            VICTIM.write_text("nothing happened")


def _make_yes(value: object) -> None:
    if type(value).__name__ == "Answer" and getattr(value, "code", 0) == -1008:
        with suppress(*_EVERYTHING):
            value.http, value.code = 200, 0  # type: ignore[attr-defined]
