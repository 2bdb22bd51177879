"""Taking away from the present process whatever reading one file does not need."""

import contextlib
import ctypes
import functools
import os
import resource
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from docuvault.extraction import landlock

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_CAPABILITY_VERSION = 0x20080522
_OPEN_FILES = 64
_FIRST_TO_GO = "1000"
_LINUX = sys.platform == "linux"


@dataclass(frozen=True, slots=True)
class Quota:
    """What one document may use: bytes of memory beyond those of the start, seconds, bytes."""

    memory_bytes: int
    cpu_seconds: int
    result_bytes: int


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _CapabilitySets(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def leave_network() -> bool:
    """Move into a network of its own, which has nothing in it; False when that is not allowed.

    Call it before anything starts a thread.
    """
    if not _LINUX:
        return False
    libc = _libc()
    if libc.unshare(_CLONE_NEWNET) == 0:
        return True
    user, group = os.geteuid(), os.getegid()
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        return False
    with contextlib.suppress(OSError):
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    return True


def die_with_parent(parent: int) -> None:
    """Be killed when the parent ends, whatever it ends by."""
    if _LINUX:
        _libc().prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)


def enter(quota: Quota, readable: tuple[str, ...]) -> None:
    """Limits first, then privileges, then the file system; each as far as the kernel goes along."""
    _limit(quota)
    if not _LINUX:
        return
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO)
    _libc().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _drop_capabilities()
    with contextlib.suppress(OSError):
        landlock.restrict(readable)


def _limit(quota: Quota) -> None:
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_CPU, quota.cpu_seconds, quota.cpu_seconds + 2)
    _lower(resource.RLIMIT_FSIZE, quota.result_bytes)
    _lower(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _lower(resource.RLIMIT_NPROC, 0)
    _lower(resource.RLIMIT_AS, _address_space() + quota.memory_bytes)


def _lower(limit: int, soft: int, hard: int | None = None) -> None:
    """Set a limit without ever exceeding the one that is already there."""
    most = resource.getrlimit(limit)[1]
    wanted = soft if hard is None else hard
    if most != resource.RLIM_INFINITY:
        wanted = min(wanted, most)
    resource.setrlimit(limit, (min(soft, wanted), wanted))


def _address_space() -> int:
    """Bytes of address space that the process takes already."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return 0
    return pages * resource.getpagesize()


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _drop_capabilities() -> None:
    header = _CapabilityHeader(version=_CAPABILITY_VERSION, pid=0)
    _libc().capset(ctypes.byref(header), (_CapabilitySets * 2)())
