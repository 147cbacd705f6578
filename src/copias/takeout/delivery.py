"""The delivery of a case: found, complete, and brought to this machine, where nobody else can change it."""

from __future__ import annotations

import hashlib
import shutil
import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from copias.delivery.fetching import FetchedPart, Room, delivery_folder, fetch_files, hash_file
from copias.delivery.place import DeliveryPlace, ServerFolder, SharedDriveFolder
from copias.errors import BadConfiguration, NotReady
from copias.progress import Report, ignore
from copias.takeout.parts import HOW, Parts, choose_parts

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from copias.config import Deployment
    from copias.takeout.settings import DeliverySettings

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
        hash_file(path, digest, report)
        if (path.stat().st_size, digest.hexdigest()) != (part["bytes"], part["sha256"]):
            return None
        found.append(FetchedPart(path, part["name"], part["bytes"], part["sha256"]))
    return tuple(found)


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
    """Bring the parts here, going on where a dead run stopped, and hash them; raises as :func:`fetch_files`."""
    room = Room(round(2 * delivery.parts.bytes * _ROOM), "no caben la entrega y su paquete")
    return fetch_files(deployment, delivery.place, delivery.parts.files, case, ending=".zip", room=room, report=report)
