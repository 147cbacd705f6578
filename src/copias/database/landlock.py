"""The kernel's own wall around a program (Landlock): it needs no root, and no rule can be taken back from inside.

It forbids to open, read, write and run, TCP connections (version 4), and abstract sockets and signals (version 6). It
knows nothing of modes and owners, of Unix sockets with a path, nor of UDP: see :mod:`copias.database.confinement`.
"""

from __future__ import annotations

import ctypes
import functools
import os
import stat
import typing as t
from contextlib import contextmanager, suppress
from pathlib import Path

from copias.database.confinement import READABLE
from copias.errors import NotReady

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from copias.database.confinement import Confinement

_CREATE, _ADD, RESTRICT = 444, 445, 446
"""Numbers of the system calls, the same on every architecture."""
_ASK_VERSION: t.Final = 1
_BENEATH, _PORT = 1, 2
_NO_NEW_PRIVILEGES: t.Final = 38
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_FOLDER = 1, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE: t.Final = 1 << 14
_ON_FILES: t.Final = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | 1 << 15
_BITS: t.Final = {1: 13, 2: 14, 3: 15, 4: 15}
"""How many kinds of access to files each version of Landlock knows; newer ones 16."""
_BIND, _CONNECT = 1, 1 << 1
_SCOPES: t.Final = 3
"""Abstract sockets and signals: both only among the server's own processes."""
LOADERS: t.Final = ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1", "/lib/ld-linux-armhf.so.3")
"""What the kernel itself runs to start a program."""


class _Rules(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("access", ctypes.c_uint64), ("parent", ctypes.c_int32))


class _Port(ctypes.Structure):
    _fields_ = (("access", ctypes.c_uint64), ("port", ctypes.c_uint64))


@functools.cache
def landlock_version() -> int:
    """Return the version of the kernel's Landlock, 0 when it has none."""
    return max(0, int(_library().syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_VERSION))))


@contextmanager
def made_rules(wanted: Confinement) -> Iterator[int | None]:
    """Yield the rules, a file that the kernel keeps them in; ``None`` where it has no Landlock.

    Raises:
        NotReady: the kernel has Landlock and refuses the rules.
    """
    if not landlock_version():
        yield None
        return
    rules = _make_rules(wanted)
    try:
        yield rules
    finally:
        os.close(rules)


def restricting(rules: int) -> Callable[[], None]:
    """Return what a child calls before it becomes the program, to be kept to these rules."""
    library = _library()

    def restrict() -> None:
        # Between fork and exec: two system calls and nothing else. A failure ends the child.
        if library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or library.syscall(RESTRICT, rules, ctypes.c_uint32(0)):
            raise OSError(ctypes.get_errno(), "Landlock")

    return restrict


def _make_rules(wanted: Confinement) -> int:
    version = landlock_version()
    everything = (1 << _BITS.get(version, 16)) - 1
    asked = _Rules(everything, _BIND | _CONNECT if version >= 4 else 0, _SCOPES if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    rules = _call(_CREATE, ctypes.byref(asked), ctypes.c_size_t(size), ctypes.c_uint32(0))
    try:
        for path in (*map(Path, READABLE), *wanted.reads):
            _allow(rules, path, _READ_FILE | _READ_FOLDER)
        for path in (*map(Path, LOADERS), *wanted.programs):
            _allow(rules, path, _READ_FILE | _EXECUTE)
        for path in wanted.writes:
            _allow(rules, path, everything & ~_EXECUTE)
        _allow(rules, Path(os.devnull), (_READ_FILE | _WRITE_FILE | _TRUNCATE) & everything)
        asked_ports = [*((_BIND, port) for port in wanted.ports), *((_CONNECT, port) for port in wanted.servers)]
        for access, port in asked_ports if version >= 4 else ():
            allowed = _Port(access, port)
            _call(_ADD, rules, ctypes.c_uint32(_PORT), ctypes.byref(allowed), ctypes.c_uint32(0))
    except BaseException:
        os.close(rules)
        raise
    return rules


def _allow(rules: int, path: Path, access: int) -> None:
    with suppress(FileNotFoundError):
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
                access &= _ON_FILES
            allowed = _Beneath(access, descriptor)
            _call(_ADD, rules, ctypes.c_uint32(_BENEATH), ctypes.byref(allowed), ctypes.c_uint32(0))
        finally:
            os.close(descriptor)


def _call(number: int, *arguments: t.Any) -> int:
    answer = int(_library().syscall(number, *arguments))
    if answer < 0:
        code = ctypes.get_errno()
        raise NotReady(
            "no se pudo aislar el servidor de prueba",
            why=os.strerror(code),
            repair="avise al administrador del programa, con este mensaje y la versión del núcleo (uname -r)",
        )
    return answer


@functools.cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    return library
