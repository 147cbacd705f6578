"""Mail that a provider sends us, found in the help desk's mailbox and kept as it is; nothing in it is ever obeyed."""

from __future__ import annotations

import asyncio
import re
import typing as t
from dataclasses import dataclass
from datetime import timedelta
from email.errors import MessageError
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses

from copias.case.mail_folder import MailFolder
from copias.case.posting import LIMIT, open_hasty_session
from copias.findings import open_finding
from copias.google.errors import GoogleMissing, GoogleUnavailable
from copias.google.scopes import GMAIL_READ
from copias.mailbox.mirror.headers import read_headers
from copias.provider.bounces import find_bounces
from copias.provider.letters import MAIL
from copias.provider.request import find_request, is_configured

if t.TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from copias.case.story import Story
    from copias.google.gmail import Gmail
    from copias.office import Office
    from copias.provider.bounces import Bounce
    from copias.provider.request import DeliveryRequest
    from copias.provider.settings import Contact

LARGEST: t.Final = 30 << 20
"""Bytes of one mail that is kept: the copy itself is never taken from a mail."""
MOST: t.Final = 200
"""Mails of one case that are looked at: whoever can write to the help desk can write often."""
MOST_BYTES: t.Final = 200 << 20
"""Bytes of a case's received mails together."""
_SLACK: t.Final = timedelta(hours=1)
_GOOGLE: t.Final = re.compile(r"\s*mx\.google\.com\s*;", re.IGNORECASE)
_DMARC: t.Final = re.compile(r"\bdmarc=pass\b[^;]*\bheader\.from=([a-z0-9.-]+)", re.IGNORECASE)
_HEAD: t.Final = re.compile(rb"\r?\n\r?\n")
_HEAD_BYTES: t.Final = 256 << 10


@dataclass(frozen=True)
class _Answer:
    """A mail that was found: its id in Gmail, its bytes, and whose it says it is; ``why`` when it is passed over."""

    message: str
    content: bytes = b""
    sender: str = ""
    trusted: bool = False
    why: str = ""


def collect_answers(office: Office, number: str) -> int:
    """Keep what the provider wrote about a case since it was asked, and return how many mails were new.

    A letter to it that came back is recorded too, and is no mail of the provider's.

    Where the deployment has no mail there is nothing to look in. A second call keeps nothing twice.

    Raises:
        GoogleUnavailable: Gmail does not answer; what was found before is kept.
        GoogleRefused: the help desk's mailbox may not be read.
    """
    story, notices = office.book.story(number), office.deployment.notices
    request = find_request(story)
    if request is None or notices is None or not is_configured(office, request):
        return 0
    return asyncio.run(_collect_in_time(office, story, request, notices.sender))


async def _collect_in_time(office: Office, story: Story, request: DeliveryRequest, account: str) -> int:
    from copias.google.gmail import Gmail

    new = 0
    try:
        async with asyncio.timeout(LIMIT), open_hasty_session(office.deployment) as session:
            gmail = Gmail(session, account, (GMAIL_READ,))
            async for answer in _find(gmail, office, story, request):
                new += _keep(office, story.number, answer)
            contact = office.deployment.providers[request.provider].contact
            async for bounce in find_bounces(gmail, story, contact.addresses):
                _keep_bounce(office, story.number, bounce)
    except TimeoutError as error:
        raise GoogleUnavailable(
            "no se leyó el correo del proveedor", whose=f"caso {story.number}", why=f"pasaron {LIMIT:.0f} segundos"
        ) from error
    return new


async def _find(gmail: Gmail, office: Office, story: Story, request: DeliveryRequest) -> AsyncIterator[_Answer]:
    """Yield the mails that were not looked at before."""
    contact = office.deployment.providers[request.provider].contact
    known = {event.data["message"] for event in story.events if event.event == MAIL and "message" in event.data}
    kept = sum(int(event.data.get("bytes", 0)) for event in story.events if event.event == MAIL)
    after = int((request.requested_at - _SLACK).timestamp())
    for sender in (*contact.addresses, *contact.domains):
        query = f'from:{sender} subject:"Caso {story.number}" after:{after} -in:sent -in:trash'
        async for page in gmail.list_ids(query=query):
            for message in page:
                if message in known or len(known) >= MOST or kept >= MOST_BYTES:
                    continue
                known.add(message)
                answer = await _read(gmail, message, story.number, contact)
                kept += len(answer.content)
                yield answer


