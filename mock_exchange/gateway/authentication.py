"""Who is calling: API keys, the time window, signatures by HMAC-SHA256, RSA or Ed25519."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mock_exchange.engine.accounts import Account
from mock_exchange.errors import Refused
from mock_exchange.gateway.attempt import Call
from mock_exchange.gateway.parameters.table import INTEGER_RANGE
from run_records.words import Stage

DEFAULT_RECV_WINDOW_MS: Final = 5000
MAX_RECV_WINDOW_MS: Final = 60_000
AHEAD_TOLERANCE_MS: Final = 1000

_KEY_FORMAT: Final = re.compile(r"[A-Za-z0-9]{16,128}", re.ASCII)
_INNER_PAD: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER_PAD: Final = bytes(byte ^ 0x5C for byte in range(256))
_BLOCK: Final = 64


class Signature:
    """HMAC-SHA256 with both states keyed once (RFC 2104), which halves the cost of each signature."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, secret: str) -> None:
        block = secret.encode()
        if len(block) > _BLOCK:
            block = hashlib.sha256(block).digest()
        block = block.ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha256(block.translate(_INNER_PAD))
        self._outer = hashlib.sha256(block.translate(_OUTER_PAD))

    def sign(self, payload: bytes) -> str:
        """Lower-case hex HMAC-SHA256 of `payload`."""
        inner = self._inner.copy()
        inner.update(payload)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.hexdigest()


Verify = Callable[[bytes, str], bool]
"""Whether a signature, as sent, fits a payload."""


def verify_by_secret(secret: str) -> Verify:
    """HMAC-SHA256 in hex of either case."""
    signature = Signature(secret)

    def verify(payload: bytes, given: str) -> bool:
        given = given.lower()
        return given.isascii() and hmac.compare_digest(signature.sign(payload), given)

    return verify


def verify_by_public_key(pem: str) -> Verify:
    """Ed25519, or RSASSA-PKCS1-v1_5 with SHA-256, in base64. Raises ValueError for any other key."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key = load_pem_public_key(pem.encode())
    if not isinstance(key, Ed25519PublicKey | RSAPublicKey):
        raise ValueError("the public key must be Ed25519 or RSA, in PEM")

    def verify(payload: bytes, given: str) -> bool:
        try:
            raw = base64.b64decode(given, validate=True)
            if isinstance(key, Ed25519PublicKey):
                key.verify(raw, payload)
            else:
                key.verify(raw, payload, PKCS1v15(), SHA256())
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True

    return verify


@dataclass(frozen=True, slots=True)
class Credential:
    """A known API key: how its signatures are verified, and whose it is."""

    verify: Verify
    account: Account


class Unauthenticated(Refused):
    """Nobody is known to have sent this, or to have meant it now."""

    def __init__(self, code: int, *args: object, variant: int | None = None) -> None:
        super().__init__(code, *args, variant=variant)
        self.stage = Stage.AUTHENTICATION


class Authenticator:
    """Known keys. -2014 malformed, -2015 unknown, -1102 missing, -1021 late or early, -1022 forged."""

    def __init__(self) -> None:
        self._credentials: dict[str, Credential] = {}

    def add(self, api_key: str, verify: Verify, account: Account) -> None:
        self._credentials[api_key] = Credential(verify, account)

    def credential(self, call: Call) -> Credential:
        """The credential of the key in the header, signature unchecked."""
        credential = self._credentials.get(call.api_key)
        if credential is None:
            raise Unauthenticated(-2014 if _KEY_FORMAT.fullmatch(call.api_key) is None else -2015)
        return credential

    def owner(self, api_key: str) -> Account | None:
        """Whose key it claims to be, for the records; nothing is verified."""
        credential = self._credentials.get(api_key)
        return None if credential is None else credential.account

    def authenticate(self, call: Call, epoch_ms: int) -> Account:
        """The account behind a signed call."""
        credential = self.credential(call)
        call.deadline_ms = check_time(call.params, epoch_ms)
        if not call.signature:
            raise Unauthenticated(-1102, "signature")
        if not credential.verify(call.payload, call.signature):
            raise Unauthenticated(-1022)
        return credential.account


def check_time(params: dict[str, str], epoch_ms: int) -> int:
    """Accept iff timestamp < server time + 1000 and server time − timestamp ≤ recvWindow. Returns the last
    venue time at which the request is still good; the engine looks again (-5028)."""
    timestamp = _integer(params, "timestamp", None)
    window = _integer(params, "recvWindow", DEFAULT_RECV_WINDOW_MS)
    if window > MAX_RECV_WINDOW_MS:
        raise Unauthenticated(-1130, "recvWindow")
    if timestamp >= epoch_ms + AHEAD_TOLERANCE_MS:
        raise Unauthenticated(-1021, variant=1)
    if epoch_ms - timestamp > window:
        raise Unauthenticated(-1021)
    return timestamp + window


def _integer(params: dict[str, str], name: str, default: int | None) -> int:
    text = params.get(name)
    if text is None and default is not None:
        return default
    if not text:
        raise Unauthenticated(-1102, name)
    if len(text) > 18 or not (text.isascii() and text.isdigit()):
        raise Unauthenticated(-1100, name, INTEGER_RANGE)
    return int(text)
