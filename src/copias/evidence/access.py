"""Who could read a copy, as the place that keeps it showed on the day it was asked, and who opened it through copias.

No more than that is claimed: who administers a NAS, a server or Google can read what lies there and is not listed, and
what people read without copias is not seen here.

Event of the installation: ``access.seen`` (``place``, ``kind``, ``readers``: who and how, ``note``), only when it is
not what the last one of that place said.
"""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass, field

from copias.errors import BackupError, BadInput
from copias.evidence.pack import PACKED
from copias.evidence.readers import Seen, look_at_repository, look_at_store
from copias.mailbox.restore.planning import PLANNED
from copias.nearest import suggest
from copias.night.mirror_recovery import RECOVERED
from copias.night.mirrors_view import KEPT as MIRRORS
from copias.night.mirrors_view import name_of
from copias.opened import OPENED as BEGUN
from copias.retention.packages import MOVED

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from copias.ledger import Event
    from copias.office import Office

SEEN: t.Final = "access.seen"
OPENED: t.Final[dict[str, str]] = {
    BEGUN: "la abrió",
    "copy.exported": "la exportó a un archivo mbox",
    "recovery.searched": "buscó en ella",
    PLANNED: "escogió qué devolver de ella",
    "restore.given": "devolvió mensajes de ella",
    "restore.sinfa": "la restauró en una base de datos o un archivo",
    RECOVERED: "sacó de ella el espejo de una cuenta",
    PACKED: "llevó sus registros, y no su contenido, en un paquete de evidencia",
    MOVED: "la llevó a otro destino, sin mostrarla",
    "drill.passed": "la restauró en un simulacro",
    "drill.failed": "intentó restaurarla en un simulacro",
    "copy.checked": "la leyó para comprobarla, sin mostrarla",
    "night.verified": "la leyó de vuelta, sin mostrarla",
}
"""Event → what was done with a copy, in Spanish."""
_MADE: t.Final = frozenset({"copy.made", "night.made", MIRRORS})


@dataclass(frozen=True, kw_only=True)
class Opening:
    """Somebody opened a copy through copias: moment (ISO 8601), person, account, what was done, number of the event."""

    time: str
    name: str
    account: str
    what: str
    event: int
    case: str


@dataclass(frozen=True, kw_only=True)
class CopyAccess:
    """Who could read a copy, by date, and who opened it."""

    copy: str
    places: tuple[str, ...]
    seen: tuple[dict[str, t.Any], ...]
    openings: tuple[Opening, ...]

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data, for ``--json``."""
        return {**asdict(self), "places": list(self.places), "seen": list(self.seen)}


@dataclass
class Look:
    """What came of looking at all places: what changed was recorded, and what did not answer is told."""

    seen: list[Seen] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    troubles: list[BackupError] = field(default_factory=list)


def look_at_places(office: Office) -> Look:
    """Ask each store and repository who can read it, and record what is not as it was: once."""
    done = Look()
    for seen in _look(office, done):
        done.seen.append(seen)
    with office.book.ledger.transaction(office.actor.to_event()) as page:
        known = {event.data["place"]: event.data for event in office.book.ledger.events_of({SEEN})}
        for seen in done.seen:
            facts = seen.to_dict()
            if known.get(seen.place) != facts:
                page.append(SEEN, facts)
                done.changed.append(seen.place)
    return done


def _look(office: Office, done: Look) -> Iterator[Seen]:
    deployment = office.deployment
    for name, store in deployment.stores.items():
        try:
            yield look_at_store(name, store, deployment.google)
        except BackupError as error:
            done.troubles.append(error)
    for name, repository in deployment.repositories.items():
        yield look_at_repository(name, repository)


def tell_access(office: Office, copy: str) -> CopyAccess:
    """Tell of a copy, of a case, of a night or of all mirrors, who could read it since it was made, and who opened it.

    Raises:
        BadInput: there is no such copy.
    """
    history = list(_history(office, copy))
    made = next((event for event in history if event.event in _MADE), None)
    if made is None:
        known = {str(event.data["copy"]) for event in office.book.ledger.events_of({"copy.made", "night.made"})}
        repair = suggest(copy, known, "vea las que hay con `copias copies`")
        raise BadInput("no hay una copia con ese nombre", whose=ascii(copy[:80]), repair=repair)
    places = [_place_of(made), *(f"store:{one.data['store']}" for one in history if one.event == MOVED)]
    looks = [event for event in office.book.ledger.events_of({SEEN}) if event.data["place"] in places]
    before = {event.data["place"]: event for event in looks if event.n < made.n}
    told = sorted([*before.values(), *(event for event in looks if event.n > made.n)], key=lambda event: event.n)
    return CopyAccess(
        copy=copy,
        places=tuple(dict.fromkeys(places)),
        seen=tuple({"time": event.time, **event.data} for event in told),
        openings=tuple(_open(event) for event in history if event.event in OPENED),
    )


def _history(office: Office, copy: str) -> Iterator[Event]:
    """Yield the events about a copy: that name it, that took mail from it, or of an export of its case's package."""
    restores: set[str] = set()
    others: set[str] = set()
    case = None
    for event in office.book.ledger.events():
        data = event.data
        if event.event in {"copy.made", "night.made"} and data.get("copy") == copy:
            case = event.case
        elif event.event == "copy.made":
            others.add(str(data.get("copy")))
        if event.event == PLANNED and _names(data.get("source"), copy):
            restores.add(str(data["restore"]))
        # A reopened case has several copies; an export that does not say of which, or of a renamed file, is of each.
        of_case = event.event == "copy.exported" and case is not None and data.get("of_case") == case
        exported = of_case and data.get("copy") not in others
        packed = event.event == PACKED and case is not None and case in data.get("holds", data.get("cases", ()))
        taken = event.event == "restore.given" and data.get("restore") in restores
        mirrors = event.event in {MIRRORS, RECOVERED} and name_of(str(data.get("snapshot"))) == copy
        named = data.get("copy") == copy or _names(data.get("source"), copy)
        if named or exported or packed or taken or mirrors:
            yield event


def _names(source: t.Any, copy: str) -> bool:
    """Tell whether where mail was looked for or taken from is a copy."""
    if isinstance(source, dict):
        return (source.get("kind"), source.get("name")) == ("copy", copy)
    return bool(source == f"copia {copy}")


def _place_of(made: Event) -> str:
    data = made.data
    return f"store:{data['store']}" if made.event == "copy.made" else f"repository:{data['repository']}"


def _open(event: Event) -> Opening:
    return Opening(
        time=event.time,
        name=event.actor.get("name", ""),
        account=event.actor.get("account", ""),
        what=_say_begun(event) if event.event == BEGUN else OPENED[event.event],
        event=event.n,
        case=event.case or str(event.data.get("case") or ""),
    )


def _say_begun(event: Event) -> str:
    """Return how a copy was opened, in Spanish: by which verb, and where what was read went."""
    said = f"{OPENED[BEGUN]} con `{event.data.get('by', '')}`"
    return f"{said}, hacia {event.data['to']}" if event.data.get("to") else said
