"""Whether a port can be had, asked before anything is started."""

from __future__ import annotations

import socket


def why_not(port: int, host: str = "127.0.0.1") -> str:
    """Why nobody can listen there; empty if one can. 0 is always free."""
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OverflowError:
        return "no such port"
    except OSError as error:
        return error.strerror or str(error)
    return ""
