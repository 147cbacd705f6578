"""The delivery of a case: found, complete, and brought to this machine, where nobody else can change it."""

from __future__ import annotations

import hashlib
import os
import shutil
import typing as t
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from copias.errors import Altered, BadConfiguration, NotReady, StoreFull
from copias.files import make_private_directory, sync_directory
from copias.progress import Report, ignore
from copias.takeout.parts import HOW, Parts, choose_parts
from copias.takeout.place import DeliveryPlace, ServerFolder, SharedDriveFolder, gone

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from copias.config import Deployment
    from copias.takeout.place import DeliveredFile
    from copias.takeout.settings import DeliverySettings

_BLOCK: t.Final = 1 << 20
_ROOM: t.Final = 1.1
"""A delivery and its package need so many times twice the delivery's size."""


@dataclass(frozen=True)
class Delivery:
    """A complete delivery where it was put."""

    place: DeliveryPlace
    parts: Parts

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the parts."""
        return tuple(file.name for file in self.parts.files)


@dataclass(frozen=True)
class FetchedPart:
    """A part on this machine: its file here, and its name, size and SHA-256 as it was delivered."""

    path: Path
    name: str
    bytes: int
    sha256: str


def require_deliveries(deployment: Deployment) -> DeliverySettings:
    """Return where deliveries are put.

    Raises:
        BadConfiguration: the deployment takes none.
    """
    if deployment.deliveries is None:
        raise BadConfiguration(
            "este despliegue no recibe entregas", whose="copias.yml", repair="agregue deliveries a copias.yml"
        )
    return deployment.deliveries


def delivery_places(deployment: Deployment, case: str) -> tuple[DeliveryPlace, ...]:
    """Return where the delivery of a case may be.

    Raises:
        BadConfiguration: the store that it names is no shared drive.
    """
    settings, places = require_deliveries(deployment), list[DeliveryPlace]()
    if settings.folder is not None:
        places.append(ServerFolder(settings.folder, case))
    if settings.store:
        store = deployment.store(settings.store)
        if store.kind != "shared_drive":
            raise BadConfiguration(
                "deliveries.store no es una unidad compartida",
                whose=settings.store,
                repair="nombre un destino de clase shared_drive, o use deliveries.folder",
            )
        places.append(
            SharedDriveFolder(
                deployment.google, store.drive, store=settings.store, folder=settings.drive_folder, case=case
            )
        )
    return tuple(places)


def find_delivery(deployment: Deployment, case: str) -> Delivery:
    """Return the delivery of a case, complete and settled.

    Raises:
        NotReady: there is none, more than one, or it is not complete; it says what to do.
        StoreUnavailable: a place does not answer.
    """
    settings = require_deliveries(deployment)
    places = delivery_places(deployment, case)
    found = [(place, files) for place in places if (files := place.files())]
    if not found:
        where = ", o ".join(place.words for place in places)
        raise NotReady("no hay ninguna entrega", whose=f"caso {case}", why=f"se busca en {where}", repair=HOW)
    if len(found) > 1:
        raise NotReady(
            "hay dos entregas",
            whose=f"caso {case}",
            why=" y ".join(place.words for place, _ in found),
            repair="deje una sola",
        )
    place, files = found[0]
    settle = timedelta(minutes=settings.settle_minutes)
    parts = choose_parts(files, whose=f"caso {case}, {place.words}", now=datetime.now(UTC), settle=settle)
    return Delivery(place, parts)


def delivery_folder(deployment: Deployment, case: str) -> Path:
    """Return where the delivery of a case lies on this machine until its copy is proven."""
    return deployment.state / "deliveries" / case


def find_fetched(
    deployment: Deployment, case: str, packed: Sequence[Mapping[str, t.Any]], *, report: Report = ignore
) -> tuple[FetchedPart, ...] | None:
    """Return the parts that a copy was made of, when all of them are here and are still what they were.

    Args:
        deployment: whose state is looked into.
        case: number of the case.
        packed: ``name``, ``bytes`` and ``sha256`` of each part, in order.
        report: told of the bytes read.
    """
    folder, found = delivery_folder(deployment, case), list[FetchedPart]()
    for number, part in enumerate(packed, 1):
        path = next(iter(sorted(folder.glob(f"{number:03}-*.zip"))), None)
        digest = hashlib.sha256()
        if path is None:
            return None
        _hash_file(path, digest, report)
        if (path.stat().st_size, digest.hexdigest()) != (part["bytes"], part["sha256"]):
            return None
        found.append(FetchedPart(path, part["name"], part["bytes"], part["sha256"]))
    return tuple(found)


def remove_fetched(deployment: Deployment, case: str) -> None:
    """Remove what was brought here; the delivery itself stays where its sender put it."""
    shutil.rmtree(delivery_folder(deployment, case), ignore_errors=True)


def find_room_fault(deployment: Deployment, parts: Parts) -> str:
    """Return why a delivery and its package do not fit on this machine; empty when they do."""
    place = deployment.state
    while not place.exists():
        place = place.parent
    free, needed = shutil.disk_usage(place).free, round(2 * parts.bytes * _ROOM)
    return "" if free >= needed else f"quedan {free} bytes en {deployment.state} y hacen falta {needed}"


def fetch_delivery(
    deployment: Deployment, delivery: Delivery, case: str, *, report: Report = ignore
) -> tuple[FetchedPart, ...]:
    """Bring the parts here, going on where a dead run stopped, and hash them.

    Raises:
        Altered: what arrived is not what the shared drive says that it has.
        NotReady: it changed meanwhile.
        StoreFull: it does not fit; what is here is kept.
        StoreUnavailable: the place does not answer; what is here is kept.
    """
    folder = make_private_directory(delivery_folder(deployment, case))
    wanted = {_local_name(number, file): file for number, file in enumerate(delivery.parts.files, 1)}
    for left in folder.iterdir():
        if left.name.removesuffix(".part") not in wanted:
            left.unlink()  # of a delivery that was replaced
    _require_room(deployment, delivery.parts, folder, case)
    try:
        fetched = tuple(_fetch(delivery.place, file, folder / name, report) for name, file in wanted.items())
    except OSError as error:
        raise StoreFull(
            "no se pudo traer la entrega a esta máquina",
            whose=f"caso {case}",
            why=error.strerror or str(error),
            repair=f"libere espacio en el disco de {deployment.state} y ejecute el caso otra vez",
        ) from error
    _require_unchanged(delivery)
    return fetched


def _require_unchanged(delivery: Delivery) -> None:
    there = delivery.place.files()
    for file in delivery.parts.files:
        if file not in there:
            raise gone(delivery.place.words, file, "al terminar es otro que al empezar")


def _fetch(place: DeliveryPlace, file: DeliveredFile, path: Path, report: Report) -> FetchedPart:
    part = path.with_name(path.name + ".part")
    digest = hashlib.sha256()
    if path.exists():
        _hash_file(path, digest, report)
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


def _require_room(deployment: Deployment, parts: Parts, folder: Path, case: str) -> None:
    here = sum(path.stat().st_size for path in folder.iterdir())
    free, needed = shutil.disk_usage(folder).free, round(2 * parts.bytes * _ROOM) - here
    if free < needed:
        raise StoreFull(
            "no caben la entrega y su paquete en esta máquina",
            whose=f"caso {case}",
            why=f"quedan {free} bytes y hacen falta {needed}",
            repair=f"libere espacio en el disco de {deployment.state} y ejecute el caso otra vez",
        )


def _hash_file(path: Path, digest: t.Any, report: Report) -> None:
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
            report(len(block))


def _local_name(number: int, file: DeliveredFile) -> str:
    """Return a name of ours, another one for another content."""
    identity = f"{file.name}\0{file.bytes}\0{file.key}\0{file.sha256}"
    return f"{number:03}-{hashlib.sha256(identity.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}.zip"
