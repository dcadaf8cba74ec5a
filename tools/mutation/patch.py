"""Make one point real, either in functions that are loaded already or while its file is imported."""

from __future__ import annotations

import gc
import importlib.machinery
from collections import Counter, defaultdict
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from tools.mutation.points import Point


class LoadedFunctions:
    """Every function object of our files, found once; a forked process changes the code of its own copies."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._of: dict[str, list[FunctionType]] = defaultdict(list)
        for thing in gc.get_objects():
            if isinstance(thing, FunctionType) and thing.__code__.co_filename.startswith(str(root)):
                self._of[thing.__code__.co_filename].append(thing)

    def change(self, point: Point) -> bool:
        """Whether it could be done: a change of what a closure holds needs the file to be imported anew."""
        path = self._root / point.file
        if str(path) not in self._of:  # a test will be the first to import it
            change_at_import(self._root, point)
            return True
        source = path.read_bytes()
        before = _by_place(compile(source, str(path), "exec", dont_inherit=True))
        after = _by_place(compile(point.applied(source), str(path), "exec", dont_inherit=True))
        new = {(place[0], code.co_firstlineno): after.get(place) for place, code in before.items()}
        try:
            for function in self._of[str(path)]:
                code = new.get((function.__code__.co_qualname, function.__code__.co_firstlineno))
                if code is not None:
                    function.__code__ = code
        except ValueError:
            return False
        return True


def _by_place(module: CodeType) -> dict[tuple[str, int], CodeType]:
    """Each code object by its dotted name and how many of that name came before it in the file."""
    found: dict[tuple[str, int], CodeType] = {}
    seen: Counter[str] = Counter()

    def enter(code: CodeType) -> None:
        found[code.co_qualname, seen[code.co_qualname]] = code
        seen[code.co_qualname] += 1
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                enter(constant)

    enter(module)
    return found


def change_at_import(root: Path, point: Point) -> None:
    """From now on the file is imported with the change; nothing is written to disk."""
    target = str(root / point.file)
    original = importlib.machinery.SourceFileLoader.get_code

    def get_code(self: importlib.machinery.SourceFileLoader, fullname: str) -> CodeType | None:
        if self.path == target:
            return compile(point.applied(Path(target).read_bytes()), target, "exec", dont_inherit=True)
        return original(self, fullname)

    loader: Any = importlib.machinery.SourceFileLoader
    loader.get_code = get_code
