"""The process of a policy in Python: `python -m …apart.host NAME`, spoken with as `lines` says.

What the policy prints goes to standard error. Of ours it has the messages and this file; engine, records and
judge are in other processes.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Any, BinaryIO, NoReturn

import msgspec

from mock_exchange.gateway.policies.apart.lines import PROTOCOL, Ready, Reply
from mock_exchange.gateway.policies.hooks import HOOKS, Policy, failure_of
from mock_exchange.gateway.policies.loading import CannotLoadError, make
from mock_exchange.gateway.policies.messages import End, Request, Turn, World, view_type

_BEGINNING = msgspec.json.Decoder(dict[str, Any])


class _Left(Exception):
    """The gateway has closed its end."""


class Host:
    """Reads lines from one end and writes answers to the other."""

    def __init__(self, lines: BinaryIO, answers: BinaryIO) -> None:
        self._lines = lines
        self._answers = answers
        self._encode = msgspec.json.Encoder().encode

    def serve(self, name: str) -> None:
        """Answer until the gateway leaves, or the policy fails."""
        policy = self._begin(name)
        hooks = {hook: getattr(policy, hook) for hook in HOOKS if hasattr(policy, hook)}
        decode = msgspec.json.Decoder(_line_type(getattr(policy, "asks", ()))).decode
        while line := self._lines.readline():
            said = decode(line)
            hook = said.hook
            try:
                answer = hooks[hook](*[getattr(said, name) for name in HOOKS[hook]])
            except BaseException as error:
                self._fail(failure_of(hook, error))
            if said.id:
                try:
                    text = self._encode(Reply(said.id, None if hook == "attach" else answer))
                except Exception:
                    self._fail(f"{hook}() must return what JSON can hold, not a {type(answer).__name__}")
                self._say(text)

    def _begin(self, name: str) -> Policy:
        line = self._lines.readline()
        if not line:
            raise _Left
        hello = _BEGINNING.decode(line)
        try:
            policy = make(name, hello["parameters"])
        except CannotLoadError as error:
            self._fail(str(error))
        ready = Ready(PROTOCOL, tuple(h for h in HOOKS if hasattr(policy, h)), getattr(policy, "asks", ()))
        self._say(self._encode(Reply(hello["id"], ready)))
        return policy

    def _fail(self, reason: str) -> NoReturn:
        self._say(self._encode(Reply(error=reason)))
        sys.exit(1)

    def _say(self, text: bytes) -> None:
        self._answers.write(text + b"\n")
        self._answers.flush()


def _line_type(asks: tuple[str, ...]) -> Any:
    """Any line after the first, for a policy that asks for these."""
    view: Any = view_type(asks)
    fields: list[tuple[str, Any, Any]] = [
        ("id", int, 0),
        ("world", World | None, None),
        ("request", Request | None, None),
        ("node", view | None, None),
        ("note", Any, None),
        ("turn", Turn | None, None),
        ("end", End | None, None),
        ("answered", bool, False),
    ]
    return msgspec.defstruct("Line", [("hook", str), *fields])


def main() -> None:
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a policy prints is not an answer
    with suppress(_Left, KeyboardInterrupt, BrokenPipeError):
        Host(sys.stdin.buffer, answers).serve(sys.argv[1])


if __name__ == "__main__":
    main()
