"""What the processes of one run tell each other: one typed channel, over Locust's connection and over a pipe.

    command  <- Progress, Fault, Lost                        - Locust   (lines of JSON on its stdout)
    master    - Begin                                 -> workers  (Locust's own connection, MessagePack)
    master   <- Report, Piece, Done, GivenUp           - workers

Everything from a worker names its run and its rank: what belongs to an earlier run is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

import msgspec

from loadgen.drive.job import Job
from loadgen.live.ledger import Counts

NAME = "fireexit"
"""What Locust calls our messages."""


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    """How much of the run is over, from 0 to 1."""

    share: float


class Fault(msgspec.Struct, frozen=True, tag="fault"):
    """A reason to distrust the run."""

    reason: str


class Lost(msgspec.Struct, frozen=True, tag="lost"):
    """The load generator cannot write its records."""

    reason: str


class Begin(msgspec.Struct, frozen=True, tag="begin"):
    """A run begins. `zero_ns` is its instant 0, nanoseconds since 1970; who is not in `ranks` sends
    nothing."""

    job: Job
    zero_ns: int
    ranks: dict[str, int]


class Report(msgspec.Struct, frozen=True, tag="report"):
    """What a worker has counted so far."""

    run: str
    rank: int
    counts: Counts


class Piece(msgspec.Struct, frozen=True, tag="piece"):
    """The next piece of a record file of a worker that does not see the master's folder."""

    run: str
    rank: int
    file: str
    data: bytes


class Done(msgspec.Struct, frozen=True, tag="done"):
    """A worker is done: nothing of it will change any more."""

    run: str
    rank: int
    counts: Counts


class GivenUp(msgspec.Struct, frozen=True, tag="given-up"):
    """A worker's part of the schedule will not be sent."""

    run: str
    rank: int
    reason: str


ToCommand = Progress | Fault | Lost
FromWorker = Report | Piece | Done | GivenUp

_pack = msgspec.msgpack.Encoder().encode
_unpack_begin = msgspec.msgpack.Decoder(Begin).decode
_unpack_worker = msgspec.msgpack.Decoder(FromWorker).decode
_line = msgspec.json.Encoder().encode
_read_line = msgspec.json.Decoder(ToCommand).decode


def packed(message: Begin | FromWorker) -> bytes:
    return _pack(message)


def begin_from(data: bytes) -> Begin:
    """Raises ValueError for what is no such message."""
    return _unpack_begin(data)


def from_worker(data: bytes) -> FromWorker:
    """Raises ValueError for what is no such message."""
    message: FromWorker = _unpack_worker(data)
    return message


def write_line(stream: IO[bytes], message: ToCommand) -> None:
    stream.write(_line(message) + b"\n")
    stream.flush()


def read_messages(stream: IO[bytes]) -> Iterator[ToCommand]:
    """The messages among the lines of a stream; Locust writes others there, too."""
    for line in stream:
        if line.startswith(b'{"type":'):
            try:
                yield _read_line(line)
            except ValueError:
                continue
