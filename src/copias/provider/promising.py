"""What an agent records of a provider: what it promised, and the mail that was sent by hand."""

from __future__ import annotations

import hashlib
import typing as t
from datetime import UTC, datetime, timedelta

from copias.business_time import is_business_day
from copias.case.mail_folder import MailFolder
from copias.case.rows import queue_status
from copias.errors import BadInput, NotReady
from copias.helpdesk.dates import read_moment
from copias.local_time import day_of, say_moment
from copias.mailbox.mirror.headers import read_headers
from copias.people import Role
from copias.provider.answers import LARGEST
from copias.provider.letters import MAIL
from copias.provider.mails import KeptMail, list_all
from copias.provider.request import PROMISED, is_awaited, require_configured
from copias.provider.waiting import require_request

if t.TYPE_CHECKING:
    from pathlib import Path

    from copias.case.story import Story
    from copias.office import Office
    from copias.provider.request import DeliveryRequest

LONGEST: t.Final = timedelta(days=366)
_NOTE: t.Final = 500


def promise(office: Office, number: str, text: str, *, note: str = "") -> DeliveryRequest:
    """Record what a provider promised, and tell the help desk.

    Args:
        office: whose case book it is recorded in.
        number: the case.
        text: ``dd/mm/aaaa`` or ``dd/mm/aaaa hh:mm``, in Colombia's time; a day alone means its close of business.
        note: who promised it, and how.

    Raises:
        BadInput: it is no moment to come within a year.
        NotAllowed: the role does not include it.
        NotReady: the case does not wait for a provider.
    """
    office.actor.require(Role.AGENT, "registrar lo que promete un proveedor")
    story = office.book.story(number)
    request = require_configured(office, require_awaited(story))
    moment = _read(office, request, text)
    if len(note) > _NOTE:
        raise BadInput("la nota es muy larga", whose=f"caso {number}", why=f"tiene {len(note)} letras; hasta {_NOTE}")
    if moment == request.promised and not note:
        return request
    words = f"el proveedor promete la copia para el {say_moment(moment)}"
    facts = {"promised": moment.isoformat(timespec="minutes"), "note": note.strip(), "said": say_moment(moment)}
    story = office.book.record(number, PROMISED, facts)
    queue_status(office, story, "on_hold", done=f"{words}{f': {note.strip()}' if note else ''}", mark=_mark(story))
    office.outbox.deliver_rows(number)
    return require_request(office.book.story(number))


def warn_of_rest(moment: datetime) -> str:
    """Return what is to be said of a promise for a day on which nobody works; empty for any other."""
    return "" if is_business_day(day_of(moment)) else "ese día no es hábil en Colombia"


def record_sent(office: Office, number: str, file: Path) -> KeptMail:
    """Keep a mail to the provider that a person sent by hand, as its mail program saved it.

    Raises:
        BadInput: the file cannot be read, is too large, or is no mail.
        NotAllowed: the role does not include it.
        NotReady: the case asked no provider.
    """
    office.actor.require(Role.AGENT, "registrar correos al proveedor")
    story = office.book.story(number)
    request = require_configured(office, require_request(story))
    content = _read_file(file)
    addresses = office.deployment.providers[request.provider].contact.addresses
    recipients = read_headers(content).recipients.lower()
    if not any(address in recipients for address in addresses):
        raise BadInput(
            "el correo no va dirigido al contacto del proveedor",
            whose=ascii(str(file)[-200:]),
            why=f"sus direcciones son {', '.join(addresses)}",
            repair="guarde el correo enviado como .eml desde su programa de correo, y dé ese archivo",
        )
    sha256 = hashlib.sha256(content).hexdigest()
    for mail in list_all(office.deployment, story):
        if mail.sha256 == sha256 and mail.direction == "by_hand":
            return mail  # the same file again
    kept = MailFolder(office.deployment, number).keep(f"enviado-a-mano-{sha256[:16]}.eml", content)
    story = office.book.record(number, MAIL, {"direction": "by_hand", **kept.to_dict()})
    return list_all(office.deployment, story)[-1]


def require_awaited(story: Story) -> DeliveryRequest:
    """Return what a case asked the provider for that it waits for.

    Raises:
        NotReady: it does not wait for one.
    """
    request = require_request(story)
    if not is_awaited(story):
        raise NotReady(
            "el caso no está esperando a su proveedor",
            whose=f"caso {story.number}",
            repair=f"vea la historia con `copias show {story.number}`",
        )
    return request


def _read(office: Office, request: DeliveryRequest, text: str) -> datetime:
    try:
        moment = read_moment(text)
    except ValueError:
        moment = None
    if moment is None:
        raise BadInput(
            "la fecha prometida no se entiende",
            whose=ascii(text[:40]),
            repair='escríbala así: 31/12/2026, o "31/12/2026 15:00"',
        )
    if ":" not in text:
        hours = office.deployment.providers[request.provider].office_hours
        moment = hours.of(moment.date())[1]
    now = datetime.now(UTC)
    if not now < moment <= now + LONGEST:
        raise BadInput(
            "la fecha prometida ya pasó, o está a más de un año",
            whose=say_moment(moment),
            repair="revise el día, el mes y el año",
        )
    return moment


def _read_file(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except OSError as error:
        raise BadInput("no se pudo leer el correo", whose=ascii(str(file)[-200:]), why=error.strerror or "") from error
    if len(content) > LARGEST:
        raise BadInput(
            "el correo es muy grande", whose=ascii(str(file)[-200:]), why=f"se guardan hasta {LARGEST} bytes"
        )
    return content


def _mark(story: Story) -> str:
    return str(story.events[-1].n)
