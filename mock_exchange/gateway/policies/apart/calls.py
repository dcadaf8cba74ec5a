"""Which system calls the process of a policy may not make: those by which it could reach other processes
of its user, leave its own group, talk to anybody, or change what it may not write. Landlock says nothing of
them.

They fail with EPERM. The filter is a program for the kernel (seccomp, classic BPF), made here and installed
by `confine`.

Source: Linux, Documentation/userspace-api/seccomp_filter.rst; numbers of calls from asm/unistd_64.h (x86_64)
and asm-generic/unistd.h (aarch64).
"""

from __future__ import annotations

import errno
import platform
import struct
import sys

_MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
"""How the kernel names a machine, and which column of `_NEVER` is its."""
_NEVER: dict[str, tuple[int | None, int | None]] = {
    # Anybody who listens, on this machine or another.
    "socket": (41, 198),
    "connect": (42, 203),
    "bind": (49, 200),
    "io_uring_setup": (425, 425),
    # Memory and queues that others can find by a key.
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "semop": (65, 193),
    "semtimedop": (220, 192),
    "semctl": (66, 191),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "msgctl": (71, 187),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    # Other processes of the same user.
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "kcmp": (312, 272),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "perf_event_open": (298, 241),
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    # The group that is ended with the run.
    "setsid": (112, 157),
    "setpgid": (109, 154),
    "setns": (308, 268),
    "unshare": (272, 97),
    # What is known of files that cannot be written.
    "truncate": (76, 45),
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "lchown": (94, None),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "setxattrat": (463, 463),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "removexattrat": (466, 466),
    "file_setattr": (469, 469),
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    "fanotify_init": (300, 262),
    "open_by_handle_at": (304, 265),
    # The machine itself, should somebody run this as root.
    "mount": (165, 40),
    "umount2": (166, 39),
    "move_mount": (429, 429),
    "open_tree": (428, 428),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "chroot": (161, 51),
    "pivot_root": (155, 41),
    "reboot": (169, 142),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "syslog": (103, 116),
    "acct": (163, 89),
    "quotactl": (179, 60),
}
_SIGNALS = {"kill": (62, 129), "tgkill": (234, 131)}
_OF_ITSELF = {
    "prlimit64": (302, 261),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274),
}
"""Their first argument is a process: only itself."""
_NOT_FOR = {
    "fcntl": ((72, 25), 1, (8, 10, 15)),  # F_SETOWN, F_SETSIG, F_SETOWN_EX: signals to others by a file
    "ioctl": (
        (16, 29),
        1,
        # FIOSETOWN, SIOCSPGRP: likewise; then FS_IOC_SETFLAGS, its 32-bit form, FS_IOC_FSSETXATTR,
        # FS_IOC_SETVERSION: what is known of a file
        (0x8901, 0x8902, 0x40086602, 0x40046602, 0x401C5820, 0x40087602),
    ),
    "prctl": ((157, 167), 0, (1,)),  # PR_SET_PDEATHSIG: it ends with the gateway
}
"""Which argument of these may not be what."""
_SOCKETPAIR = (53, 199)
"""A pair of stream sockets talks to nobody else; one of datagrams can send anywhere."""
_STREAM, _TYPE_MASK = 1, 0xF
_CLONE, _NAMESPACES = (56, 220), 0x7E020080
"""CLONE_NEWTIME, CLONE_NEWNS and those beside it: no namespaces of its own."""
_CLONE3 = 435
"""Its flags cannot be looked at: it is answered as by a kernel that does not know it, and libraries take
`clone`."""

_LOAD, _AND, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_ALLOW, _REFUSE, _UNKNOWN = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS
_OTHER_TABLE = 0x40000000
"""Numbers from here on are of x86's x32 calls: the same calls by other numbers."""


def call_filter(process: int, *, scoped: bool) -> bytes:
    """The program for a process of this number; empty on a machine whose calls are not known here. `scoped`:
    the kernel keeps its signals inside by itself (Landlock's scopes), so that it may end its own children."""
    machine = platform.machine()
    if not sys.platform.startswith("linux") or machine not in _MACHINES:
        return b""
    name, column = _MACHINES[machine]
    made = [
        _step(_LOAD, _ARCHITECTURE),
        _step(_IF_EQUAL, name, here=1),
        _step(_RETURN, _REFUSE),
        _step(_LOAD, _NUMBER),
        *_where(_IF_AT_LEAST, _OTHER_TABLE, [_step(_RETURN, _REFUSE)]),
    ]
    for numbers in _NEVER.values():
        if (number := numbers[column]) is not None:
            made += _where(_IF_EQUAL, number, [_step(_RETURN, _REFUSE)])
    of_itself = _OF_ITSELF if scoped else _OF_ITSELF | _SIGNALS
    for both in of_itself.values():
        made += _where(_IF_EQUAL, both[column], _only(0, (0, process)))
    for numbers, argument, values in _NOT_FOR.values():
        made += _where(_IF_EQUAL, numbers[column], _none_of(argument, values))
    made += _where(_IF_EQUAL, _CLONE[column], _only(0, (0,), _step(_AND, _NAMESPACES)))
    made += _where(_IF_EQUAL, _CLONE3, [_step(_RETURN, _UNKNOWN)])
    made += _where(_IF_EQUAL, _SOCKETPAIR[column], _only(1, (_STREAM,), _step(_AND, _TYPE_MASK)))
    return b"".join([*made, _step(_RETURN, _ALLOW)])


def _only(argument: int, values: tuple[int, ...], *before: bytes) -> list[bytes]:
    """The rest of a call whose argument must be one of these."""
    return _by_argument(argument, values, _ALLOW, _REFUSE, *before)


def _none_of(argument: int, values: tuple[int, ...]) -> list[bytes]:
    """The rest of a call whose argument must be none of these."""
    return _by_argument(argument, values, _REFUSE, _ALLOW)


def _by_argument(
    argument: int, values: tuple[int, ...], listed: int, others: int, *before: bytes
) -> list[bytes]:
    """What becomes of a call whose argument, after the steps `before`, is one of the values, or is none."""
    made = [_step(_LOAD, _ARGUMENTS + 8 * argument), *before]
    for value in values:
        made += _where(_IF_EQUAL, value, [_step(_RETURN, listed)])
    return [*made, _step(_RETURN, others)]


def _where(test: int, value: int, then: list[bytes]) -> list[bytes]:
    return [_step(test, value, otherwise=len(then)), *then]


def _step(code: int, value: int, here: int = 0, otherwise: int = 0) -> bytes:
    """One instruction: for a test, how many to skip if it is so, and if not."""
    return struct.pack("=HBBI", code, here, otherwise, value)
