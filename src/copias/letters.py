"""Mail of the installation itself, of no case: the night's summary, an alarm. Each letter goes once, now or later.

What is to be sent is a file of its own, on the disk before the ledger says that it waits; its bytes are the same
whoever sends them, so that an attempt of which nobody knows what came can be looked for among the sent.

Events, all of the installation: ``letter.queued`` (``key``, ``mark``, ``to``, ``subject``, ``sha256``),
``letter.attempted``, ``letter.refused`` (surely not sent), ``letter.delivered`` (``message``) and ``letter.rejected``
(``why``, ``repair``).
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import typing as t
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from copias.case.notice_mail import KEY_HEADER, Letter, clean_line
from copias.case.notice_settings import domain_of
from copias.errors import BackupError, BadConfiguration, CopyFailed, NotReady, Unavailable
from copias.files import locked, make_private_directory, write_atomically

if t.TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from copias.case.notice_settings import NoticeSettings
    from copias.ledger import Event
    from copias.office import Office

QUEUED: t.Final = "letter.queued"
ATTEMPTED: t.Final = "letter.attempted"
REFUSED: t.Final = "letter.refused"
DELIVERED: t.Final = "letter.delivered"
REJECTED: t.Final = "letter.rejected"
EVENTS: t.Final = frozenset({QUEUED, ATTEMPTED, REFUSED, DELIVERED, REJECTED})
_KEY: t.Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,99}")


@dataclass(frozen=True)
class Draft:
    """What a letter says.

    Args:
        subject: one line.
        text: plain.
        html: the same, for who reads it in a browser; empty for none.
    """

    subject: str
    text: str
    html: str = ""


@dataclass(frozen=True)
class Posted:
    """What came of sending the letters that wait, by their keys."""

    delivered: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    rejected: dict[str, BackupError] = field(default_factory=dict)
    trouble: BackupError | None = None


@dataclass
class _Waiting:
    """A letter as the ledger knows it. ``doubtful`` is the time of an attempt that may have arrived."""

    queued: Event
    doubtful: str | None = None


def queue_letter(office: Office, key: str, draft: Draft, *, to: Collection[str]) -> bool:
    """Queue a letter for each recipient, unless it was queued before; return whether any was.

    Args:
        office: of this installation.
        key: of what it tells, which is told once; lower-case letters, digits, ``.`` and ``-``.
        draft: what it says.
        to: plain addresses.
    """
    with locked(make_private_directory(office.deployment.state) / "letters.lock"):
        return _queue(office, key, draft, to)


def _queue(office: Office, key: str, draft: Draft, to: Collection[str]) -> bool:
    settings = _settings(office)
    known = {event.data["key"] for event in office.book.ledger.events_of({QUEUED})}
    queued = False
    for address in sorted({address.lower() for address in to}):
        # By whom it is for, not by their place: who is told may change between two tries.
        one = f"{key}.{hashlib.sha256(address.encode()).hexdigest()[:8]}"
        if not _KEY.fullmatch(one):
            raise ValueError(f"no key of a letter: {one!r}")
        if one in known:
            continue
        mark = f"{one}.{secrets.token_hex(6)}"  # keys may be the same in two ledgers; what is looked for is not
        content = _write(office, settings, mark, draft, address)
        write_atomically(_file(office, one), content)
        facts = {"key": one, "mark": mark, "to": address, "subject": clean_line(draft.subject)}
        office.record(QUEUED, {**facts, "sha256": hashlib.sha256(content).hexdigest()})
        queued = True
    return queued


def list_waiting_letters(office: Office) -> dict[str, datetime]:
    """Return the keys of the letters that were queued and neither sent nor refused for good, and when they were."""
    return {key: one.queued.when for key, one in _read_waiting(office).items()}


def deliver_letters(office: Office) -> Posted:
    """Send the letters that wait, the oldest first; an outage leaves them waiting, and is returned."""
    waiting = _read_waiting(office) if office.deployment.notices else {}
    if not waiting:
        return Posted()
    with locked(make_private_directory(office.deployment.state) / "letters.lock"):
        return _deliver(office, _read_waiting(office))


def _deliver(office: Office, waiting: dict[str, _Waiting]) -> Posted:
    done: list[str] = []
    rejected: dict[str, BackupError] = {}
    trouble: BackupError | None = None
    for key, one in waiting.items():
        try:
            _send(office, key, one)
        except (Unavailable, NotReady, BadConfiguration) as error:
            trouble = error  # an outage, or a key or a permission that somebody puts right: nothing is lost meanwhile
            break
        except BackupError as error:
            # No other try would end differently: who reads the ledger, or `copias watch`, is told.
            office.record(REJECTED, {"key": key, "why": f"{error.what}: {error.why}", "repair": error.repair})
            rejected[key] = error
        else:
            done.append(key)
            _file(office, key).unlink(missing_ok=True)  # it is among the sent
    left = tuple(key for key in waiting if key not in done and key not in rejected)
    return Posted(tuple(done), left, rejected, trouble)


def _send(office: Office, key: str, one: _Waiting) -> None:
    from copias.case.outbox import TooSoon, may_have_arrived
    from copias.case.posting import post_in_time

    settings = _settings(office)
    if one.doubtful is not None:
        age = (datetime.now(UTC) - datetime.fromisoformat(one.doubtful)).total_seconds()
        if 0 <= age < settings.settle_seconds:
            raise TooSoon(key, settings.settle_seconds - age)
    content = _read(office, one.queued)
    mark = one.queued.data["mark"]
    letter = Letter(one.queued.data["to"], _message_id(settings, mark), mark, one.queued.when, content)
    office.record(ATTEMPTED, {"key": key})
    try:
        doubtful = one.doubtful is not None
        sent = asyncio.run(post_in_time(office.deployment, settings.sender, letter, doubtful=doubtful))
    except BackupError as error:
        if not (isinstance(error, Unavailable) and may_have_arrived(error)):
            office.record(REFUSED, {"key": key})
        raise
    office.record(DELIVERED, {"key": key, **sent})


def _read_waiting(office: Office) -> dict[str, _Waiting]:
    found: dict[str, _Waiting] = {}
    for event in office.book.ledger.events_of(EVENTS):
        key = event.data["key"]
        if event.event == QUEUED:
            found[key] = _Waiting(event)
        elif event.event in {DELIVERED, REJECTED}:
            found.pop(key, None)
        elif key in found:
            found[key].doubtful = event.time if event.event == ATTEMPTED else None
    return found


def _write(office: Office, settings: NoticeSettings, mark: str, draft: Draft, to: str) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(clean_line(office.deployment.entity), addr_spec=settings.sender)
    message["To"] = Address(addr_spec=to)
    message["Subject"] = clean_line(draft.subject)
    message["Message-ID"] = _message_id(settings, mark)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(draft.text, charset="utf-8", cte="quoted-printable")
    if draft.html:
        message.add_alternative(draft.html, subtype="html", charset="utf-8", cte="quoted-printable")
    message[KEY_HEADER] = mark
    return message.as_bytes()


def _read(office: Office, queued: Event) -> bytes:
    path = _file(office, queued.data["key"])
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != queued.data["sha256"]:
        raise CopyFailed(
            "una carta que iba a enviarse ya no es la que se escribió",
            whose=queued.data["key"],
            why=f"{path} falta o fue cambiado",
            repair="lo que decía está en los hallazgos (`copias finding list`) y en la bitácora",
        )
    return content


def _settings(office: Office) -> NoticeSettings:
    settings = office.deployment.notices
    if settings is None:
        raise AssertionError("letters need notices in the deployment")
    return settings


def _message_id(settings: NoticeSettings, mark: str) -> str:
    return f"<copias.{mark}@{domain_of(settings.sender)}>"


def _file(office: Office, key: str) -> Path:
    return make_private_directory(office.deployment.state / "letters") / f"{key}.eml"
