"""Landlock: taking the file system, TCP and signals away from the present process for good."""

import ctypes
import functools
import os
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG = 1
_RULE_PATH_BENEATH = 1
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
# How many kinds of file access each version of the interface can take away.
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
_FILE_RIGHTS_SINCE_5 = 16
_TCP_SINCE, _SCOPES_SINCE = 4, 6
_ALL_TCP = 0b11
_ALL_SCOPES = 0b11
_SHARED = ("/usr/lib", "/usr/lib64", "/lib", "/lib64")
_FONTS = ("/usr/share/fonts", "/usr/local/share/fonts")


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def version() -> int:
    """The version of the interface that the kernel offers; 0 when there is none."""
    if sys.platform != "linux":
        return 0
    return max(0, _syscall(_CREATE_RULESET, None, 0, _VERSION_FLAG))


def library_folders() -> tuple[str, ...]:
    """Folders that Python and its libraries may still be read from after start."""
    candidates = {
        *(entry for entry in sys.path if os.path.isabs(entry)),
        *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
        f"{sys.base_prefix}/lib",
        *_SHARED,
        *_FONTS,
    }
    real = sorted({os.path.realpath(path) for path in candidates if os.path.exists(path)})
    # Sorted, a folder stands before everything in it.
    outer: list[str] = []
    for path in real:
        if not outer or not path.startswith(outer[-1] + os.sep):
            outer.append(path)
    return tuple(outer)


def restrict(readable: Iterable[str | Path]) -> bool:
    """Allow reading below the given paths and nothing else; False when the kernel cannot.

    Open descriptors keep working. Needs `no_new_privs`. Where the kernel is new enough, TCP,
    abstract sockets and signals to other processes are taken away too.
    """
    offered = version()
    if offered < 1:
        return False
    rights = (1 << _FILE_RIGHTS.get(offered, _FILE_RIGHTS_SINCE_5)) - 1
    ruleset = _Ruleset(
        handled_access_fs=rights,
        handled_access_net=_ALL_TCP if offered >= _TCP_SINCE else 0,
        scoped=_ALL_SCOPES if offered >= _SCOPES_SINCE else 0,
    )
    size = 8 if offered < _TCP_SINCE else 16 if offered < _SCOPES_SINCE else 24
    handle = _syscall(_CREATE_RULESET, ctypes.byref(ruleset), size, 0)
    if handle < 0:
        return False
    try:
        return all(_allow(handle, path) for path in readable) and (
            _syscall(_RESTRICT_SELF, handle, 0, 0) == 0
        )
    finally:
        os.close(handle)


def _allow(handle: int, path: str | Path) -> bool:
    beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        access = _READ_FILE | _READ_DIR if os.path.isdir(path) else _READ_FILE
        rule = _PathBeneath(allowed_access=access, parent_fd=beneath)
        return _syscall(_ADD_RULE, handle, _RULE_PATH_BENEATH, ctypes.byref(rule), 0) == 0
    finally:
        os.close(beneath)


@functools.cache
def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    return libc


def _syscall(number: int, *arguments: object) -> int:
    wide = (ctypes.c_long(one) if isinstance(one, int) else one for one in arguments)
    return int(_libc().syscall(ctypes.c_long(number), *wide))
