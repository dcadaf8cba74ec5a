"""One WebSocket connection as a place to put messages, bounded so that it can never hold up the venue."""

from __future__ import annotations

import asyncio
import struct
from typing import Any

import orjson

MAX_UNSENT_BYTES = 1 << 20
"""A consumer that lets more pile up is dropped."""


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
    """Frames are gathered and written together. `combined` wraps each event with its stream's name."""

    __slots__ = ("_frames", "_transport", "combined", "dropped", "streams")

    def __init__(self, transport: asyncio.WriteTransport, combined: bool) -> None:
        self._transport = transport
        self._frames: list[bytes] = []
        self.combined = combined
        self.dropped = False
        self.streams: dict[str, None] = {}

    def put(self, message: Message) -> None:
        self._frames.append(message.frame(self.combined))

    def flush(self) -> bool:
        """Write what has gathered; False if the consumer had to be dropped."""
        if not self._frames:
            return True
        data = b"".join(self._frames) if len(self._frames) > 1 else self._frames[0]
        self._frames.clear()
        transport = self._transport
        if transport.is_closing():
            return True
        if transport.get_write_buffer_size() + len(data) > MAX_UNSENT_BYTES:
            self.dropped = True
            transport.abort()
            return False
        transport.write(data)
        return True

    def close(self) -> None:
        self._transport.abort()
