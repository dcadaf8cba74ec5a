"""Opening what should be a regular file, and nothing else: a pipe in its place would never end."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

MOST_BYTES = 1 << 20
"""Of a document written by hand."""


def open_plain(path: Path) -> BinaryIO:
    """Raises OSError for what is no regular file, without waiting for anybody at the other end of a pipe."""
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if stat.S_ISREG(os.fstat(number).st_mode):
        return os.fdopen(number, "rb")
    os.close(number)
    raise OSError(errno.EINVAL, "not a regular file", str(path))


def read_plain(path: Path) -> bytes:
    """All of it. Raises OSError."""
    with open_plain(path) as file:
        return file.read()


def read_text(path: Path) -> str:
    """A document written by hand. Raises OSError, or ValueError for what is no text of such a length."""
    with open_plain(path) as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ValueError(f"more than {MOST_BYTES >> 20} MiB")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("not UTF-8 text") from None
