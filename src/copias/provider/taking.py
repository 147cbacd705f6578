"""Taking a delivery in: brought here, compared with its checksum, scanned, examined, and loaded where that can be."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
import typing as t
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

from copias.database.enclosing import require_walls, say_weakness
from copias.delivery.fetching import FetchedPart, Room, fetch_files
from copias.errors import StoreFull
from copias.files import make_private_directory
from copias.progress import Step
from copias.provider.checksum import LARGEST, WrongChecksum, check_sum
from copias.provider.examining import Examined, copy_dump, examine
from copias.provider.loading import Ask, Loaded, can_load, load_dump
from copias.provider.scanning import LARGEST_SCANNED, Scan, scan
from copias.provider.unfit import limits_of

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from copias.config import Deployment
    from copias.delivery.place import DeliveredFile, DeliveryPlace
    from copias.provider.arrival import Arrival
    from copias.provider.drop_settings import DropSettings

ENDING: t.Final = ".entrega"
_ROOM: t.Final = 1.05


@dataclasses.dataclass(frozen=True)
class Taken:
    """A delivery that can be packed.

    Args:
        file: here, byte by byte as it was delivered.
        checksum: algorithm of the provider's own sum, which was equal; empty when it wrote none.
        scan: what ClamAV said.
        examined: what it is.
        loaded: what came of loading it.
    """

    file: FetchedPart
    checksum: str
    scan: Scan
    examined: Examined
    loaded: Loaded


def bring(deployment: Deployment, number: str, arrival: Arrival) -> FetchedPart:
    """Bring the delivered file here; what is here already is hashed again.

    Raises:
        NotReady: it changed meanwhile.
        StoreFull: it does not fit; what is here is kept.
        StoreUnavailable: the place does not answer; what is here is kept.
    """
    place, data = t.cast("DeliveryPlace", arrival.place), t.cast("DeliveredFile", arrival.data)
    room = Room(round(data.bytes * _ROOM), "no cabe la entrega")
    with Step("Traer la entrega", data.bytes) as step:
        (file,) = fetch_files(deployment, place, (data,), number, ending=ENDING, room=room, report=step)
    return file


def judge(
    deployment: Deployment,
    number: str,
    arrival: Arrival,
    file: FetchedPart,
    drop: DropSettings,
    *,
    seconds: float,
    ask: Ask | None = None,
) -> Taken:
    """Look at a file that was brought here, from its checksum to what is in it.

    Args:
        deployment: whose disk is used.
        number: of the case.
        arrival: where its checksum lies.
        file: as it was brought.
        drop: limits.
        seconds: that loading it may take.
        ask: what is asked of the loaded database.

    Raises:
        Unfit: it cannot be used.
        NotReady: this machine lacks a program that it takes, or walls that the deployment demands.
        StoreFull: unpacked it does not fit.
    """
    checksum = _compare(arrival, file)
    require_walls(deployment.scratch_servers)  # the first program that reads what a stranger made comes next
    with Step("Pasar el antivirus") if drop.scan else nullcontext():
        scanned = scan(file.path, wanted=drop.scan)
    with _spool(deployment, number) as spool:
        try:
            with Step("Revisar la entrega", file.bytes) as step:
                examined = examine(file.path, limits_of(drop), spool=spool, report=step)
            loaded = _load(file, examined, drop, spool=spool, seconds=seconds, ask=ask)
        except OSError as error:
            raise StoreFull(
                "no cabe la entrega descomprimida en esta máquina",
                whose=f"caso {number}",
                why=error.strerror or str(error),
                repair=f"libere espacio en el disco de {deployment.state} y ejecute el caso otra vez",
            ) from error
    if scanned == "clean" and examined.bytes > LARGEST_SCANNED:
        scanned = "partial"
    if drop.scan or examined.layers or can_load(examined):  # a program that the walls stand around may have read it
        loaded = dataclasses.replace(loaded, text=f"{loaded.text} {say_weakness()}".strip())
    return Taken(file, checksum, scanned, examined, loaded)


def _compare(arrival: Arrival, file: FetchedPart) -> str:
    if arrival.checksum is None or arrival.place is None:
        return ""
    if arrival.checksum.fault:
        raise WrongChecksum("el archivo de la suma de verificación no se puede leer")
    with closing(arrival.place.open(arrival.checksum)) as stream:
        content = stream.read(LARGEST + 1)
    return check_sum(file.path, content, file.name)


def _load(
    file: FetchedPart, examined: Examined, drop: DropSettings, *, spool: Path, seconds: float, ask: Ask | None
) -> Loaded:
    dump = file.path
    if examined.layers and can_load(examined):
        dump = spool / "volcado"
        _require_room(spool, examined.bytes)
        with Step("Descomprimir"):
            copy_dump(file.path, examined, dump, limits_of(drop), spool=spool)
    with Step("Cargar en un servidor de prueba") as step:
        return load_dump(dump, examined, seconds=seconds, report=step, ask=ask)


def _require_room(spool: Path, needed: int) -> None:
    free = shutil.disk_usage(spool).free
    if free < needed:
        raise OSError(28, f"hacen falta {needed} bytes y quedan {free}")


@contextmanager
def _spool(deployment: Deployment, number: str) -> Iterator[Path]:
    """Yield a private folder, empty; what a run that was killed left in its like is removed first."""
    parent = make_private_directory(deployment.state / "spool")
    for left in parent.glob(f"entrega-{number}-*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=parent, prefix=f"entrega-{number}-") as folder:
        yield Path(folder)
