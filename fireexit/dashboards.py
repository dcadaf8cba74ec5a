"""`fireexit dashboards`: what Prometheus and Grafana need, written where they can read it."""

from __future__ import annotations

import shutil
from pathlib import Path

from fireexit.errors import UsageError

PARTS = ("dashboards", "prometheus", "provisioning")
_PLACES = (Path(__file__).parent / "grafana", Path(__file__).parents[1] / "grafana")
"""In an installed wheel, and beside the package in a checkout."""


def write_dashboards(out: Path) -> list[Path]:
    """Copy dashboards, rules and provisioning into a new or empty directory. Returns the files written.
    Raises UsageError."""
    source = next((place for place in _PLACES if (place / "dashboards").is_dir()), None)
    if source is None:
        raise UsageError("this installation has no dashboards; install fireexit from its wheel")
    try:
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            raise UsageError(f"{out} is not empty")
        for part in PARTS:
            shutil.copytree(source / part, out / part)
    except OSError as error:
        raise UsageError(f"cannot write to {out}: {error.strerror}") from None
    return sorted(path for path in out.rglob("*") if path.is_file())
