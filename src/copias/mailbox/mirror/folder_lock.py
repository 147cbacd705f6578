"""One writer a mirror: the lock, and who holds it."""

from __future__ import annotations

import os
import platform
import typing as t
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

from copias.errors import AlreadyRunning
from copias.files import locked
from copias.mailbox.mirror.layout import LOCK

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def hold_folder(folder: Path, account: str) -> Iterator[None]:
    """Hold a mirror's lock, which the kernel frees when this process ends, however it ends.

    Raises:
        AlreadyRunning: another holds it; process, machine and time are named.
    """
    path = folder / LOCK
    with ExitStack() as held:
        try:
            stream = held.enter_context(locked(path, blocking=False))
        except BlockingIOError as error:
            raise AlreadyRunning(
                "otra ejecución está escribiendo el espejo de este buzón",
                whose=account,
                why=path.read_text(encoding="utf-8", errors="replace")[:200],
                repair="espere a que termine y ejecute otra vez",
            ) from error
        stream.truncate(0)
        stream.write(_describe_holder().encode())
        stream.flush()
        yield


def _describe_holder() -> str:
    return f"proceso {os.getpid()} en {platform.node()} desde {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
