"""One retention at a time: whoever comes second is told who is at it."""

from __future__ import annotations

import os
import typing as t
from contextlib import contextmanager
from datetime import datetime

from copias.errors import AlreadyRunning
from copias.files import locked, make_private_directory
from copias.local_time import BOGOTA

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from copias.office import Office

_LONGEST: t.Final = 400


@contextmanager
def hold_retention(office: Office) -> Iterator[None]:
    """Hold the right to remove copies; the kernel lets go of it if we die.

    Raises:
        AlreadyRunning: another process has it; it is named.
    """
    path = make_private_directory(office.deployment.state) / "retention.lock"
    try:
        with locked(path, blocking=False) as stream:
            now = datetime.now(BOGOTA)
            account = office.actor.identity.account
            stream.truncate(0)
            stream.write(f"la cuenta {account}, proceso {os.getpid()}, desde {now:%d/%m/%Y %H:%M}".encode())
            stream.flush()
            yield
    except BlockingIOError:
        owner = path.read_bytes()[:_LONGEST].decode("utf-8", "replace")
        raise AlreadyRunning(
            "ya se está aplicando la retención",
            why=f"la aplica {owner}" if owner else "",
            repair="espere a que termine; si ese proceso ya no existe, repita la orden",
        ) from None
