"""What a server that runs what somebody wrote into a dump may touch, and what keeps it to that.

A restore runs functions of the dump, in PostgreSQL as a superuser: they write files, load them as native code, and so
do whatever the account of the server may do. Two walls stand around that, :mod:`copias.database.enclosing` sets them
up:

*bubblewrap* gives the server users, processes, IPC and a root of its own: of this machine it sees the public
libraries, its own programs and its own folders, all but its data read-only. Nothing else has a name there: no file to
read, to ``chmod`` or to ``utime``, no socket of another server or agent, no ``/proc``, no ``/tmp``, no shell. It has
no capabilities, makes no more namespaces, and sees, signals and traces no process but its own. PostgreSQL and MariaDB
have a network of their own too, with nothing in it, and are reached by a socket in their folder. Firebird has no such
socket: it keeps this machine's network, and a filter of system calls (:mod:`copias.database.system_calls`) lets it
open TCP sockets and accept, but not connect, nor open any other kind of socket.

*Landlock* stands inside of the first, or alone where bubblewrap cannot run: it forbids to open, read, write and start
what is not listed here, TCP but for the listed ports (version 4), and abstract sockets and signals (version 6). Alone
it knows nothing of modes and owners (``chmod`` of a file of the same account works), of Unix sockets with a path, nor
of UDP, and a program that was written to the server's own folder can be started through the loader. Then the server
has an account of its own wherever there is root, and without root what it restores should be trusted no more than
that.

What neither holds: a server can use up the processor, the memory and the disk of its folder while its time limit
lasts; it can run native code *inside* of the walls; Firebird can listen at other ports where Landlock is older than
version 4, and who connects to it there gets an answer; and a fault of the kernel itself.

The programs that read what a stranger made stand within the same walls, with an :class:`Allowance`: processor, memory,
what they may write into a file, and no process but their own. Those that bring a dump into a scratch server
(``pg_restore``, MariaDB's client, ``gbak``) have the server's account, get the dump as an open file, and see of others
the server's socket. ``gbak`` has this machine's network instead, may connect there to the server's port (before
Landlock 4 to any, by TCP) and listens nowhere. Those that need a name to open it (``7z``, ``clamscan``,
``pg_restore --list``) see that one file; run by root they keep its user namespace, without a capability.

Which of them stood is never left unsaid: :func:`copias.database.enclosing.say_confinement`.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from pathlib import Path

READABLE: t.Final = (
    "/usr/lib",
    "/usr/lib64",
    "/lib",
    "/lib64",
    "/usr/local/lib",
    "/usr/share",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/ssl/openssl.cnf",
    "/dev/urandom",
    "/dev/random",
    "/dev/zero",
    "/sys/devices/system",
)
"""What any program needs to start: libraries, words, the time zone. Nothing in them is anybody's secret."""


@dataclass(frozen=True)
class Allowance:
    """What a program may use up that reads what a stranger made. It may start threads, and no process.

    Args:
        seconds: of the processor; then it is killed.
        memory: bytes of address space.
        largest_file: bytes of a file that it may write, the one that takes its complaints too. Within walls a larger
            write fails; elsewhere it ends the program.
    """

    seconds: float
    memory: int = 4 << 30
    largest_file: int = 64 << 10


@dataclass(frozen=True)
class Confinement:
    """What a program may touch beside :data:`READABLE`.

    Args:
        programs: files that it may run; itself is one.
        reads: files and folders, with all that is in them.
        writes: folders in which it may do anything but start what lies there directly.
        ports: of TCP at which it may listen, in this machine's network.
        servers: ports of TCP that it may connect to there. Without either it has a network of its own.
        allowance: what it may use up; ``None`` for a server, which starts processes of its own.
    """

    programs: tuple[Path, ...]
    writes: tuple[Path, ...]
    reads: tuple[Path, ...] = ()
    ports: tuple[int, ...] = ()
    servers: tuple[int, ...] = ()
    allowance: Allowance | None = None
