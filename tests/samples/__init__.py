"""Files of users, as tests need them: policies that misbehave, and a project that gates itself."""

from __future__ import annotations

import shutil
from pathlib import Path


def sample(name: str, into: Path, as_name: str = "") -> Path:
    """A copy of one of these files in a folder."""
    return Path(shutil.copy(Path(__file__).with_name(name), into / (as_name or name)))
