"""What a reader of a journal knew after so many bytes, kept so that the next one begins there.

A bookmark is a short cut and never a source. It names the code that made it and the SHA-256 of the bytes that
it stands after; where either differs it is as if there were none, and the journal is read from its first row.
It is signed with a key of the user's own, so that nobody is made to believe somebody else's.

The engine is one net of accounts, orders and trades that all know each other. It is taken apart here: each
object stands for itself, and for others by their number. So nothing recurses, however large the net is, and
nothing can be made of it but the classes of the engine and of the story.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import os
import pickle
import secrets
import sys
from functools import cache
from pathlib import Path
from types import BuiltinMethodType, MethodType
from typing import Any, BinaryIO, get_args

import msgspec

from mock_exchange.engine.symbols import Symbol, symbols
from mock_exchange.recovery.story import Story
from run_records import standing
from run_records.documents import PRIVATE, write_whole
from run_records.plain_files import read_plain

BOOKMARK = "bookmark"
_HOUSE = __name__.rpartition(".recovery.")[0]
_ROOMS = (f"{_HOUSE}.engine.", f"{_HOUSE}.recovery.")
_METHOD = "_new_order_id"
"""The only method that an object of the engine holds of another."""
_PLAIN = {("collections", "OrderedDict"), ("collections", "deque")}
_ROWS = {row.__name__: row for row in get_args(standing.StandingRow)}
_PROTOCOL = 5
_CHUNK = 1 << 20


class _Head(msgspec.Struct):
    code: str
    offset: int
    before: str
    """SHA-256 of the journal's bytes before `offset`."""
    classes: list[tuple[str, str]]
    numbers: list[int]
    """Which class each object is of."""


def bookmark_path(journal: Path) -> Path:
    """Where the bookmark of a journal lies."""
    return journal.with_name(f"{journal.name}.{BOOKMARK}")


def key_is_there() -> None:
    """Raises OSError where this user can have no key, and so no bookmark."""
    _own_key()


def save(journal: Path, file: BinaryIO, story: Story, offset: int, *, durable: bool = False) -> None:
    """Leave a bookmark after `offset` bytes of the open `file`, which is a part of the journal. Raises
    OSError."""
    key = _own_key()
    taken = _Taken(story)
    body = taken.bodies()
    head = msgspec.json.encode(
        _Head(code_digest(), offset, _digest_of(file, offset), taken.classes, taken.numbers)
    )
    signature = hmac.digest(key, head + b"\n" + body, "sha256").hex().encode()
    whole = signature + b"\n" + head + b"\n" + body
    write_whole(bookmark_path(journal), whole, PRIVATE, durable=durable)


class Bookmark:
    """One that this code has made for this user; whether it is of a file is asked of `story_in`."""

    def __init__(self, head: _Head, body: bytes) -> None:
        self._head = head
        self._body = body
        self.offset = head.offset

    def story_in(self, file: BinaryIO) -> Story | None:
        """What was known where it was left in this open file, whatever the file's name is now. None if it was
        left in another one, and for what another interpreter or a lying disk has made of it. Raises
        OSError."""
        if _digest_of(file, self.offset) != self._head.before:
            return None
        try:
            return _made(self._head, self._body)
        except Exception:
            return None


def load(journal: Path) -> Bookmark | None:
    """The bookmark beside a journal; None where there is none by this code and this user."""
    try:
        signature, _, signed = read_plain(bookmark_path(journal)).partition(b"\n")
        if not hmac.compare_digest(hmac.digest(_own_key(), signed, "sha256").hex().encode(), signature):
            return None
        head_text, _, body = signed.partition(b"\n")
        head = msgspec.json.decode(head_text, type=_Head)
    except (OSError, ValueError):
        return None
    return Bookmark(head, body) if head.code == code_digest() else None


def _digest_of(file: BinaryIO, size: int) -> str:
    """SHA-256 of the first `size` bytes; of none where there are fewer."""
    file.seek(0)
    digest = hashlib.sha256()
    while size > 0 and (chunk := file.read(min(size, _CHUNK))):
        digest.update(chunk)
        size -= len(chunk)
    return digest.hexdigest() if not size else ""


def _own_key() -> bytes:
    """Made once for a user of a machine. Raises OSError where there is no place for it."""
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    folder = state / "fireexit"
    path = folder / "bookmark.key"
    try:
        return read_plain(path)
    except FileNotFoundError:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, secrets.token_bytes(32), PRIVATE)
        return read_plain(path)