async def _read(gmail: Gmail, message: str, number: str, contact: Contact) -> _Answer:
    try:
        size = (await gmail.minimal(message)).size_estimate
        if size > LARGEST:
            return _Answer(message, why=f"pesa {size} bytes, y se guardan hasta {LARGEST}")
        content = (await gmail.raw(message)).content
    except GoogleMissing:
        return _Answer(message, why="ya no está en el buzón")
    return judge(message, content, number, contact)


def judge(message: str, content: bytes, number: str, contact: Contact) -> _Answer:
    """Tell whether a mail is the provider's and about this case, and whether Google vouches for its sender.

    Gmail's search finds words; a subject of another case or a name that looks like an address is found by it too.
    """
    if not re.search(rf"\[caso\s+{number}\]", read_headers(content).subject, re.IGNORECASE | re.ASCII):
        return _Answer(message, why="su asunto es de otro caso")
    head = _read_head(content)
    sender = _find_sender(head)
    if not contact.may_answer(sender):
        return _Answer(message, why="no es de una dirección del proveedor")
    return _Answer(message, content, sender, _is_verified(head, sender))


def _read_head(content: bytes) -> Message:
    found = _HEAD.search(content, 0, _HEAD_BYTES)
    return BytesHeaderParser(policy=compat32).parsebytes(content[: found.start() if found else _HEAD_BYTES])


def _find_sender(head: Message) -> str:
    """Return the one address that a mail says it is from, in lower case; empty when it names none or several."""
    try:
        found = getaddresses([str(value) for value in head.get_all("From", [])])
    except (MessageError, ValueError):
        return ""
    return found[0][1].lower() if len(found) == 1 else ""


def _is_verified(head: Message, sender: str) -> bool:
    """Tell whether Gmail checked, as the mail came in, that the domain of the sender sent it (DMARC).

    Only the uppermost header counts: Gmail puts its own on top, and whatever a sender wrote stands below it.
    """
    results = str(next(iter(head.get_all("Authentication-Results", [])), ""))
    found = _DMARC.search(" ".join(results.split())) if _GOOGLE.match(results) else None
    domain = sender.rpartition("@")[2]
    return found is not None and domain == found[1].lower()


def _keep(office: Office, number: str, answer: _Answer) -> bool:
    """Keep a mail and record it, unless another look did so meanwhile; return whether it is new."""
    facts: dict[str, t.Any] = {"direction": "ignored", "message": answer.message, "why": answer.why}
    if not answer.why:
        facts = _keep_file(office, number, answer.message, answer.content)
        facts |= {"sender": answer.sender, "trusted": answer.trusted}
    return _record(office, number, facts) and not answer.why


def _keep_bounce(office: Office, number: str, bounce: Bounce) -> None:
    """Keep the mail that says that a letter of ours came back, and record that it did."""
    why = f"no le llegó a {', '.join(bounce.to)}" if bounce.to else "no le llegó al proveedor"
    facts = _keep_file(office, number, bounce.message, bounce.content)
    _record(office, number, {**facts, "sender": bounce.sender, "trusted": False, "returned": bounce.key, "why": why})
    # Nobody reads what `copias poll` says in cron, and the mail that would tell it is the one that failed.
    open_finding(
        office,
        about=f"caso {number}",
        what="un correo al proveedor fue devuelto",
        why=why,
        repair="pídale al proveedor su dirección, corríjala en el archivo de proveedores y envíe el correo a mano: "
        f"copias provider mail {number}",
    )


def _keep_file(office: Office, number: str, message: str, content: bytes) -> dict[str, t.Any]:
    """Keep a mail that was received, and return what is recorded of any."""
    name = f"recibido-{re.sub(r'[^A-Za-z0-9_-]', '', message)[:100]}.eml"
    kept = MailFolder(office.deployment, number).keep(name, content)
    return {"direction": "received", "message": message, **kept.to_dict()}


def _record(office: Office, number: str, facts: dict[str, t.Any]) -> bool:
    """Record a mail, unless another look did so meanwhile; return whether it is new."""
    with office.book.adding(number) as page:
        known = {event.data.get("message") for event in page.story.events if event.event == MAIL}
        if facts["message"] in known:
            return False
        page.add(MAIL, facts)
    return True
