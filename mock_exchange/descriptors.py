"""Room for connections: thousands of sockets need thousands of file descriptors."""

from __future__ import annotations

import sys


def raise_limit() -> None:
    """Raise the soft limit on open files to the hard one, where there are such limits."""
    if sys.platform == "win32":
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
