"""What lies where a provider delivers for a case: nothing, something that is still on its way, or one settled file.

Names decide nothing but which file is another's checksum, and which is unfinished: what a file is, its content says.
"""

from __future__ import annotations

import hashlib
import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson

from copias.files import make_private_directory, write_atomically
from copias.provider.drop import open_drop
from copias.provider.earlier import list_taken
from copias.provider.request import REJECTED, RETRIED, find_request

if t.TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from copias.case.story import Story
    from copias.config import Deployment
    from copias.delivery.place import DeliveredFile, DeliveryPlace
    from copias.office import Office
    from copias.provider.drop_settings import DropSettings

UNFINISHED: t.Final = (".part", ".filepart", ".crdownload", ".partial", ".download", ".tmp", ".!ut", ".aria2")
CHECKSUMS: t.Final = (".sha256", ".sha512", ".sha1", ".md5", ".sha256.txt", ".sha512.txt", ".sha1.txt", ".md5.txt")
_CHECKSUM_LISTS: t.Final = frozenset({"sha256sums", "sha512sums", "sha1sums", "md5sums", "checksums.txt"})
_FURNITURE: t.Final = frozenset({"desktop.ini", "thumbs.db", ".ds_store"})
"""Files that Windows and macOS leave in every folder."""
_SHOWN: t.Final = 120
_NAMED: t.Final = 5


@dataclass(frozen=True)
class Arrival:
    """What was found.

    Args:
        ready: there is something settled that the case can go on with, be it to refuse it.
        why: why not, in words for people; empty when it is.
        place: where it lies.
        data: the one file that was delivered.
        checksum: the file that says its checksum, where there is one.
        fault: why what was delivered is refused unread; empty when it is to be brought here.
        files: all that ``fault`` is of, or the data file alone.
    """

    ready: bool
    why: str = ""
    place: DeliveryPlace | None = None
    data: DeliveredFile | None = None
    checksum: DeliveredFile | None = None
    fault: str = ""
    files: tuple[DeliveredFile, ...] = ()

    @property
    def keys(self) -> list[str]:
        """Return what tells the files from any that come later."""
        return sorted(identify(file) for file in self.files)


def look_for_arrival(office: Office, number: str, *, remember: bool = True, now: datetime | None = None) -> Arrival:
    """Look into the folder of a case where its provider delivers.

    Args:
        office: whose case it is.
        number: of the case.
        remember: keep what was seen where the place's own dates cannot be trusted (SFTP), so that a later look can
            tell that nothing changed meanwhile. Without, nothing is changed anywhere.
        now: aware; for tests.

    Raises:
        StoreUnavailable: the place does not answer.
        NotReady: it does not let this account in.
    """
    story = office.book.story(number)
    request = find_request(story)
    if request is None:
        return Arrival(ready=False, why="no se le ha pedido nada al proveedor")
    drop = office.deployment.providers[request.provider].drop
    place, moment = open_drop(office.deployment, drop, number), now or datetime.now(UTC)
    files = place.files()
    since = {identify(file): file.arrived for file in files}
    if drop.kind == "sftp":
        since = date_by_sight(office.deployment, number, tuple(since), remember=remember, now=moment)
    return judge_files(
        place, files, drop, since=since, rejected=list_rejected(story), taken=list_taken(story), now=moment
    )


def judge_files(
    place: DeliveryPlace,
    files: Sequence[DeliveredFile],
    drop: DropSettings,
    *,
    since: Mapping[str, datetime],
    rejected: Mapping[tuple[str, ...], str],
    now: datetime,
    taken: Collection[str] = (),
) -> Arrival:
    """Tell what files in a case's folder amount to.

    Args:
        place: where they lie.
        files: all of the folder.
        drop: limits.
        since: identity of each file → since when it is as it is.
        rejected: identities of what was rejected before, one tuple for each rejection; each with that of the checksum
            that it did not go with, or nothing. Where nothing else is, it is looked at again once that one is gone.
        now: aware.
        taken: identities of what the case took in before it was reopened: another copy is awaited.
    """
    known = {identify(file) for file in files} & set(taken)
    fresh = [file for file in files if file.name.lower() not in _FURNITURE and identify(file) not in known]
    seen = _leave_out(fresh, rejected)
    if all(map(_is_checksum, seen)):
        rejected = {keys: checksum for keys, checksum in rejected.items() if not checksum or checksum in since}
        seen = _leave_out(fresh, rejected)
    if unfinished := [file for file in seen if file.name.lower().endswith(UNFINISHED)]:
        return Arrival(ready=False, why=f"{show(unfinished[0])} todavía está en camino")
    checksums = [file for file in seen if _is_checksum(file)]
    data = tuple(file for file in seen if not _is_checksum(file))
    if not data or tuple(sorted(map(identify, data))) in rejected:
        return Arrival(ready=False, why=_say_passed_over(rejected=bool(rejected), taken=bool(known)))
    newest = max(seen, key=lambda file: since[identify(file)])
    if (age := now - since[identify(newest)]) < timedelta(minutes=drop.settle_minutes):
        seconds = max(0, round(age.total_seconds()))
        return Arrival(ready=False, why=f"{show(newest)} cambió hace {seconds} segundos: puede estar en camino")
    checksum = _pair(data[0], checksums)
    return Arrival(ready=True, place=place, data=data[0], checksum=checksum, fault=_find_fault(data, drop), files=data)


