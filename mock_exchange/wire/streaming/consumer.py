"""One WebSocket connection as a place to put messages, bounded so that it can never hold up the venue."""

from __future__ import annotations

import asyncio
import struct
from typing import Any

import orjson

MAX_UNSENT_BYTES = 1 << 20
"""A consumer that lets more pile up is dropped."""
MAX_STALLED_S = 30.0
"""So is one that takes nothing at all for so long."""


def frame(payload: bytes) -> bytes:
    """An unmasked text frame (RFC 6455, 5.2), the same for every consumer."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65_536:
        return b"\x81\x7e" + struct.pack("!H", size) + payload
    return b"\x81\x7f" + struct.pack("!Q", size) + payload


class Message:
    """An event of a stream, serialised at most once for each kind of connection."""

    __slots__ = ("_combined", "_raw", "_stream")

    def __init__(self, stream: str, event: Any) -> None:
        self._stream = stream
        self._raw = orjson.dumps(event)
        self._combined = b""

    def frame(self, combined: bool) -> bytes:
        if not combined:
            return frame(self._raw)
        if not self._combined:
            self._combined = frame(b'{"stream":"%b","data":%b}' % (self._stream.encode(), self._raw))
        return self._combined


class Consumer:
    """Frames are gathered, taken and written together. `combined` wraps each event with its stream's name."""

    __slots__ = (
        "_frames",
        "_given",
        "_held",
        "_moved_at",
        "_taken",
        "_transport",
        "combined",
        "dropped",
        "streams",
    )

    def __init__(self, transport: asyncio.WriteTransport, combined: bool) -> None:
        self._transport = transport
        self._frames: list[bytes] = []
        self._given = self._taken = self._held = 0
        self._moved_at = 0.0
        self.combined = combined
        self.dropped = False
        self.streams: dict[str, None] = {}

    def put(self, message: Message) -> None:
        self._frames.append(message.frame(self.combined))

    @property
    def unsent(self) -> int:
        """Bytes that wait for the disk, or for the consumer to read."""
        return 0 if self.dropped else self._held + self._transport.get_write_buffer_size()

    def take(self) -> bytes | None:
        """What has gathered; `write` is called with it once it may be told. None if the consumer was dropped,
        since too much waits already."""
        frames = self._frames
        if not frames:
            return b""
        data = b"".join(frames) if len(frames) > 1 else frames[0]
        frames.clear()
        if self.dropped:
            return b""
        if self.unsent + len(data) > MAX_UNSENT_BYTES:
            self.drop()
            return None
        self._held += len(data)
        return data

    def write(self, data: bytes, now: float) -> bool:
        """Write at `now` (seconds of the loop); False if the consumer was dropped."""
        transport = self._transport
        self._held -= len(data)
        if not data or transport.is_closing():
            return True
        unsent = transport.get_write_buffer_size()
        taken = self._given - unsent
        if not unsent or taken > self._taken:
            self._taken, self._moved_at = taken, now
        if now - self._moved_at > MAX_STALLED_S:
            self.drop()
            return False
        transport.write(data)
        self._given += len(data)
        return True

    def drop(self) -> None:
        """It cannot follow, and what waits for it is given up."""
        self.dropped = True
        self._transport.abort()

    def close(self) -> None:
        self._transport.abort()
