"""Bytes of a connection made into requests, one after the other; and which of them others have to read."""

from __future__ import annotations

from typing import Final

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from mock_exchange.wire.streaming.sockets import is_stream_path

MOST_HEAD: Final = 8_190
"""Bytes of a head that are read here; the HTTP library's own bound for a line is the same."""
_END: Final = b"\r\n\r\n"
_LINE: Final = b"\r\n"
MOST_HEADERS: Final = 128
_SINGLE: Final = "single"
_LENGTH, _KEY, _CODING, _ENCODING, _ODD = "length", "key", "coding", "encoding", "odd"
_KINDS: Final = {
    b"x-mbx-apikey": _KEY,
    b"content-length": _LENGTH,
    b"transfer-encoding": _CODING,
    b"content-encoding": _ENCODING,
    b"upgrade": _ODD,
    b"expect": _ODD,
    b"sec-websocket-key1": _ODD,
    **dict.fromkeys(
        (b"host", b"content-type", b"user-agent", b"server", b"etag", b"max-forwards", b"content-location",
         b"content-range"),
        _SINGLE,
    ),
}  # fmt: skip
"""Headers that matter. Single ones are refused by the HTTP library where there are two."""


class OddError(Exception):
    """What the buffer begins with is nothing that is read here."""


class Reader:
    """Reads what has come so far. `in_body` while the head of a request is there, and its body is not.
    `method`, `target`, `body`, `api_key` and `keeps_alive` (whether another may follow) are of the request
    that was taken last."""

    __slots__ = (
        "_body", "_chunk", "_chunked", "_fed", "_head", "_headers", "_is_odd", "_key", "_length",
        "_most_body", "_once", "_parser", "_target", "api_key", "body", "buffer", "in_body", "keeps_alive",
        "method", "target",
    )  # fmt: skip

    _fed: int
    """Bytes of the buffer that the parser has had."""
    _head: int
    """Bytes of the head, 0 while it is not whole."""
    _length: int
    _target: bytes
    _key: bytes | None
    _headers: int
    _once: tuple[bytes, ...]
    """Headers that were there, of those that may be there once."""
    _body: list[bytes]
    _chunked: bool
    _chunk: int
    """Where the first chunk begins that is not all there."""
    _is_odd: bool
    in_body: bool

    def __init__(self, most_body: int) -> None:
        """Bodies of more than so many bytes are left to others."""
        self._most_body = most_body
        self._parser: HttpRequestParser | None = HttpRequestParser(self)
        self.buffer = self.body = b""
        self.method = self.target = self.api_key = ""
        self.keeps_alive = True
        self._expect_request()

    def take(self) -> bool:
        """Take the request that the buffer begins with out of it; False while it is not all there. Raises
        OddError, and the buffer has all of it."""
        try:
            size = self._size()
        except (HttpParserError, HttpParserUpgrade, ValueError):
            raise OddError from None
        if not size:
            return False
        assert self._parser is not None
        self.method = self._parser.get_method().decode("ascii")
        self.target = self._target.decode("utf-8", "surrogateescape")
        self.body = b"".join(self._body)
        self.api_key = self._key.decode("utf-8", "surrogateescape") if self._key else ""
        self.buffer = self.buffer[size:]
        self._expect_request()
        return True

    def close(self) -> bytes:
        """Nothing is read any more; what is left."""
        self._parser = None  # or the two would keep each other
        rest, self.buffer = self.buffer, b""
        return rest

    # -- what the parser calls ---------------------------------------------------------------------

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._head:  # of trailers
            return
        self._headers += 1
        name = name.lower()
        kind = _KINDS.get(name)
        if kind is None:
            return
        if kind is _KEY:
            if self._key is None:
                self._key = value.rstrip(b" \t")
        elif kind is _LENGTH:
            self._length = int(value)
        elif kind is _ODD or (kind is _ENCODING and value.lower() != b"identity"):
            self._is_odd = True
        else:
            self._chunked = self._chunked or kind is _CODING
            self._is_odd = self._is_odd or name in self._once
            self._once += (name,)

    def on_headers_complete(self) -> None:
        self._head = self._fed
        self.keeps_alive = self._parser is not None and self._parser.should_keep_alive()

    def on_body(self, data: bytes) -> None:
        self._body.append(data)

    # -- what the buffer holds ----------------------------------------------------------------------

    def _expect_request(self) -> None:
        self._fed = self._head = self._length = self._chunk = self._headers = 0
        self._target = b""
        self._key = None
        self._body = []
        self._once = ()
        self._chunked = self._is_odd = self.in_body = False

    def _size(self) -> int:
        """Bytes of the request that the buffer begins with; 0 while that is not known or they are not all
        there. Raises OddError, what the parser raises, and ValueError."""
        buffer, parser = self.buffer, self._parser
        if parser is None:
            return 0
        if not self._head:
            # Without an empty line there is no end of a head, and the parser may have all there is.
            end = buffer.find(_END, max(0, self._fed - 3))
            fed, self._fed = self._fed, len(buffer) if end < 0 else end + len(_END)
            parser.feed_data(buffer[fed : self._fed])
            if not self._is_ordinary(parser, whole=end >= 0):
                raise OddError
            if end < 0:
                return 0
        if self._chunked:
            self._chunk, is_whole = next_chunk(buffer, self._chunk or self._head)
            end = self._chunk
        else:
            end = self._head + self._length
            is_whole = end <= len(buffer)
        if is_whole:
            if end > self._head:
                parser.feed_data(buffer[self._head : end])
            if sum(map(len, self._body)) > self._most_body:
                raise OddError
            return end
        if len(buffer) > MOST_HEAD + 2 * self._most_body:
            raise OddError
        self.in_body = True
        return 0

    def _is_ordinary(self, parser: HttpRequestParser, *, whole: bool) -> bool:
        """Whether we read on, now that the parser has had a head, or the `whole` of it."""
        if self._fed > MOST_HEAD or bool(self._head) != whole:
            return False
        if not whole:
            return True
        if self._is_odd or self._headers > MOST_HEADERS or self._length > self._most_body:
            return False
        if b"host" not in self._once and parser.get_http_version() == "1.1":
            return False
        target = self._target
        return target.startswith(b"/") and not (
            parser.get_method() == b"GET" and is_stream_path(target.decode("latin-1"))
        )


def next_chunk(data: bytes, at: int) -> tuple[int, bool]:
    """Go on through a chunked body from the chunk that begins at `at` (RFC 9112, 7.1): the byte where the
    first one begins that is not all there, or the byte after the body, and whether it is that. What their
    lines say is checked by the parser. Raises ValueError for what is no chunk."""
    while True:
        line = data.find(_LINE, at)
        if line < 0:
            return _unfinished(data, at), False
        size = int(data[at:line].partition(b";")[0], 16)
        if size < 0:
            raise ValueError("a negative size")
        after = line + len(_LINE)
        if not size:
            if data.startswith(_LINE, after):
                return after + len(_LINE), True
            end = data.find(_END, after)  # of trailers
            return (end + len(_END), True) if end >= 0 else (_unfinished(data, at), False)
        after += size
        if not _LINE.startswith(data[after : after + len(_LINE)]):
            raise ValueError("more than its size")
        if len(data) < after + len(_LINE):
            return at, False
        at = after + len(_LINE)


def _unfinished(data: bytes, at: int) -> int:
    """Lines that have no end are not looked through again and again."""
    if len(data) - at > MOST_HEAD:
        raise ValueError("a line without an end")
    return at
