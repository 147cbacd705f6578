"""One lock for all that changes a repository from this machine: backup, forget, prune, check."""

from __future__ import annotations

import time
import typing as t
from contextlib import ExitStack, contextmanager

from copias.errors import AlreadyRunning
from copias.files import locked, make_private_directory

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from copias.office import Office

POLL: t.Final = 0.2
WAIT: t.Final = 1800.0
"""Seconds that unattended work waits for another process of this machine that has the repository."""


@contextmanager
def hold_repository(office: Office, name: str, *, wait: float = 0) -> Iterator[None]:
    """Hold a repository for this process; the kernel lets go of it if we die. It must not be taken twice.

    Args:
        office: of this installation.
        name: of the repository.
        wait: seconds to wait for another process of this machine.

    Raises:
        AlreadyRunning: another process has it.
    """
    folder = make_private_directory(office.deployment.state / "repositories")
    until = time.monotonic() + wait
    with ExitStack() as held:
        while True:
            try:
                held.enter_context(locked(folder / f"{name}.lock", blocking=False))
                break
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise AlreadyRunning(
                        "otro proceso de esta máquina usa el repositorio",
                        whose=name,
                        why="se copia, se revisa o se aplica la retención",
                        repair="espere a que termine y repita",
                    ) from None
            time.sleep(POLL)
        yield
