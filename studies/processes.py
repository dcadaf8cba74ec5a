"""The processes of a run over sockets, by what they are."""

from __future__ import annotations

import psutil

COMMAND, EXCHANGE, LOADER, WORKER = "command", "exchange", "loader", "worker"
"""The loader is the master of workers, or the only sender."""
OTHERS = "others"


Family = dict[str, list[psutil.Process]]


def family(command: int) -> Family:
    """Those that are there now, by role; nothing if the command is gone."""
    try:
        root = psutil.Process(command)
        below = root.children(recursive=True)
    except psutil.NoSuchProcess:
        return {}
    found: Family = {COMMAND: [root]}
    for process in below:
        try:
            role = _role(process, command)
        except psutil.NoSuchProcess:
            continue
        found.setdefault(role, []).append(process)
    return found


def member(processes: Family, role: str) -> psutil.Process | None:
    """One of that role, if there is one at that moment."""
    return next((process for process in processes.get(role, []) if process.is_running()), None)


def _role(process: psutil.Process, command: int) -> str:
    words = " ".join(process.cmdline())
    if "mock_exchange" in words:
        return EXCHANGE
    if "locust" in words:
        return LOADER if process.ppid() == command else WORKER
    return OTHERS
