"""A mirror brought back from its store into a folder of this machine, when the repository there was lost.

The contrary of :mod:`copias.repository.pushing`: every file is compared with the SHA-256 that is its name before it
gets that name here, and ``config``, without which a folder is no repository, comes last. So whenever the power fails,
the next run goes on, and what is half back is never taken for a repository.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import typing as t
from dataclasses import dataclass

from copias.errors import Altered, NotReady, StoreFull
from copias.files import make_private_directory, sync_directory, write_atomically
from copias.progress import Step
from copias.repository.pushing import CONFIG, KINDS
from copias.store import open_store

if t.TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from copias.config import Deployment
    from copias.progress import Report
    from copias.store import Store, StoredFile

_BLOCK: t.Final = 8 << 20
"""A store opens the file again for each block."""


@dataclass(frozen=True)
class Pulled:
    """What was brought back.

    Args:
        files: brought now.
        bytes: of these.
        spoilt: names of those that are on the store and are not what their name says: they stayed there.
    """

    files: int = 0
    bytes: int = 0
    spoilt: tuple[str, ...] = ()


def pull_lost(deployment: Deployment, name: str) -> Pulled:
    """Bring a mirrored repository back when its folder here has none; of one that is there, or has no mirror, nothing.

    Raises:
        NotReady: the store has no mirror of it either.
        StoreFull: it does not fit on the disk of this machine.
        StoreUnavailable: what came is kept, and the next run goes on.
    """
    settings = deployment.repository(name)
    mirror = settings.mirror
    if mirror is None or (settings.path / CONFIG).is_file():
        return Pulled()
    store = open_store(
        deployment.store(mirror.store), name=mirror.store, google=deployment.google, state=deployment.state
    )
    return pull(store, f"{mirror.folder}/{name}", settings.path)


def pull(store: Store, prefix: str, folder: Path) -> Pulled:
    """Bring every file of a mirror that is not here yet; see :func:`pull_lost`.

    Args:
        store: that keeps the mirror.
        prefix: of its names there, without a ``/`` at its end.
        folder: of the repository on this machine.
    """
    files = {file.name.removeprefix(f"{prefix}/"): file for file in store.list(f"{prefix}/")}
    if CONFIG not in files:
        raise NotReady(
            "el destino no tiene un espejo de ese repositorio",
            whose=f"{store.name}: {prefix}",
            repair="revise mirror en copias.yml, y que el destino sea el de siempre",
        )
    wanted = [(name, file) for kind in KINDS for name, file in files.items() if name.startswith(f"{kind}/")]
    missing = _find_missing(wanted, folder)
    total = sum(file.bytes for _, file in missing)
    _require_room(make_private_directory(folder), total)
    spoilt = []
    with Step(f"Traer el repositorio de {store.name}", total) as step:
        for name, file in missing:
            if not _bring(store, file, folder / name, step):
                spoilt.append(name)
    for kind in (*KINDS, "locks"):
        make_private_directory(folder / kind)
    with store.open(f"{prefix}/{CONFIG}", uncached=True) as stream:
        write_atomically(folder / CONFIG, stream.read(_BLOCK))
    return Pulled(len(missing) - len(spoilt), total, tuple(spoilt))


def _find_missing(wanted: Sequence[tuple[str, StoredFile]], folder: Path) -> list[tuple[str, StoredFile]]:
    """Return the files that are not here whole: what took the ``config`` may have spoilt others and left their size."""
    here = {name: file.bytes for name, file in wanted if _has_size(folder / name, file.bytes)}
    with Step("Comprobar lo que ya está en esta máquina", sum(here.values())) as step:
        whole = {name for name in here if _is_whole(folder / name, step)}
    return [(name, file) for name, file in wanted if name not in whole]


def _has_size(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


def _is_whole(path: Path, report: Report) -> bool:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
                report(len(block))
    except OSError:  # of a medium that does not give it any more
        return False
    return digest.hexdigest() == path.name


def _bring(store: Store, file: StoredFile, path: Path, report: Report) -> bool:
    """Bring one file, and tell whether it is what its name says; if not, nothing of it stays here."""
    part, digest = path.with_name(f"{path.name}.part"), hashlib.sha256()
    make_private_directory(path.parent)
    try:
        with store.open(file.name, uncached=True) as source, part.open("wb") as target:
            while block := source.read(_BLOCK):
                digest.update(block)
                target.write(block)
                report(len(block))
            target.flush()
            os.fsync(target.fileno())
    except Altered:
        pass  # it has less than it says: the sum tells
    if digest.hexdigest() != path.name:
        part.unlink(missing_ok=True)
        return False
    part.replace(path)
    sync_directory(path.parent)
    return True


def _require_room(folder: Path, expected: int) -> None:
    free = shutil.disk_usage(folder).free
    if expected > free:
        raise StoreFull(
            "el repositorio no cabe en esta máquina",
            whose=str(folder),
            why=f"faltan {expected} bytes por traer y quedan {free}",
            repair="cambie su path en copias.yml por una carpeta de un disco más grande",
        )
