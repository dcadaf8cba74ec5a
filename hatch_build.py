"""Builds the wheel: one package, `fireexit`, with the other houses inside it.

`loadgen`, `judging`, `mock_exchange` and `run_records` are good names for rooms and bad ones for
site-packages: they belong to nobody, and another distribution that has one of them would be overwritten, or
would overwrite ours. So a wheel has `fireexit.loadgen` and so on. In the repository the houses stand side by
side, where their arrows can be seen; here the statements that import them are rewritten. No line moves, so a
traceback of an installed fireexit fits the source.

With FIREEXIT_COMPILE=1 the wheel is of this platform, and its core is compiled (`make wheel`); beside the
package lies its library then, `fireexit_core__mypyc`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

TOP = "fireexit"
HOUSES = ("judging", "loadgen", "mock_exchange", "run_records")
COMPILE = "FIREEXIT_COMPILE"
COMPILER = ["mypy[mypyc]>=2.4"]
GRAFANA = ("dashboards", "prometheus", "provisioning")
_FROM = re.compile(rf"^(\s*(?:>>> )?from )({'|'.join(HOUSES)})(?=[. ])", re.M)
_IMPORT = re.compile(rf"^\s*(?:>>> )?import (?:{'|'.join(HOUSES)})\b", re.M)


def installed(source: str, where: str) -> str:
    """A module's source as the wheel has it. Raises ValueError for an import that cannot be rewritten."""
    if found := _IMPORT.search(source):
        raise ValueError(f"{where}: {found[0].strip()!r} binds a bare name; write `from … import …`")
    return _FROM.sub(rf"\g<1>{TOP}.\g<2>", source)


class Houses(BuildHookInterface[Any]):
    """Puts the rewritten houses into a wheel; an editable installation is left alone."""

    def dependencies(self) -> list[str]:
        """What a build needs besides hatchling."""
        return COMPILER if os.environ.get(COMPILE) == "1" else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "standard":
            return
        root = Path(self.root)
        self._place = tempfile.TemporaryDirectory(prefix="fireexit-wheel-")
        for house in (TOP, *HOUSES):
            inside = Path(TOP) if house == TOP else Path(TOP) / house
            for path in sorted((root / house).rglob("*")):
                if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".so":
                    self._add(path, inside / path.relative_to(root / house), build_data)
        for part in GRAFANA:
            build_data["force_include"][str(root / "grafana" / part)] = f"{TOP}/grafana/{part}"
        if os.environ.get(COMPILE) == "1":
            self._compile(root, build_data)

    def _compile(self, root: Path, build_data: dict[str, Any]) -> None:
        place = Path(self._place.name)
        compiling = root / "tools" / "compiling.py"
        subprocess.run([sys.executable, str(compiling), "--wheel", str(place)], check=True)
        for path in place.rglob("*.so"):  # not what they were made of: it does not change any more
            build_data["force_include"][str(path)] = path.relative_to(place).as_posix()
        build_data["pure_python"], build_data["infer_tag"] = False, True

    def _add(self, path: Path, target: Path, build_data: dict[str, Any]) -> None:
        if path.suffix != ".py":
            build_data["force_include"][str(path)] = target.as_posix()
            return
        copy = Path(self._place.name) / target
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(installed(path.read_text(encoding="utf-8"), str(target)), encoding="utf-8")
        build_data["force_include"][str(copy)] = target.as_posix()

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if version == "standard":
            self._place.cleanup()
