"""The seal of a run: `manifest.json` lists every file with its SHA-256; the digest is the manifest's own.

Whoever keeps the digest elsewhere can tell later that nothing has been changed. Each record file has one of
checksums beside it, four bytes a line, sealed like the rest: they find the record that was changed, dropped
or added.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from run_records.bounds import made_plain
from run_records.documents import write_whole
from run_records.schemas import OLDEST, UnreadableError, check_schema, schema_name

KIND = "manifest"
NAME = "manifest.json"
SUMS = ".sums"
PREFIX = "sha256:"
MOST_FILES = 100_000
MOST_BYTES = 64 << 30
"""Of one file. Ten thousand replications have some 50,000 files; three million attempts take 2 GB."""
MOST_MANIFEST_BYTES = 64 << 20
_DIGEST = re.compile(rf"{PREFIX}[0-9a-f]{{64}}")


class EvidenceError(ValueError):
    """A directory that is no sealed run; the message is one line that says what to do."""


def unfinished(folder: Path, error: OSError) -> EvidenceError:
    """What to raise where a file that every finished run has cannot be read."""
    name = Path(error.filename).name if error.filename else "a file"
    return EvidenceError(f"{folder} is no finished run: {name}: {error.strerror}")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was sealed. `record` counts from 1, the header line not included; None if
    the whole file is meant."""

    file: str
    what: str
    record: int | None = None

    def __str__(self) -> str:
        where = self.file if self.record is None else f"{self.file}, record {self.record}"
        return made_plain(f"{where}: {self.what}").replace("\n", " ")


def seal(folder: Path) -> str:
    """Write checksums and manifest of a finished run. Returns the digest."""
    for path in sorted(folder.rglob("*.jsonl")):
        path.with_name(path.name + SUMS).write_bytes(_packed(path))
    files = {
        name: {"sha256": _sha256(folder / name), "bytes": (folder / name).stat().st_size}
        for name in _looked_over(folder)[0]
    }
    text = orjson.dumps({"schema": schema_name(KIND), "files": files}, option=orjson.OPT_INDENT_2) + b"\n"
    write_whole(folder / NAME, text)
    return _digest(text)


def digest_of(folder: Path) -> str:
    """The digest of a sealed run. Raises EvidenceError."""
    return _digest(_manifest_bytes(folder))


def inspect(folder: Path, digest: str | None = None) -> list[Finding]:
    """What differs from the seal; `digest` is the one that was kept elsewhere. Raises EvidenceError for a
    directory without a manifest, for files that cannot be read, and for what is no digest."""
    if digest is not None and not _DIGEST.fullmatch(_full(digest)):
        raise EvidenceError(f"{digest!r} is no digest: 64 hexadecimal digits, as printed at the end of a run")
    try:
        return _inspect(folder, digest)
    except OSError as error:
        raise EvidenceError(f"cannot read {error.filename}: {error.strerror}") from None


def _inspect(folder: Path, digest: str | None) -> list[Finding]:
    text = _manifest_bytes(folder)
    if digest is not None and _digest(text) != _full(digest):
        return [Finding(NAME, "is not the one with this digest: the manifest itself was replaced or changed")]
    files = _files(text)
    found, strange = _looked_over(folder)
    # Only plain files are opened: a pipe would never end, and a link leads elsewhere.
    findings = [Finding(name, "is no regular file") for name in strange]
    there = {*found, *strange}
    findings += [Finding(name, "is missing") for name in files if name not in there]
    findings += [
        Finding(name, "was not there when the run was sealed") for name in found if name not in files
    ]
    for name, row in files.items():
        if found.get(name, 0) > MOST_BYTES:
            findings.append(Finding(name, f"is larger than {MOST_BYTES >> 30} GiB"))
        elif name in found and _sha256(folder / name) != row["sha256"]:
            findings += _changed(folder, name)
        elif name in found and row.get("bytes") != found[name]:
            findings.append(Finding(NAME, f"says that {name} has {row.get('bytes')} bytes"))
    return findings


