"""``copias poll`` of the cases that wait for a provider: they go on when it delivered, else it is reminded."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from copias.case.intake import read_case
from copias.case.preflight import check_case
from copias.errors import AlreadyRunning, BackupError, NotReady
from copias.local_time import say_moment, today
from copias.provider.answers import collect_answers
from copias.provider.arrival import look_for_arrival
from copias.provider.checks import warn_of_contracts
from copias.provider.letters import ask_for_copy
from copias.provider.mails import list_all
from copias.provider.reminding import tell_due, tell_late
from copias.provider.request import find_request, is_awaited, is_configured, is_resumed
from copias.provider.waiting import resume_for_delivery, tell_wait
from copias.run.start import start_run

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from copias.case.story import Story
    from copias.office import Office
    from copias.provider.request import DeliveryRequest


@dataclass(frozen=True)
class Sight:
    """What was found of one case that waits for a provider.

    Args:
        number: the case.
        database: that is awaited.
        what: ``awaited`` still, ``started`` a run, ``running`` already, ``not_ready`` for one, or ``trouble``.
        text: the same for people, one line.
        run: that was started.
    """

    number: str
    database: str
    what: t.Literal["awaited", "started", "running", "not_ready", "trouble"]
    text: str
    run: str = ""


def watch_deliveries(
    office: Office, *, config: Path, now: datetime, note: Callable[[BackupError], None]
) -> Iterator[Sight]:
    """Yield what became of each case that waits for its provider; a second round changes nothing.

    Args:
        office: of the account that cron runs as.
        config: the deployment's file, for the runs that are started.
        now: by which reminders and lateness are counted.
        note: gets each error that is no reason to leave the other cases.
    """
    warn_of_contracts(office, today=today(now))
    for story in office.book.stories().values():
        request = find_request(story)
        if request is None or not (is_awaited(story) or is_resumed(story)):
            continue
        if not is_configured(office, request):
            text = f"se le pidió a {request.provider}, que ya no está en copias.yml, la copia de {request.database}"
            yield Sight(story.number, request.database, "trouble", text)
        elif is_resumed(story):
            yield _go_on(office, request, config, note)
        else:
            yield _look(office, story, request, config=config, now=now, note=note)


def _look(
    office: Office,
    story: Story,
    request: DeliveryRequest,
    *,
    config: Path,
    now: datetime,
    note: Callable[[BackupError], None],
) -> Sight:
    number = story.number
    ask_for_copy(office, story, request)  # a crash may have come before it was queued
    told = [_tell_desk(office, story, note), _read_answers(office, number, note)]
    try:
        arrival = look_for_arrival(office, number)
    except BackupError as error:
        note(error)
        tell_late(office, story, request, now=now)
        office.outbox.deliver_notices(number)
        return Sight(number, request.database, "trouble", f"no se pudo mirar si llegó la copia: {error}")
    if arrival.ready:
        return _go_on(office, request, config, note)
    return _wait(office, story, request, now=now, more=[arrival.why, *told])


def _tell_desk(office: Office, story: Story, note: Callable[[BackupError], None]) -> str:
    """Tell the help desk of the wait, and return why it does not know of it; neither keeps the delivery waiting."""
    try:
        tell_wait(office, story)
    except BackupError as error:
        note(error)
        return f"no quedó en la mesa de ayuda: {error.what}"
    return ""


def _read_answers(office: Office, number: str, note: Callable[[BackupError], None]) -> str:
    """Keep what the provider wrote, and return that it did, or why nobody knows; what it delivered counts anyway."""
    try:
        new = collect_answers(office, number)
    except BackupError as error:
        note(error)
        return f"no se pudo leer lo que escribe el proveedor: {error.what}"
    return f"escribió el proveedor, léalo: copias provider mail {number}" if new else ""


def _wait(office: Office, story: Story, request: DeliveryRequest, *, now: datetime, more: list[str]) -> Sight:
    reminder = tell_due(office, story, request, now=now)
    late = tell_late(office, story, request, now=now)
    office.outbox.deliver_notices(story.number)
    company = office.deployment.providers[request.provider].name
    told = "".join(
        [
            *(f"; {words}" for words in more if words),
            _say_unsent(office, story.number),
            _say_reminder(office, story.number) if reminder else "",
            "; está atrasada" if now > request.promised else "",
            "; se le avisó al administrador" if late else "",
        ]
    )
    text = f"{request.database} espera la copia de {company}, prometida para el {say_moment(request.promised)}{told}"
    return Sight(story.number, request.database, "awaited", text)


def _say_unsent(office: Office, number: str) -> str:
    """Return that a mail did not reach the provider and that nobody recorded yet that a person sent it."""
    found = [mail.direction for mail in list_all(office.deployment, office.book.story(number))]
    if found.count("unsent") + found.count("returned") <= found.count("by_hand"):
        return ""
    if "returned" not in found:
        return f"; hay un correo al proveedor que no salió, envíelo a mano: copias provider mail {number}"
    return (
        "; un correo al proveedor fue devuelto: pídale su dirección, corríjala en el archivo de proveedores y envíelo "
        f"a mano: copias provider mail {number}"
    )


def _say_reminder(office: Office, number: str) -> str:
    if office.deployment.notices is None:
        return f"; hay un recordatorio por enviar a mano: copias provider mail {number}"
    return "; se le recordó"


def _go_on(office: Office, request: DeliveryRequest, config: Path, note: Callable[[BackupError], None]) -> Sight:
    """Start the run of a case whose delivery arrived, as ``copias run`` does; what keeps it is told."""
    number = request.number
    try:
        office.claims.require_free(number)
        if is_awaited(office.book.story(number)):
            resume_for_delivery(office, number)
        check_case(office, read_case(office, number)).require(number)
        folder = start_run(office, number, config=config)
    except AlreadyRunning:
        return Sight(number, request.database, "running", "ya se está ejecutando")
    except BackupError as error:
        note(error)
        what: t.Literal["not_ready", "trouble"] = "not_ready" if isinstance(error, NotReady) else "trouble"
        return Sight(number, request.database, what, f"llegó la copia y no puede seguir todavía: {error}")
    run = folder.path.name
    return Sight(number, request.database, "started", f"llegó la copia: el caso sigue, ejecución {run}", run)
