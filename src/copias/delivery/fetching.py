"""Bringing delivered files to this machine, where nobody else can change them; a dead run's share is gone on from."""

from __future__ import annotations

import hashlib
import os
import shutil
import typing as t
from contextlib import closing
from dataclasses import dataclass

from copias.delivery.place import gone
from copias.errors import Altered, StoreFull
from copias.files import make_private_directory, sync_directory
from copias.progress import Report, ignore

if t.TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from copias.config import Deployment
    from copias.delivery.place import DeliveredFile, DeliveryPlace

_BLOCK: t.Final = 1 << 20


@dataclass(frozen=True)
class FetchedPart:
    """A part on this machine: its file here, and its name, size and SHA-256 as it was delivered."""

    path: Path
    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Room:
    """How many bytes a delivery and what is made of it need on this machine.

    Args:
        bytes: needed, those that were brought already included.
        what: that needs them, for people: ``no caben la entrega y su paquete``.
    """

    bytes: int
    what: str


def delivery_folder(deployment: Deployment, case: str) -> Path:
    """Return where the delivery of a case lies on this machine until its copy is proven."""
    return deployment.state / "deliveries" / case


def remove_fetched(deployment: Deployment, case: str) -> None:
    """Remove what was brought here; the delivery itself stays where its sender put it."""
    shutil.rmtree(delivery_folder(deployment, case), ignore_errors=True)


def fetch_files(
    deployment: Deployment,
    place: DeliveryPlace,
    files: Sequence[DeliveredFile],
    case: str,
    *,
    ending: str,
    room: Room,
    report: Report = ignore,
) -> tuple[FetchedPart, ...]:
    """Bring files here, going on where a dead run stopped, and hash them.

    Args:
        deployment: into whose state they are brought.
        place: where they lie.
        files: in order.
        case: number of the case.
        ending: of the names that they get here.
        room: that this machine must have.
        report: told of the bytes read.

    Raises:
        Altered: what arrived is not what the place says that it has.
        NotReady: it changed meanwhile.
        StoreFull: it does not fit; what is here is kept.
        StoreUnavailable: the place does not answer; what is here is kept.
    """
    folder = make_private_directory(delivery_folder(deployment, case))
    wanted = {_local_name(number, file, ending): file for number, file in enumerate(files, 1)}
    for left in folder.iterdir():
        if left.name.removesuffix(".part") not in wanted:
            left.unlink()  # of a delivery that was replaced
    _require_room(deployment, folder, case, room)
    try:
        fetched = tuple(_fetch(place, file, folder / name, report) for name, file in wanted.items())
    except OSError as error:
        raise StoreFull(
            "no se pudo traer la entrega a esta máquina",
            whose=f"caso {case}",
            why=error.strerror or str(error),
            repair=f"libere espacio en el disco de {deployment.state} y ejecute el caso otra vez",
        ) from error
    _require_unchanged(place, files)
    return fetched


def hash_file(path: Path, digest: t.Any, report: Report = ignore) -> None:
    """Add a file's content to a digest."""
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
            report(len(block))


def _require_unchanged(place: DeliveryPlace, files: Sequence[DeliveredFile]) -> None:
    there = place.files()
    for file in files:
        if file not in there:
            raise gone(place.words, file, "al terminar es otro que al empezar")


def _fetch(place: DeliveryPlace, file: DeliveredFile, path: Path, report: Report) -> FetchedPart:
    part = path.with_name(path.name + ".part")
    digest = hashlib.sha256()
    if path.exists():
        hash_file(path, digest, report)
    else:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        with open(os.open(part, flags, 0o600), "r+b") as target, closing(place.open(file)) as source:
            while block := target.read(_BLOCK):
                digest.update(block)
                report(len(block))
            source.seek(target.tell())
            while block := source.read(_BLOCK):
                digest.update(block)
                target.write(block)
                report(len(block))
            target.flush()
            os.fsync(target.fileno())
            size = target.tell()
        _require_equal(place, file, part, size, digest.hexdigest())
        part.replace(path)
        sync_directory(path.parent)
    return FetchedPart(path, file.name, path.stat().st_size, digest.hexdigest())


def _require_equal(place: DeliveryPlace, file: DeliveredFile, part: Path, size: int, sha256: str) -> None:
    """Compare what arrived with what the place says; what is not that is brought anew the next time."""
    if size == file.bytes and file.sha256 in {"", sha256}:
        return
    part.unlink()
    raise Altered(
        "lo que llegó de la entrega no es lo que había",
        whose=f"{place.words}, {file.name[:200]!a}",
        why=f"se esperaban {file.bytes} bytes{file.sha256 and f' con SHA-256 {file.sha256}'}; "
        f"llegaron {size} con {sha256}",
        repair="ejecute el caso otra vez: se trae de nuevo",
    )


def _require_room(deployment: Deployment, folder: Path, case: str, room: Room) -> None:
    here = sum(path.stat().st_size for path in folder.iterdir())
    free, needed = shutil.disk_usage(folder).free, room.bytes - here
    if free < needed:
        raise StoreFull(
            f"{room.what} en esta máquina",
            whose=f"caso {case}",
            why=f"quedan {free} bytes y hacen falta {needed}",
            repair=f"libere espacio en el disco de {deployment.state} y ejecute el caso otra vez",
        )


def _local_name(number: int, file: DeliveredFile, ending: str) -> str:
    """Return a name of ours, another one for another content."""
    identity = f"{file.name}\0{file.bytes}\0{file.key}\0{file.sha256}"
    return f"{number:03}-{hashlib.sha256(identity.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}{ending}"