@cache
def code_digest() -> str:
    """Of all sources that decide what a story is made of."""
    house = Path(__file__).parents[1]
    digest = hashlib.sha256(sys.version.encode())
    paths = [*house.glob("engine/*"), *house.glob("recovery/*.py"), house / "replay.py"]
    for path in sorted(path for path in paths if path.is_file()):
        digest.update(path.read_bytes())
    digest.update(Path(standing.__file__).read_bytes())
    if (library := sys.modules.get("fireexit_core__mypyc")) is not None and library.__file__ is not None:
        digest.update(Path(library.__file__).read_bytes())  # what runs where the core is compiled
    return digest.hexdigest()


class _Taken(pickle.Pickler):
    """A net of objects, taken apart. The first is the story."""

    def __init__(self, root: Story) -> None:
        self._stream = io.BytesIO()
        super().__init__(self._stream, _PROTOCOL)
        self.classes: list[tuple[str, str]] = []
        self.numbers: list[int] = []
        self._class_numbers: dict[type, int] = {}
        self._objects: list[object] = []
        self._places: dict[int, int] = {}
        self._place_of(root)

    def bodies(self) -> bytes:
        """What every object holds, one after the other; more are found on the way."""
        place = 0
        while place < len(self._objects):
            self.dump(_held(self._objects[place]))
            place += 1
        return self._stream.getvalue()

    def persistent_id(self, obj: Any) -> Any:
        kind = type(obj)
        if kind is int or kind is str or kind is tuple:
            return None
        if kind is Symbol:
            return obj.name
        if kind is MethodType or kind is BuiltinMethodType:  # the latter where the engine is compiled
            if obj.__name__ != _METHOD:
                raise pickle.PicklingError(f"{obj.__name__} is no method that may be kept")
            return [self._place_of(obj.__self__)]
        if isinstance(obj, msgspec.Struct) or not kind.__module__.startswith(_ROOMS):
            return None  # a value, whole in itself
        return self._place_of(obj)

    def _place_of(self, obj: object) -> int:
        place = self._places.get(id(obj))
        if place is None:
            place = self._places[id(obj)] = len(self._objects)
            self._objects.append(obj)
            kind = type(obj)
            if kind not in self._class_numbers:
                self._class_numbers[kind] = len(self.classes)
                self.classes.append((kind.__module__, kind.__qualname__))
            self.numbers.append(self._class_numbers[kind])
        return place


class _Given(pickle.Unpickler):
    """The same net from its parts. Nothing is called but what is named here."""

    def __init__(self, objects: list[Any], body: bytes) -> None:
        super().__init__(io.BytesIO(body))
        self._objects = objects

    def persistent_load(self, pid: Any) -> Any:
        if type(pid) is str:
            return symbols()[pid]
        if type(pid) is list:
            return getattr(self._objects[pid[0]], _METHOD)
        return self._objects[pid]

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _PLAIN:
            return super().find_class(module, name)
        if module == standing.__name__ and name in _ROWS:
            return _ROWS[name]
        if module.startswith(_ROOMS) and issubclass(found := _class(module, name), msgspec.Struct):
            return found
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a bookmark")


def _made(head: _Head, body: bytes) -> Story:
    kinds = [_class(module, name) for module, name in head.classes]
    objects: list[Any] = [kinds[number].__new__(kinds[number]) for number in head.numbers]
    given = _Given(objects, body)
    for one in objects:
        for name, value in given.load().items():
            object.__setattr__(one, name, value)
    story = objects[0]
    if not isinstance(story, Story):
        raise pickle.UnpicklingError("not a story")
    return story


def _class(module: str, name: str) -> Any:
    if not module.startswith(_ROOMS) or module not in sys.modules:
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a bookmark")
    found = getattr(sys.modules[module], name)
    if not isinstance(found, type) or found.__module__ != module:
        raise pickle.UnpicklingError(f"{module}.{name} is no class of it")
    return found


@cache
def _slots(kind: type) -> tuple[str, ...]:
    found: list[str] = []
    for each in kind.__mro__:
        # A compiled class has no slots, and says in this way what it holds.
        names = each.__dict__.get("__mypyc_attrs__", each.__dict__.get("__slots__", ()))
        found.extend([names] if isinstance(names, str) else names)
    return tuple(name for name in found if not name.startswith("__"))


def _held(obj: Any) -> dict[str, Any]:
    kind: type = type(obj)
    held = {name: getattr(obj, name) for name in _slots(kind) if hasattr(obj, name)}
    held.update(getattr(obj, "__dict__", {}))
    return held
