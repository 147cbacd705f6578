"""Folders for dumps that are restored outside of any case: one at a time of its kind, rid of what a killed one left."""

from __future__ import annotations

import shutil
import typing as t
from contextlib import contextmanager

from copias.files import held, make_private_directory

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from copias.errors import AlreadyRunning
    from copias.office import Office


@contextmanager
def hold_spools(office: Office, *, lock: str, prefix: str, busy: AlreadyRunning) -> Iterator[Path]:
    """Yield the folder in which folders for dumps are made.

    Args:
        office: of this installation.
        lock: name of the file that only one process of this machine holds.
        prefix: of the folders that its holder makes; those that a killed holder left are removed.
        busy: what is raised when another process holds it.

    Raises:
        AlreadyRunning: ``busy``.
    """
    state = office.deployment.state
    with held(state / lock, busy=busy):
        spools = make_private_directory(state / "spool")
        sweep(spools, prefix)
        yield spools


def sweep(spools: Path, prefix: str) -> None:
    """Remove the folders of a prefix that whoever was killed left; the caller knows that nobody is using them."""
    for left in spools.glob(f"{prefix}*"):
        shutil.rmtree(left, ignore_errors=True)
