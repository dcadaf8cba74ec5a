"""How Chromium is started here: no sandbox (CI runs as root), nothing that calls home."""

from __future__ import annotations

import shutil
from typing import Any

CHROMIUM: dict[str, Any] = {
    "executable_path": shutil.which("chromium") or "chromium",
    "args": [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ],
}