def _looked_over(folder: Path) -> tuple[dict[str, int], list[str]]:
    """Regular files below a folder with their sizes, and whatever else there is that is no folder, in order
    of their names; the manifest is left out. Nothing is opened, no link is followed. Raises EvidenceError
    for more than a run can have."""
    found: dict[str, int] = {}
    strange: list[str] = []
    folders = [folder]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                name = Path(entry.path).relative_to(folder).as_posix()
                if entry.is_dir(follow_symlinks=False):
                    folders.append(Path(entry.path))
                elif entry.is_file(follow_symlinks=False):
                    found[name] = entry.stat(follow_symlinks=False).st_size
                else:
                    strange.append(name)
                if len(found) + len(strange) + len(folders) > MOST_FILES:
                    raise EvidenceError(f"{folder} holds more than {MOST_FILES:,} files: no run does")
    found.pop(NAME, None)
    return dict(sorted(found.items())), sorted(strange)


def _manifest_bytes(folder: Path) -> bytes:
    path = folder / NAME
    try:
        known = path.lstat()
        if not stat.S_ISREG(known.st_mode) or known.st_size > MOST_MANIFEST_BYTES:
            limit = f"of at most {MOST_MANIFEST_BYTES >> 20} MiB"
            raise EvidenceError(f"{path} is no regular file {limit}")
        return path.read_bytes()
    except PermissionError as error:
        raise EvidenceError(f"cannot read {folder / NAME}: {error.strerror}") from None
    except OSError:
        raise EvidenceError(f"{folder} has no {NAME}: it is no finished run") from None


def _files(text: bytes) -> dict[str, Any]:
    try:
        row = orjson.loads(text)
        check_schema(row["schema"], KIND, NAME, oldest=OLDEST)
        files: dict[str, Any] = row["files"]
        if len(files) > MOST_FILES:
            raise UnreadableError(f"{NAME} lists more than {MOST_FILES:,} files: no run has so many")
        for name, entry in files.items():
            if Path(name).is_absolute() or ".." in Path(name).parts or not isinstance(entry["sha256"], str):
                raise ValueError
    except UnreadableError as error:
        raise EvidenceError(str(error)) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise EvidenceError(f"{NAME} is malformed: not a {schema_name(KIND)} document") from None
    return files


def _digest(manifest: bytes) -> str:
    return PREFIX + hashlib.sha256(manifest).hexdigest()


def _full(digest: str) -> str:
    digest = digest.strip().lower()
    return digest if digest.startswith(PREFIX) else PREFIX + digest


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:  # a failing disk does not say whose block it was
        raise OSError(error.errno, error.strerror, str(path)) from None


def _lines(path: Path) -> Iterator[int]:
    with path.open("rb") as file:
        for line in file:
            yield zlib.crc32(line)


def _packed(path: Path) -> bytes:
    sums = list(_lines(path))
    return struct.pack(f"<{len(sums)}I", *sums)


def first_difference(before: Path, after: Path) -> int | None:
    """The record in which two record files begin to differ, 0 for their headers; None if they do not."""
    found = _first_difference(list(_lines(before)), list(_lines(after)))
    return None if found is None else found[0]


def _changed(folder: Path, name: str) -> list[Finding]:
    """The file differs; the checksums beside it say where, if they are intact themselves."""
    beside = folder / (name + SUMS)
    if not name.endswith(".jsonl") or not beside.is_file():
        return [Finding(name, "was changed")]
    packed = beside.read_bytes()
    before = [value for (value,) in struct.iter_unpack("<I", packed[: len(packed) // 4 * 4])]
    after = list(_lines(folder / name))
    found = _first_difference(before, after)
    if found is None:
        return [Finding(name, "was changed")]
    place, what = found
    if place == 0 and what == "was changed":
        return [Finding(name, "has another header")]
    return [Finding(name, what, place)]


def _first_difference(before: list[int], after: list[int]) -> tuple[int, str] | None:
    """(line, what happened to it), lines from 0; the header is line 0, so a line is a record's number."""
    place = next(
        (n for n, (one, other) in enumerate(zip(before, after, strict=False)) if one != other),
        min(len(before), len(after)),
    )
    if len(before) == len(after):
        return (place, "was changed") if place < len(before) else None
    if len(after) < len(before):
        gone = len(before) - len(after)
        return place, "was dropped" if gone == 1 else f"and {gone - 1} more were dropped"
    return place, "was added"
