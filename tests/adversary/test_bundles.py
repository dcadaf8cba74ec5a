"""Every attack on a sealed run is found: by `verify`, by simulating again, or at least by the digest."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from fireexit.errors import UsageError
from fireexit.evidence import Again, verify
from fireexit.main_path import check
from judging.evidence.manifest import digest_of
from run_records.bounds import is_plain
from tests.adversary.bundles import Attack, attacks, edited, put, rejudge, replaced
from tests.cli.support import fireexit, only_line

ALL = list(attacks())


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sealed") / "run"
    check(mode="sim", policy="undifferentiated", seed=3, duration_s=4, replications=2, out=folder)
    return folder


def found(folder: Path, digest: str | None = None, again: bool = False) -> str:
    """What `verify` says if not all is well; empty if it finds nothing."""
    try:
        lines, intact = verify(folder, digest, Again(None, lambda share: None) if again else None)
    except UsageError as error:
        return str(error)
    text = "\n".join(lines)
    assert is_plain(text)
    assert all(len(line) < 400 for line in lines)
    return "" if intact else text


@pytest.mark.parametrize("attack", ALL, ids=[re.sub(r"[^\w./-]+", "-", attack.name) for attack in ALL])
def test_an_attack_is_found(attack: Attack, sealed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(sealed, folder)
    digest = digest_of(folder)
    attack.deed(folder)
    assert found(folder, digest), "the digest finds everything"
    said = found(folder)
    assert bool(said) == (attack.caught == "verify"), said
    if attack.caught == "verify":
        assert attack.words in said
    else:
        assert bool(found(folder, again=True)) == (attack.caught == "again")
        assert attack.words in "\n".join(verify(folder, None)[0])


def test_there_are_sixty_of_them_and_the_page_lists_what_only_the_digest_finds() -> None:
    assert len(ALL) >= 60
    page = (Path(__file__).parents[2] / "docs" / "evidence.md").read_text(encoding="utf-8")
    for attack in ALL:
        if attack.caught == "digest":
            assert attack.name.removeprefix("rejudged: ") in page, attack.name


def pipe_instead(folder: Path, name: str) -> Path:
    (folder / name).unlink()
    os.mkfifo(folder / name)
    return folder


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("diff run run", "verdict.json"),
        ("report run", "verdict.json"),
        ("funnel run", "replication-00/attempts.jsonl"),
        ("reconcile run", "replication-00/journal.jsonl"),
        ("funnel run", "terms.json"),
    ],
)
def test_no_command_waits_for_a_pipe(words: str, name: str, sealed: Path, tmp_path: Path) -> None:
    shutil.copytree(sealed, tmp_path / "run")
    pipe_instead(tmp_path / "run", name)
    result = fireexit(*words.split(), cwd=tmp_path, timeout=30)
    assert result.returncode == 2
    assert "not a regular file" in only_line(result.stderr)


def test_nothing_of_a_run_moves_the_cursor(sealed: Path, tmp_path: Path) -> None:
    """A verdict with such a text is none; a trader's name is written out."""
    shutil.copytree(sealed, tmp_path / "run")
    edited("verdict.json", put("run.scenario", "\x1b]0;hello\x07"))(tmp_path / "run")
    result = fireexit("diff", "run", "run", cwd=tmp_path)
    assert result.returncode == 2
    assert "malformed" in only_line(result.stderr)
    replaced("replication-00/attempts.jsonl", '"opening-flood-1.1"', '"\\u001b[2Jx"')(tmp_path / "run")
    shown = fireexit("funnel", "run", "--by", "trader", "--tsv", cwd=tmp_path)
    assert "\\x1b[2Jx" in shown.stdout
    assert is_plain(shown.stdout)


def test_no_policy_is_run_because_a_run_names_it(sealed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(sealed, folder)
    (tmp_path / "evil.py").write_text("open('was-here', 'w')\n\n\nclass Mine: ...\n")
    edited("run.json", put("policy", "evil:Mine"), rejudge)(folder)
    result = fireexit("verify", "--again", "run", cwd=tmp_path)
    assert result.returncode == 2
    assert "name it with --policy if you trust it" in only_line(result.stderr)
    assert not (tmp_path / "was-here").exists()
