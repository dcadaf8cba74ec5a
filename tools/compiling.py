"""Compiles the core: the modules that pyproject.toml lists become C beside their sources.

    python -m tools.compiling                  in this checkout (`make fast`)
    python -m tools.compiling --plain          take it away again (`make plain`)
    python -m tools.compiling --copy FOLDER    in a copy of this checkout (`make test-all`)
    python tools/compiling.py --wheel FOLDER   in a wheel's copy of the sources (`hatch_build.py`)

The sources stay what they are, and run as they are wherever nothing is compiled; both give the same bytes.
"""

from __future__ import annotations

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
"""The shared library; what lies beside the sources only names it."""
NEEDED = "on Debian the packages gcc, libc6-dev and python3-dev"


def listed(root: Path = ROOT) -> list[str]:
    """The modules of the core, as paths in the checkout."""
    document = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    core = document["tool"]["fireexit"]["core"]
    found = {path.relative_to(root).as_posix() for place in core["compiled"] for path in root.glob(place)}
    return sorted(path for path in found - core["interpreted"].keys() if not path.endswith("__init__.py"))


def compiled_files(root: Path) -> list[Path]:
    """What compiling has left in a tree of sources."""
    places = [*root.glob(f"{GROUP}__mypyc.*.so")]
    for house in HOUSES:
        places += (root / house).rglob("*.so")
    return sorted(places)


def compile_tree(root: Path, modules: Sequence[str], optimise: str = "3") -> list[Path]:
    """Compile those modules of a tree where they lie; returns what is new. `optimise` is the C compiler's
    level. Exits with a line where there is no C compiler, with mypyc's words where a module does not pass."""
    from mypyc.build import mypycify
    from setuptools import Distribution
    from setuptools.command.build_ext import build_ext
    from setuptools.errors import CCompilerError, ExecError, PlatformError

    for old in compiled_files(root):
        old.unlink()
    with tempfile.TemporaryDirectory(prefix="fireexit-core-") as place, _inside(root):
        extensions = mypycify(
            ["--config-file=", "--follow-imports=silent", "--ignore-missing-imports", *modules],
            opt_level=optimise,
            debug_level="0",
            multi_file=True,
            target_dir=place,
            group_name=GROUP,
        )
        command = build_ext(Distribution({"name": GROUP, "ext_modules": extensions, "packages": []}))
        command.inplace = True
        command.parallel = os.cpu_count()
        command.build_temp, command.build_lib = f"{place}/objects", f"{place}/libraries"
        command.ensure_finalized()
        try:
            command.run()
        except (CCompilerError, ExecError, PlatformError) as error:
            sys.exit(
                f"the core was not compiled: {error}. It needs a C compiler and Python's headers: {NEEDED}"
            )
    return compiled_files(root)


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
