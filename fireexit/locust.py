"""`fireexit locust …`: Locust with our locustfile, wherever it is installed."""

from __future__ import annotations

import os
import sys
from importlib.resources import files


def become_locust(arguments: list[str]) -> None:
    """Replace this process by Locust: it patches sockets and threads, so it wants a process of its own."""
    locustfile = files("loadgen").joinpath("locustfile.py")
    os.execv(sys.executable, [sys.executable, "-m", "locust", "-f", str(locustfile), *arguments])
