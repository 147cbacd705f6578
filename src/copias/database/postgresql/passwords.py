"""Hand a password to PostgreSQL's programs."""

from __future__ import annotations

import typing as t
from contextlib import contextmanager

from copias.database.children import child_environment, memory_file
from copias.database.postgresql.session import NO_PASSWORDS

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from copias.database.contract import Connection


@contextmanager
def password_in_memory(connection: Connection) -> Iterator[tuple[dict[str, str], list[int], list[str]]]:
    """Yield environment, inherited files and secrets of a client program.

    The password is in a file of memory that the child inherits: not on the command line, not in the
    environment, not on a disk, and nothing stays behind whatever kills us.
    """
    password = connection.password()
    if password is None:
        yield child_environment(PGPASSFILE=NO_PASSWORDS), [], []
        return
    escaped = password.replace("\\", "\\\\").replace(":", "\\:")
    with memory_file(f"*:*:*:*:{escaped}\n".encode()) as stream:
        descriptor = stream.fileno()
        yield child_environment(PGPASSFILE=f"/proc/self/fd/{descriptor}"), [descriptor], [password]
