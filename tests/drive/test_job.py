"""Keys on their way: whoever else is on the machine must not read them."""

from __future__ import annotations

import stat
from pathlib import Path

from loadgen.drive.job import Control, read_accounts, write_accounts
from mock_exchange.plan import Access


def test_accounts_are_readable_by_their_user_alone_whatever_lay_there_before(tmp_path: Path) -> None:
    path = tmp_path / "accounts.json"
    path.write_text("{}")
    path.chmod(0o644)
    written = [Access("a", "key", "secret", "127.1.0.1")], Control(1, "token")
    write_accounts(path, *written, "http://127.0.0.1:1")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_accounts(path) == written
    assert list(tmp_path.iterdir()) == [path]