def _say_passed_over(*, rejected: bool, taken: bool) -> str:
    if taken:
        return "lo que hay es lo que se tomó antes de reabrir el caso: falta otra entrega"
    return "lo que hay se rechazó y falta que lo reemplacen" if rejected else ""


def _leave_out(files: Sequence[DeliveredFile], rejected: Iterable[tuple[str, ...]]) -> list[DeliveredFile]:
    """Leave out the files that were rejected by themselves."""
    alone = {keys[0] for keys in rejected if len(keys) == 1}
    return [file for file in files if identify(file) not in alone]


def list_rejected(story: Story) -> dict[tuple[str, ...], str]:
    """Return the identities of what was rejected for a case, with that of the checksum that each did not go with.

    What was rejected before a person had it looked at again is left out.
    """
    retried = max((event.n for event in story.events if event.event == RETRIED), default=0)
    events = (event.data for event in story.events if event.event == REJECTED and event.n > retried)
    return {tuple(sorted(data.get("keys", ()))): str(data.get("checksum", "")) for data in events}


def identify(file: DeliveredFile) -> str:
    """Return what tells a delivered file from any that takes its place, and from another version of it in a drive."""
    parts = (file.name, str(file.bytes), file.key, *([file.sha256] if file.sha256 else []))
    identity = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(identity).hexdigest()[:32]  # a name is hostile, and the ledger is read by many


def show(file: DeliveredFile) -> str:
    """Return a hostile name for messages."""
    return ascii(file.name[:_SHOWN])


def _is_checksum(file: DeliveredFile) -> bool:
    name = file.name.lower()
    return name.endswith(CHECKSUMS) or name in _CHECKSUM_LISTS


def _pair(data: DeliveredFile, checksums: Sequence[DeliveredFile]) -> DeliveredFile | None:
    """Return the checksum file of the data: the one that bears its name, else the first."""
    stem = data.name.rpartition(".")[0] or data.name
    named = [file for file in checksums if file.name.startswith((f"{data.name}.", f"{stem}."))]
    return next(iter([*named, *checksums]), None)


def _find_fault(data: Sequence[DeliveredFile], drop: DropSettings) -> str:
    if len(data) > 1:
        names = ", ".join(map(show, data[:_NAMED]))
        return f"se entregaron {len(data)} archivos y se espera uno solo ({names}); si son varios, en un solo .zip"
    (file,) = data
    if file.fault:
        return f"{show(file)} {file.fault}"
    if not file.bytes:
        return f"{show(file)} está vacío"
    if file.bytes > drop.largest_bytes:
        return f"{show(file)} tiene {file.bytes} bytes y se admiten {drop.largest_bytes}"
    return ""


def date_by_sight(
    deployment: Deployment, number: str, identities: Sequence[str], *, remember: bool, now: datetime
) -> dict[str, datetime]:
    """Return since when we see each file as it is: our clock is the one we know, and a sender can set a file's date.

    Args:
        deployment: whose state remembers it.
        number: of the case.
        identities: of the files that are there now.
        remember: keep what is seen now.
        now: aware.
    """
    path = deployment.state / "provider" / "seen" / f"{number}.json"
    known = _read_sights(path)
    sights = {identity: min(known.get(identity, now), now) for identity in identities}
    if remember and sights != known:
        make_private_directory(path.parent)
        write_atomically(path, orjson.dumps({identity: moment.isoformat() for identity, moment in sights.items()}))
    return sights


def _read_sights(path: Path) -> Mapping[str, datetime]:
    try:
        data = orjson.loads(path.read_bytes())
        return {identity: datetime.fromisoformat(moment) for identity, moment in data.items()}
    except (FileNotFoundError, ValueError, AttributeError, TypeError):
        return {}  # then each file is as good as new, and waits once more
