"""What a policy's name says: which code it is, and where that code runs."""

from __future__ import annotations

import hashlib
import shlex
from dataclasses import dataclass
from pathlib import Path

from mock_exchange.gateway.policies.loading import NAMES, is_file, split_file

TRUST, PIPE = "trust:", "pipe:"


@dataclass(frozen=True, slots=True)
class Named:
    """A policy as somebody has named it: `exempt`, `mine.py`, `module:Class`, `pipe:node mine.js`, or
    `trust:` and one of these."""

    name: str

    @property
    def is_trusted(self) -> bool:
        """Whether it is to run in the exchange's own process although it is not ours."""
        return self.name.startswith(TRUST)

    def trusted(self) -> Named:
        """The same, trusted. What is ours is anyway, and a command has no other place to run."""
        at_home = self.is_trusted or self.is_shipped or self.is_command
        return self if at_home else Named(TRUST + self.name)

    @property
    def bare(self) -> str:
        return self.name.removeprefix(TRUST)

    @property
    def is_shipped(self) -> bool:
        return self.bare in NAMES

    @property
    def is_command(self) -> bool:
        return self.name.startswith(PIPE)

    @property
    def command(self) -> list[str]:
        """The words of a `pipe:` command; empty for a policy in Python, and where they cannot be read."""
        if not self.is_command:
            return []
        try:
            return shlex.split(self.name.removeprefix(PIPE))
        except ValueError:
            return []

    @property
    def files(self) -> list[Path]:
        """The files that its code comes from, as far as its name says: of a command each word that is a
        file's path; the program itself only if there is no other."""
        if self.command:
            found = [Path(word) for word in self.command if Path(word).is_file()]
            return found[1:] if len(found) > 1 and found[0] == Path(self.command[0]) else found
        return [split_file(self.bare)[0]] if is_file(self.bare) else []

    def fingerprint(self) -> str | None:
        """SHA-256 of the file, if there is one; of several, that of their SHA-256s one after the other, in
        hexadecimal. Raises OSError."""
        each = [hashlib.sha256(file.read_bytes()).hexdigest() for file in self.files]
        if len(each) < 2:
            return each[0] if each else None
        return hashlib.sha256("".join(each).encode()).hexdigest()

    @property
    def public(self) -> str:
        """The name without directories: where somebody keeps a file is nobody's business."""
        if self.command:
            words = [Path(word).name if "/" in word else word for word in self.command]
            return PIPE + shlex.join(words)
        prefix = TRUST if self.is_trusted else ""
        return prefix + (Path(self.bare).name if is_file(self.bare) else self.bare)
