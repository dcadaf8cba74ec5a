"""TLS for clients that insist on it: a throwaway authority that vouches for this machine's names."""

from __future__ import annotations

import ssl
from pathlib import Path


def throwaway(ca_file: Path, *names: str) -> ssl.SSLContext:
    """A server context with a certificate for `names`, made now; the authority that clients have to
    trust is written to `ca_file` (PEM)."""
    import trustme

    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, "127.0.0.1", "::1", "localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(ca_file))
    return context


def from_files(certificate: Path, key: Path) -> ssl.SSLContext:
    """A server context from PEM files. Raises OSError (ssl.SSLError among them) for bad ones."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
