"""A repository of this machine pushed to a store, for a place that offers nothing that restic itself can write to.

All files of a repository but its ``config`` are named for the SHA-256 of their content and never change, so a mirror is
a matter of which names are there; it is verified without any key. They are sent in the order that restic itself writes
them in (config, keys, data, index, snapshots), so a snapshot that is there has all that it needs, whenever the power
fails; what a prune removed here is removed there in the contrary order.

Whoever calls holds the repository's lock: nothing of the folder may change meanwhile.
"""

from __future__ import annotations

import hashlib
import re
import typing as t
from dataclasses import dataclass

from copias.errors import Altered, CopyFailed, NotReady
from copias.progress import Report, ignore
from copias.store import confirm_file, part_name, send_file

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from copias.store import Store

CONFIG: t.Final = "config"
KINDS: t.Final = ("keys", "data", "index", "snapshots")
"""Folders of immutable files, in the order in which they are sent. Locks are of processes, and stay here."""
REMOVED_FIRST: t.Final = ("snapshots", "index", "data", "keys")
_NAME: t.Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_BLOCK: t.Final = 1 << 20


@dataclass(frozen=True)
class MirroredFile:
    """A file of a repository: its place in it with ``/``, its size, and the SHA-256 that it must have."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class PushPlan:
    """What brings a mirror up to date.

    Args:
        missing: to be sent, in this order.
        left_over: names that the repository does not have any more, to be removed in this order.
        kept: how many are there already.
        spoilt: names of those of ``missing`` that are there, and are not what they should be.
    """

    missing: tuple[MirroredFile, ...]
    left_over: tuple[str, ...]
    kept: int
    spoilt: frozenset[str] = frozenset()

    @property
    def bytes(self) -> int:
        """Return what is to be sent."""
        return sum(file.bytes for file in self.missing)


def plan_push(folder: Path, store: Store, prefix: str) -> PushPlan:
    """Compare a repository with its mirror, by names and sizes; nothing is changed.

    Args:
        folder: of the repository on this machine.
        store: that keeps the mirror.
        prefix: of the mirror's names there, without a ``/`` at its end.

    Raises:
        NotReady: there is no repository in the folder, or the mirror is of another one.
    """
    ours = {file.name: file for file in list_repository(folder)}
    theirs = {file.name.removeprefix(f"{prefix}/"): file.bytes for file in store.list(f"{prefix}/")}
    _require_same(folder, store, prefix)
    missing = tuple(file for name, file in ours.items() if theirs.get(name) != file.bytes)
    strange = [name for name in theirs if name not in ours and _kind_of(name) in REMOVED_FIRST]
    left_over = tuple(sorted(strange, key=lambda name: (REMOVED_FIRST.index(_kind_of(name)), name)))
    return PushPlan(
        missing, left_over, len(ours) - len(missing), frozenset(theirs.keys() & {one.name for one in missing})
    )


def push(folder: Path, store: Store, prefix: str, plan: PushPlan, *, report: Report = ignore) -> None:
    """Send what is missing; each file is read here against its name, and confirmed there before it counts.

    Raises:
        CopyFailed: a file of the repository here is not what its name says: the disk of this machine spoilt it.
        Altered: the store has, or gives back, something else under that name.
        StoreFull, StoreUnavailable: what was sent stays, and the next run goes on.
    """
    for file in plan.missing:
        local, name = folder / file.name, f"{prefix}/{file.name}"
        _require_whole(local, file)
        if file.name in plan.spoilt:
            store.remove(name)  # a name is never overwritten; the good content lies here
        send_file(store, name, local, expected_bytes=file.bytes, sha256=file.sha256)
        confirm_file(store, part_name(name), local, expected_bytes=file.bytes, sha256=file.sha256)
        store.publish(name)
        report(file.bytes)


def remove_left_over(store: Store, prefix: str, plan: PushPlan) -> None:
    """Remove from the mirror what a prune removed here.

    Only after the repository here was found whole: of one that lost files, the mirror is the good copy.

    Raises:
        NotReady: the store lets nothing be removed; the mirror is good, and grows.
    """
    for name in plan.left_over:
        store.remove(f"{prefix}/{name}")


def list_repository(folder: Path) -> tuple[MirroredFile, ...]:
    """Return the files of a repository in the order in which a mirror gets them.

    Raises:
        NotReady: there is none in the folder.
    """
    config = folder / CONFIG
    if not config.is_file():
        raise NotReady("no hay un repositorio en la carpeta", whose=str(folder), repair="copias repository init")
    content = config.read_bytes()
    first = MirroredFile(CONFIG, len(content), hashlib.sha256(content).hexdigest())
    return (first, *(file for kind in KINDS for file in _list_kind(folder, kind)))


def verify_mirror(
    store: Store, prefix: str, names: Iterable[str], *, report: Report = ignore
) -> Iterator[tuple[str, str]]:
    """Read files of a mirror whole, and yield the name of each that is not what it says, with why.

    Args:
        store: that keeps the mirror.
        prefix: of its names there.
        names: of immutable files, as :func:`list_repository` gives them.
        report: told the bytes read.
    """
    for name in names:
        try:
            found = _digest(store, f"{prefix}/{name}", report)
        except Altered as error:
            yield name, error.why or error.what
            continue
        if found != name.rpartition("/")[2]:
            yield name, f"su contenido tiene SHA-256 {found}"


def _list_kind(folder: Path, kind: str) -> Iterator[MirroredFile]:
    # Of a repository of version 2, data lies one folder deeper, by the first two digits.
    paths = (path for path in (folder / kind).rglob("*") if path.is_file() and _NAME.fullmatch(path.name))
    for path in sorted(paths):
        yield MirroredFile(path.relative_to(folder).as_posix(), path.stat().st_size, path.name)


def _kind_of(name: str) -> str:
    kind, _, rest = name.partition("/")
    return kind if kind in KINDS and _NAME.fullmatch(rest.rpartition("/")[2]) else ""


def _require_same(folder: Path, store: Store, prefix: str) -> None:
    name = f"{prefix}/{CONFIG}"
    if store.stat(name) is None:
        return
    with store.open(name) as stream:
        theirs = stream.read(_BLOCK)
    if theirs != (folder / CONFIG).read_bytes():
        raise NotReady(
            "en el destino está el espejo de otro repositorio",
            whose=f"{store.name}: {prefix}",
            why="su archivo config es otro",
            repair="si este repositorio se creó de nuevo, dé otra carpeta al espejo; no borre el que hay",
        )


def _require_whole(path: Path, file: MirroredFile) -> None:
    """Refuse to send what the disk of this machine spoilt."""
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != file.sha256:
        raise CopyFailed(
            "un archivo del repositorio de esta máquina está dañado, y no se envió",
            whose=str(path),
            why=f"su contenido tiene SHA-256 {found}",
            repair="revise el disco; el espejo tiene el archivo bueno si ya se había enviado",
        )


def _digest(store: Store, name: str, report: Report) -> str:
    digest = hashlib.sha256()
    with store.open(name, uncached=True) as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
            report(len(block))
    return digest.hexdigest()
