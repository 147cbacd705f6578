"""The mails between us and a provider, as they are kept: what was sent, and what came from the provider.

Each is a file in the case's folder; the ledger has its name, size and SHA-256, and never what it says.

Event ``provider.mail``: ``direction`` (``received``, ``by_hand``, ``draft`` or ``ignored``), and of a kept one
``name``, ``bytes``, ``sha256``; of one from Gmail ``message`` (its id there), ``sender``, ``trusted``; of an ignored
one ``why``. One that says that a letter of ours came back has that letter's key, ``returned``, and ``why``.
What the outbox sends is listed by its own events.
"""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass

from copias.case.mail_folder import MailFolder
from copias.provider.bounces import list_returned
from copias.provider.letters import MAIL

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from copias.case.story import Story
    from copias.config import Deployment
    from copias.ledger import Event
    from copias.office import Office

Direction: t.TypeAlias = t.Literal["sent", "received", "by_hand", "draft", "waiting", "unsent", "returned", "ignored"]
DIRECTION_WORDS: t.Final[dict[str, str]] = {
    "sent": "enviado",
    "by_hand": "enviado a mano",
    "received": "recibido",
    "draft": "borrador por enviar a mano",
    "waiting": "por enviar",
    "unsent": "no salió: envíelo a mano",
    "returned": "fue devuelto: envíelo a mano",
    "ignored": "no se guardó",
}


@dataclass(frozen=True)
class KeptMail:
    """One mail of a case.

    Args:
        name: of its file, safe anywhere; empty for an ignored one.
        bytes: its size.
        sha256: in hexadecimal.
        path: of its file; check the SHA-256 of what is read, or use :func:`read_mail`.
        direction: ``sent`` by the outbox or ``by_hand``, ``received``; ``draft`` and ``waiting`` did not leave yet, and
            ``unsent`` never will by itself, because Gmail refused it; ``returned`` left, and came back undelivered.
        at: when that was recorded, ISO 8601, UTC.
        sender: of a received one, the address that it says it is from.
        trusted: of a received one, Google verified that address; a forged one looks just the same otherwise.
        why: of an ignored one, why it was passed over; of an unsent one, why it was refused; whom a returned one did
            not reach.
    """

    name: str
    bytes: int
    sha256: str
    path: Path
    direction: Direction
    at: str
    sender: str = ""
    trusted: bool = False
    why: str = ""

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data, for ``--json``."""
        return {**asdict(self), "path": str(self.path)}


def list_mails(office: Office, number: str) -> tuple[KeptMail, ...]:
    """Return the mails that were really sent or received, in the order in which they were recorded."""
    story = office.book.story(number)
    evidence = {"sent", "returned", "by_hand", "received"}
    return tuple(mail for mail in list_all(office.deployment, story) if mail.direction in evidence)


def list_all(deployment: Deployment, story: Story) -> tuple[KeptMail, ...]:
    """Return every mail: also drafts, those that wait in the outbox, and those that were passed over."""
    folder = MailFolder(deployment, story.number)
    return tuple(_find(folder, story))


def read_mail(office: Office, number: str, mail: KeptMail) -> bytes:
    """Return a mail as it was kept.

    Raises:
        Altered: it is gone, or is not what it was.
    """
    return MailFolder(office.deployment, number).read(mail.name, mail.sha256)


def _find(folder: MailFolder, story: Story) -> Iterator[KeptMail]:
    for event in story.events:
        if event.event == MAIL:
            yield _of_mail(folder, event)
        elif event.event == "outbox.queued" and "eml" in event.data and event.data["key"] not in story.withdrawn:
            yield _of_outbox(folder, story, event)


def _of_outbox(folder: MailFolder, story: Story, event: Event) -> KeptMail:
    eml, key = event.data["eml"], event.data["key"]
    arrived = key in story.delivered
    refused = str(story.rejected[key]["why"]) if key in story.rejected else ""
    why = list_returned(story).get(key, refused)
    when = next((one.time for one in story.events if _is_delivery(one, key)), event.time)
    direction: Direction = "unsent" if refused else "waiting"
    if arrived:
        direction = "returned" if why else "sent"
    return KeptMail(eml["name"], eml["bytes"], eml["sha256"], folder.file(eml["name"]), direction, when, why=why)


def _is_delivery(event: Event, key: str) -> bool:
    return event.event == "outbox.delivered" and event.data["key"] == key


def _of_mail(folder: MailFolder, event: Event) -> KeptMail:
    data = event.data
    name = str(data.get("name", ""))
    return KeptMail(
        name,
        int(data.get("bytes", 0)),
        str(data.get("sha256", "")),
        folder.file(name) if name else folder.path,
        data["direction"],
        event.time,
        sender=str(data.get("sender", "")),
        trusted=bool(data.get("trusted", False)),
        why=str(data.get("why", "")),
    )
