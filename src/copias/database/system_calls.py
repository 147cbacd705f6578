"""The filter of system calls (seccomp) that a confined program gets: in the kernel's own language.

It denies the kernel's key rings, which namespaces do not part where a session handed one down, and user namespaces. A
program that keeps this machine's network, because it is reached by TCP, may open TCP sockets, listen and accept. It
may not connect, by any of the calls that do so, and opens no other kind of socket: no UDP, no Unix socket, no raw
one. The client of such a server may connect instead, by the one call that Landlock looks at, and not listen. A program
that only reads makes threads and no processes.
"""

from __future__ import annotations

import errno
import os
import struct
import typing as t
from dataclasses import dataclass

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_ALLOW: t.Final = 0x7FFF0000
_DENY: t.Final = 0x00050000 | errno.EPERM
_UNKNOWN: t.Final = 0x00050000 | errno.ENOSYS
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
"""Where in what the kernel shows of a call these are; each argument has 8 bytes, the lower half first."""
_OTHER_TABLE: t.Final = 0x40000000
"""From this number on, on x86-64, calls of a second table (x32) begin, which no server here uses."""
_IPV4, _IPV6, _STREAM, _TCP = 2, 10, 1, 6
_KIND: t.Final = 0xF
_NEW_USERS: t.Final = 0x10000000
"""The flag of ``clone`` and ``unshare``, their first argument, that makes a user namespace."""
_THREAD: t.Final = 0x10000
"""The flag of ``clone`` that makes a thread and not a process."""
_CONNECTS: t.Final = 0x20000000
"""The flag that makes sending connect (TCP fast open)."""


@dataclass(frozen=True)
class _Table:
    """Numbers of system calls on one architecture."""

    architecture: int
    key_rings: tuple[int, ...]
    connect: int
    socket: int
    ring: int
    """``io_uring_setup``: a second door to all the others."""
    senders: tuple[tuple[int, int], ...]
    """Calls that send, each with the place of its flags among its arguments."""
    clone: int
    unshare: int
    listen: int
    forks: tuple[int, ...]
    """``fork`` and ``vfork``, where they are calls of their own."""
    clone3: int = 435
    """It hides its flags from filters: the C library goes on with ``clone`` where the kernel does not know it."""


_TABLES: t.Final = {
    "x86_64": _Table(0xC000003E, (248, 249, 250), 42, 41, 425, ((44, 3), (46, 2), (307, 3)), 56, 272, 50, (57, 58)),
    "aarch64": _Table(0xC00000B7, (217, 218, 219), 203, 198, 425, ((206, 3), (211, 2), (269, 3)), 220, 97, 201, ()),
}


def make_filter(*, listens: bool = False, connects: bool = False, alone: bool = False) -> bytes:
    """Return the filter for this machine's architecture; nothing where its numbers are not known here.

    Args:
        listens: the program keeps this machine's network, to be reached by TCP.
        connects: it keeps that network, to reach a server by TCP.
        alone: it makes no process.
    """
    table = _TABLES.get(os.uname().machine)
    if table is None:
        return b""
    program = [
        _step(_LOAD, _ARCHITECTURE),
        *_deny_unless(_EQUAL, table.architecture),
        _step(_LOAD, _NUMBER),
        *_deny_if(_AT_LEAST, _OTHER_TABLE),
    ]
    for number in _list_denied(table, listens=listens, connects=connects, alone=alone):
        program += _deny_if(_EQUAL, number)
    no_users = [_load_argument(0), *_deny_if(_ANY_BIT, _NEW_USERS)]
    program += _only_for(table.unshare, no_users)
    program += _only_for(table.clone, [*no_users, *(_deny_unless(_ANY_BIT, _THREAD) if alone else ())])
    program += [_step(_EQUAL, table.clone3, no=1), _step(_RETURN, _UNKNOWN)]
    if listens or connects:
        for number, place in table.senders:
            program += _only_for(number, [_load_argument(place), *_deny_if(_ANY_BIT, _CONNECTS)])
        program += _only_for(table.socket, _only_tcp())
    return b"".join([*program, _step(_RETURN, _ALLOW)])


def _list_denied(table: _Table, *, listens: bool, connects: bool, alone: bool) -> tuple[int, ...]:
    """Return the calls that are denied whatever their arguments are."""
    network = listens or connects
    return (
        *table.key_rings,
        *((table.ring,) if network else ()),
        *((table.connect,) if network and not connects else ()),
        *((table.listen,) if network and not listens else ()),
        *(table.forks if alone else ()),
    )


def _only_tcp() -> list[bytes]:
    return [
        _load_argument(0),
        _step(_EQUAL, _IPV4, yes=2),
        _step(_EQUAL, _IPV6, yes=1),
        _step(_RETURN, _DENY),
        _load_argument(1),
        _step(_AND, _KIND),
        *_deny_unless(_EQUAL, _STREAM),
        _load_argument(2),
        _step(_EQUAL, 0, yes=2),
        _step(_EQUAL, _TCP, yes=1),
        _step(_RETURN, _DENY),
    ]


def _only_for(number: int, checks: list[bytes]) -> list[bytes]:
    """Return checks that only that call goes through; it ends there."""
    return [_step(_EQUAL, number, no=len(checks) + 1), *checks, _step(_RETURN, _ALLOW)]


def _deny_if(test: int, value: int) -> list[bytes]:
    return [_step(test, value, no=1), _step(_RETURN, _DENY)]


def _deny_unless(test: int, value: int) -> list[bytes]:
    return [_step(test, value, yes=1), _step(_RETURN, _DENY)]


def _load_argument(place: int) -> bytes:
    return _step(_LOAD, _ARGUMENTS + 8 * place)


def _step(code: int, value: int, *, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("<HBBI", code, yes, no, value)
