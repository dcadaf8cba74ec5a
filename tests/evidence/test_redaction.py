"""What processes have logged may name the machine: a sealed run does not."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from fireexit.directory import make_sealed, open_directory
from fireexit.prepare import prepare_run

POLICY = """
from fireexit.policy import ADMIT


class Mine:
    def admit(self, request, node):
        return ADMIT
"""


def test_logs_name_neither_host_nor_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, policies = tmp_path / "working-here", tmp_path / "kept-there"
    for folder in (here, policies):
        folder.mkdir()
    (policies / "mine.py").write_text(POLICY)
    monkeypatch.chdir(here)
    spec = prepare_run("mixed", str(policies / "mine.py") + ":Mine", "strict", "sim", 1, 2.0, 1, {})
    private = [str(here), str(policies), str(Path.home()), platform.node()]
    with open_directory(tmp_path / "run", spec) as folder:
        (folder / "replication-00").mkdir()
        for name in ("exchange.log", "plan.json", "replication-00/locust.log"):
            (folder / name).write_text("".join(f"at {word}/x.py, line 7\n" for word in private))
        (folder / "empty.log").touch()
        make_sealed(folder, spec)
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix != ".sums":
            text = path.read_text(encoding="utf-8")
            assert not [word for word in private if len(word) > 5 and word in text], path.name
    assert (folder / "exchange.log").read_text() == (folder / "plan.json").read_text()
    assert (folder / "exchange.log").read_text().splitlines()[:2] == ["at …/x.py, line 7"] * 2
    assert not (folder / "empty.log").exists()
