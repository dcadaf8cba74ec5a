"""Compiles the core: the modules that pyproject.toml lists become C beside their sources.

    python -m tools.compiling                  in this checkout (`make fast`)
    python -m tools.compiling --plain          take it away again (`make plain`)
    python -m tools.compiling --copy FOLDER    in a copy of this checkout (`make test-all`)
    python tools/compiling.py --wheel FOLDER   in a wheel's copy of the sources (`hatch_build.py`)

The sources stay what they are, and run as they are wherever nothing is compiled; both give the same bytes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
HOUSES = ("fireexit", "judging", "loadgen", "mock_exchange", "run_records")
GROUP = "fireexit_core"
"""The group of all modules."""
LIBRARY = f"{GROUP}__mypyc"
SOURCES = f"{GROUP}.sha256"
"""Which sources it was made of: fireexit/core.py looks whether they are still the same."""
NEEDED = "on Debian the packages gcc, libc6-dev and python3-dev"


def listed(root: Path = ROOT) -> list[str]:
    """The modules of the core, as paths in the checkout."""
    document = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    core = document["tool"]["fireexit"]["core"]
    found = {path.relative_to(root).as_posix() for place in core["compiled"] for path in root.glob(place)}
    return sorted(path for path in found - core["interpreted"].keys() if not path.endswith("__init__.py"))


def compiled_files(root: Path) -> list[Path]:
    """What compiling has left in a tree of sources."""
    places = [*root.glob(f"{LIBRARY}.*"), *root.glob(SOURCES)]
    for house in HOUSES:
        places += (root / house).rglob("*.so")
    return sorted(places)


def compile_tree(root: Path, modules: Sequence[str], optimise: str = "3") -> list[Path]:
    """Compile those modules of a tree where they lie; returns what is new. `optimise` is the C compiler's
    level. What was there before stays until all is ready. Exits with a line where there is no C compiler,
    with mypyc's words where a module does not pass."""
    root = root.resolve()
    with tempfile.TemporaryDirectory(prefix="fireexit-core-") as place, _inside(root):
        sources = "".join(f"{_digest(root / module)}  {module}\n" for module in modules)
        made = Path(place) / "libraries"
        _build(modules, optimise, place, made)
        new = sorted(path.relative_to(made) for path in made.rglob("*.so"))
        for old in compiled_files(root):
            old.unlink()
        # The library first: what lies beside a source only names it.
        for path in sorted(new, key=lambda path: len(path.parts)):
            shutil.move(made / path, root / path)
        (root / SOURCES).write_text(sources)
    return [root / path for path in new]


def _build(modules: Sequence[str], optimise: str, place: str, libraries: Path) -> None:
    from mypyc.build import mypycify
    from setuptools import Distribution
    from setuptools.command.build_ext import build_ext
    from setuptools.errors import CCompilerError, ExecError, PlatformError

    extensions = mypycify(
        ["--config-file=", "--follow-imports=silent", "--ignore-missing-imports", *modules],
        opt_level=optimise,
        debug_level="0",
        multi_file=True,
        target_dir=place,
        group_name=GROUP,
    )
    command = build_ext(Distribution({"name": GROUP, "ext_modules": extensions, "packages": []}))
    command.parallel = os.cpu_count()
    command.build_temp, command.build_lib = f"{place}/objects", str(libraries)
    command.ensure_finalized()
    try:
        command.run()
    except (CCompilerError, ExecError, PlatformError) as error:
        sys.exit(f"the core was not compiled: {error}. It needs a C compiler and Python's headers: {NEEDED}")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def copy_to(folder: Path) -> None:
    """The checkout as it is now, without what git does not look at, in a folder that is made anew."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    shutil.rmtree(folder, ignore_errors=True)
    for name in listing.stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def in_wheel(module: str) -> str:
    """Where a module lies in a wheel: all houses are inside the first."""
    return module if module.startswith(f"{HOUSES[0]}/") else f"{HOUSES[0]}/{module}"


def main(arguments: Sequence[str]) -> int:
    match arguments:
        case []:
            compile_tree(ROOT, listed())
        case ["--plain"]:
            for path in compiled_files(ROOT):
                path.unlink()
        case ["--copy", folder]:
            copy_to(Path(folder))
            compile_tree(Path(folder), listed())
        case ["--wheel", folder]:
            compile_tree(Path(folder), [in_wheel(module) for module in listed()])
        case _:
            print(__doc__)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
