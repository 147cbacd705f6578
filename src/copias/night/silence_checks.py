"""What `copias watch` looks at: each check tells what is wrong, in words that stay the same while it stays wrong."""

from __future__ import annotations

import shutil
import typing as t
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from copias.case.claim import NIGHT
from copias.errors import LedgerBroken
from copias.helpdesk.dates import write_moment
from copias.letters import REJECTED, list_waiting_letters
from copias.local_time import day_of
from copias.night.report import FINISHED
from copias.night.told import look_at

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from copias.ledger import Event
    from copias.night.told import Way
    from copias.office import Office

CLOCKS: t.Final = timedelta(minutes=10)
"""What clocks may differ by: an event further in the future than this was written by a wrong one."""
STUCK: t.Final = timedelta(days=1)
"""How long something may wait to be delivered: Google's worst outages are shorter."""
DEAD_NIGHT: t.Final = "muerta"
LOST_LETTER: t.Final = "correo"
"""Names of the alarms of what happened once, where the others are of what is so now."""
_CLOSING: t.Final = timedelta(hours=1)
"""What a night may take to close itself after its time is over."""
_GIGABYTE: t.Final = 1 << 30
_WAYS: t.Final[dict[Way, str]] = {
    "summary": "el resumen por correo",
    "heartbeat": "la fila de la hoja",
    "ping": "el aviso al vigilante externo",
    "findings": "la lista de hallazgos",
}


@dataclass(frozen=True)
class Alarm:
    """Something that somebody must look at.

    Args:
        name: of the check; letters, digits and ``-``. The same alarm is mailed once a day.
        what: one sentence in Spanish, without what changes from hour to hour.
        why: what was seen.
        repair: what to do.
    """

    name: str
    what: str
    why: str
    repair: str

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data."""
        return asdict(self)


def check_ledger(office: Office, now: datetime) -> Iterator[Alarm]:
    """Look whether the chain holds, and whether it was dated by a clock that runs ahead."""
    ledger = office.book.ledger
    try:
        head = ledger.verify()
        last = ledger.last()
    except LedgerBroken as error:
        yield Alarm("bitacora", "la bitácora no es válida", f"{error.what}: {error.why}", error.repair)
        return
    if not head.count:
        why = f"{ledger.path} no está o no tiene nada"
        repair = "vea si el disco del estado está montado; si se perdió, use `copias repository recover-state`"
        yield Alarm("bitacora", "la bitácora está vacía", why, repair)
    if last is not None and last.when > now + CLOCKS:
        why = f"lo último que anotó es del {write_moment(last.when)}, y son las {write_moment(now)}"
        yield Alarm("reloj", "el reloj de este servidor saltó", why, "corríjalo (`timedatectl`) y vea qué lo movió")


def check_night(office: Office, now: datetime) -> Iterator[Alarm]:
    """Look whether a night of everything came to an end of itself lately, and whether one hangs."""
    settings = office.deployment.night
    last = newest_night(office, now)
    # What a clock that ran ahead had dated would put the alarm off until that day.
    since = last or next((event for event in office.book.ledger.events() if event.when <= now + CLOCKS), None)
    if since is not None and now - since.when > settings.silence:
        told = f"la última terminó el {write_moment(since.when)}" if last else "nunca ha terminado una"
        repair = "vea si cron está activo y qué dice `copias nightly --plan`; haga la noche con `copias nightly`"
        yield Alarm("noche", "no hay noticia de la noche de copias", told, repair)
    claim = office.claims.active(NIGHT)
    if claim is not None:
        began = datetime.fromisoformat(claim.since)
        if now - began > settings.time_limit + _CLOSING:
            why = f"{claim.run} empezó el {write_moment(began)} y su límite son {settings.time_limit}"
            yield Alarm(
                "cuelga", "la noche no termina", why, "véala con `copias nightly --follow`; `--stop` la detiene"
            )


def check_told(office: Office, now: datetime) -> Iterator[Alarm]:
    """Look whether everybody heard of the newest night."""
    last = newest_night(office, now)
    if last is None:
        return
    for way, words in _WAYS.items():
        known = look_at(office, last.data["run"], way)
        if known.why and not known.done:
            yield Alarm(f"aviso-{way}", f"no salió {words} de la noche", known.why, "corrija la causa; se intenta solo")


def check_outbox(office: Office, now: datetime) -> Iterator[Alarm]:
    """Look whether something waits to be delivered for longer than an outage lasts, or will never be."""
    oldest = min((moment for moment, _ in _waiting(office)), default=now)
    if now - oldest > STUCK:
        count = sum(now - moment > STUCK for moment, _ in _waiting(office))
        why = f"{count} entregas esperan hace más de un día; la más vieja, desde el {write_moment(oldest)}"
        yield Alarm("bandeja", "la bandeja de salida está detenida", why, "use `copias outbox`, que dice qué lo impide")
    lost = [event for event in office.book.ledger.events_of({REJECTED}) if timedelta() <= now - event.when < STUCK]
    if lost:
        yield Alarm(LOST_LETTER, "un correo no se pudo enviar", lost[-1].data["why"], lost[-1].data["repair"])


def check_standing(office: Office, now: datetime) -> Iterator[Alarm]:
    """Look whether the act ended by which mailboxes are mirrored: from that day on nights pass over them in silence."""
    settings = office.deployment.mailboxes
    standing = settings.standing if settings else None
    if standing is not None and standing.until < day_of(now):
        why = f"el último día de {standing.document} fue el {standing.until:%d/%m/%Y}: las noches ya no los copian"
        repair = "registre el acto que la prorrogue en mailboxes.standing de copias.yml, o quítela si ya no se copian"
        yield Alarm("autorizacion", "la autorización permanente de los buzones terminó", why, repair)


def check_disk(office: Office, _: datetime, *, usage: Callable[[t.Any], t.Any] = shutil.disk_usage) -> Iterator[Alarm]:
    """Look whether the disk of the state has room for what a day writes."""
    state = office.deployment.state
    found = usage(next(folder for folder in (state, *state.parents) if folder.is_dir()))
    if found.free < min(max(_GIGABYTE, found.total // 20), 20 * _GIGABYTE):
        why = f"quedan {found.free / 1e9:.1f} de {found.total / 1e9:.1f} GB".replace(".", ",")
        repair = f"libere espacio donde está {state}"
        yield Alarm("disco", "el disco del estado está casi lleno", why, repair)


def newest_night(office: Office, now: datetime) -> Event | None:
    """Return the end of the newest night of everything; one that died or is of the future is no sign of life."""
    newest = None
    for event in office.book.ledger.events_of({FINISHED}):
        if not event.data.get("only") and event.data["ended"] != "broken" and event.when <= now + CLOCKS:
            newest = event
    return newest


def _waiting(office: Office) -> Iterator[tuple[datetime, str]]:
    notices = office.deployment.notices is not None
    if notices:
        yield from ((moment, key) for key, moment in list_waiting_letters(office).items())
    for story in office.book.stories().values():
        keys = {*story.waiting, *(story.unsent if notices else ())}
        for event in story.events if keys else ():
            if event.event == "outbox.queued" and event.data["key"] in keys:
                yield event.when, event.data["key"]
