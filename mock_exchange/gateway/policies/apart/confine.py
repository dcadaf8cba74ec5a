"""A program that takes from its own process what a policy has no use for, and becomes the policy's command:

    python -I -S confine.py COMMAND …

The first line of its standard input says what may be read, and which system calls may not be made:
`{"read": […], "list": […], "calls": "…"}`. The rest is the command's.

Files outside `read` cannot be opened, and none can be written (Landlock, where Linux has it); nobody can be
talked to, and no other process reached (seccomp). It dies with the gateway that started it. Nothing of
fireexit is imported here, and nothing but the standard library.

Source: Linux, Documentation/userspace-api/landlock.rst and seccomp_filter.rst; prctl(2).
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import resource
import signal
import struct
import sys

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION, _PATH_BENEATH = 1, 1
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP = 1, 38, 22
_SECCOMP_MODE_FILTER, _SIZE_OF_STEP = 2, 8
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_ALL_OF_VERSION = (0, 0x1FFF, 0x3FFF, 0x7FFF, 0x7FFF, 0xFFFF)
"""Rights over files that each version of Landlock knows; the last holds for all later ones."""
_TCP, _SCOPES = 3, 3
"""Bind and connect; abstract sockets and signals."""
SCOPED = 6
"""The first version that knows scopes."""
_WRITABLE = ("/dev/null", "/dev/full")


def version() -> int:
    """Of this kernel's Landlock; 0 without it."""
    if not sys.platform.startswith("linux"):
        return 0
    found: int = ctypes.CDLL(None).syscall(_CREATE_RULESET, None, 0, _VERSION)
    return max(0, found)


def knows_filters() -> bool:
    """Whether this kernel can be given a filter of system calls."""
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    return (
        libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, None, 0, 0) < 0
        and ctypes.get_errno() == errno.EFAULT
    )


def confine(read: list[str], list_only: list[str], calls: bytes) -> None:
    """For the rest of this process's life. Raises OSError."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    _checked(libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0))
    _checked(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    _confine_files(libc, read, list_only)
    _confine_calls(libc, calls)


def _confine_files(libc: ctypes.CDLL, read: list[str], list_only: list[str]) -> None:
    known = version()
    if not known:
        return
    files = _ALL_OF_VERSION[min(known, len(_ALL_OF_VERSION) - 1)]
    rules = struct.pack("=QQQ", files, _TCP if known >= 4 else 0, _SCOPES if known >= SCOPED else 0)
    ruleset = _checked(libc.syscall(_CREATE_RULESET, rules, len(rules), 0))
    for path in read:
        _allow(libc, ruleset, path, _EXECUTE | _READ_FILE | _READ_DIR)
    for path in list_only:
        _allow(libc, ruleset, path, _READ_DIR)
    for path in _WRITABLE:
        _allow(libc, ruleset, path, _READ_FILE | _WRITE_FILE)
    _checked(libc.syscall(_RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)


def _confine_calls(libc: ctypes.CDLL, program: bytes) -> None:
    """A kernel that knows no filters is left as it is."""
    steps = ctypes.create_string_buffer(program, len(program))
    count = len(program) // _SIZE_OF_STEP
    whole = ctypes.create_string_buffer(struct.pack("@HP", count, ctypes.addressof(steps)))
    if count and libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, whole, 0, 0) < 0:
        number = ctypes.get_errno()
        if number != errno.EINVAL:
            raise OSError(number, os.strerror(number))


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # not there, so nothing to allow
    try:
        if not os.path.isdir(path):
            rights &= ~_READ_DIR
        rule = struct.pack("=Qi", rights, place)
        _checked(libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0))
    finally:
        os.close(place)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def main() -> None:
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)  # one by one: what follows belongs to the command
        if not byte:
            return
        line += byte
    allowed = json.loads(line)
    command = sys.argv[1:]
    try:
        confine(allowed["read"], allowed["list"], bytes.fromhex(allowed["calls"]))
        os.execvp(command[0], command)
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        sys.exit(127)


if __name__ == "__main__":
    main()
