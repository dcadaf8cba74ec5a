"""An environment of its own for each third-party client, made once from a hashed lock."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parents[1] / ".venvs"


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Tests may run in several processes, and all of them may want the same environment."""
    ENVIRONMENTS.mkdir(exist_ok=True)
    with (ENVIRONMENTS / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def node_modules(of: Path = HERE / "js") -> Path:
    """The npm packages of the `package-lock.json` in a folder, installed if need be."""
    lock = of / "package-lock.json"
    version = hashlib.sha256(lock.read_bytes()).hexdigest()[:12]
    folder = ENVIRONMENTS / f"{of.name}-{version}"
    with one_at_a_time():
        if not (folder / ".ready").exists():
            npm = shutil.which("npm")
            assert npm, "npm is missing: install nodejs and npm"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            for name in ("package.json", "package-lock.json"):
                shutil.copy(of / name, folder)
            subprocess.run([npm, "ci", "--silent", "--ignore-scripts"], cwd=folder, check=True)
            (folder / ".ready").touch()
    return folder / "node_modules"


def python_with(client: str) -> Path:
    """The interpreter of the environment of `client`, installed from `<client>.lock` if need be."""
    lock = HERE / f"{client}.lock"
    version = hashlib.sha256(lock.read_bytes()).hexdigest()[:12]
    environment = ENVIRONMENTS / f"{client}-{version}"
    python = environment / "bin" / "python"
    install: list[str | Path] = [
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--require-hashes",
    ]
    with one_at_a_time():
        if not (environment / ".ready").exists():
            shutil.rmtree(environment, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", environment], check=True)
            subprocess.run([*install, "-r", lock], check=True)
            (environment / ".ready").touch()
    return python
