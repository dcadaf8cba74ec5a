"""Which version of the records is written, and what is said of files of another."""

from __future__ import annotations

VERSION = 2
"""One number for all that a run's directory holds. Readers take this one and the one before."""
OLDEST = VERSION - 1


class UnreadableError(ValueError):
    """A file that is not what its name says, or of a version that cannot be read; one line."""


def schema_name(kind: str, version: int = VERSION) -> str:
    """`fireexit.<kind>/<version>`, as the first line or the `schema` key of a file says it."""
    return f"fireexit.{kind}/{version}"


def check_schema(found: object, kind: str, where: str, *, oldest: int = VERSION) -> None:
    """Raises UnreadableError unless `found` names the kind in this version, or in one from `oldest` on."""
    if found == schema_name(kind):
        return
    version = version_of(found, kind)
    if version is not None and oldest <= version <= VERSION:
        return
    if version is None:
        raise UnreadableError(f"{where} is not a {schema_name(kind)} file")
    if version == OLDEST:
        raise UnreadableError(
            f"{where} is of {schema_name(kind, version)}, the version before: it is read by the whole tool "
            "only, which knows the exchange it came from"
        )
    raise UnreadableError(
        f"{where} is of {schema_name(kind, version)}; this fireexit reads versions {OLDEST} and {VERSION}"
    )


def version_of(found: object, kind: str) -> int | None:
    """The number in a schema's name; None if it is not of this kind."""
    if not isinstance(found, str):
        return None
    prefix, _, number = found.rpartition("/")
    return int(number) if prefix == f"fireexit.{kind}" and number.isascii() and number.isdecimal() else None
