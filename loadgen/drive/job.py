"""What a load driver is told: the target, the accounts, the scenario, where to write."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import orjson

from loadgen.drive.target import Target, check_target
from mock_exchange.plan import Access
from run_records.documents import PRIVATE, write_whole

MARK = "nonce"
ACCOUNTS_SCHEMA = "fireexit.accounts/1"


@dataclass(frozen=True, slots=True)
class Control:
    """The exchange's control port; always on loopback."""

    port: int
    token: str


@dataclass(frozen=True, slots=True)
class Job:
    """One load run. `accounts` are in the order of the scenario's population; `settings` and `time_scale`
    make of the scenario's text what is run. `title` says what to call it: run, scenario, policy, contract,
    seed. `nonce` tells a worker whether the `folder` it sees is the master's."""

    url: str
    own_host: str | None
    accounts: tuple[Access, ...]
    control: Control | None
    scenario: str
    seed: int
    duration_s: float
    folder: str
    settings: dict[str, Any] = field(default_factory=dict)
    time_scale: float = 1.0
    title: dict[str, str] = field(default_factory=dict)
    nonce: str = field(default_factory=lambda: secrets.token_hex(8))

    def target(self) -> Target:
        """Resolved and checked anew by whoever sends. Raises TargetRefusedError."""
        return check_target(self.url, self.own_host)

    def encoded(self) -> bytes:
        return msgspec.json.encode(self)

    @classmethod
    def decoded(cls, data: bytes) -> Job:
        """Raises ValueError."""
        return msgspec.json.decode(data, type=cls)

    def mark(self) -> None:
        """Leave in its folder what tells whoever sees the same folder so, until the run is over."""
        self._mark.write_text(self.nonce)

    def unmark(self) -> None:
        self._mark.unlink(missing_ok=True)

    def is_marked(self) -> bool:
        """Whether the folder is the one that was marked."""
        try:
            return self._mark.read_text() == self.nonce
        except (OSError, ValueError):
            return False

    @property
    def _mark(self) -> Path:
        return Path(self.folder) / MARK


def write_accounts(path: Path, accounts: list[Access], control: Control | None, url: str) -> None:
    """The file that `serve --accounts` leaves for a check against that exchange."""
    document: dict[str, Any] = {
        "schema": ACCOUNTS_SCHEMA,
        "url": url,
        "control": asdict(control) if control else None,
        "accounts": [asdict(access) for access in accounts],
    }
    write_whole(path, orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n", PRIVATE)


def read_accounts(path: Path) -> tuple[list[Access], Control | None]:
    """Raises ValueError with one line that says what is wrong with the file."""
    try:
        row = orjson.loads(path.read_bytes())
        if row["schema"] != ACCOUNTS_SCHEMA:
            raise ValueError(f"accounts file {path}: schema is not {ACCOUNTS_SCHEMA}")
        control = Control(**row["control"]) if row.get("control") else None
        return [Access(**access) for access in row["accounts"]], control
    except OSError as error:
        raise ValueError(f"cannot read accounts file {path}: {error.strerror}") from None
    except (KeyError, TypeError, orjson.JSONDecodeError):
        raise ValueError(f"accounts file {path} is malformed; write one with `serve --accounts`") from None
