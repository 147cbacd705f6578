"""Mail that comes in: import, insert and send; where a message's date and conversation come from."""

from __future__ import annotations

import re
import typing as t
from datetime import UTC, datetime
from email.utils import format_datetime, getaddresses, parsedate_to_datetime

import pybase64

from copias_sandbox.core.errors import GoogleError, Json, invalid
from copias_sandbox.core.room import Call
from copias_sandbox.oauth.accounts import Accounts
from copias_sandbox.rooms.gmail.access import mailbox, mailboxes
from copias_sandbox.rooms.gmail.labels import Labels
from copias_sandbox.rooms.gmail.mailbox import Arrival, Mailbox
from copias_sandbox.rooms.gmail.mime import header, headers
from copias_sandbox.rooms.gmail.resource import reference

LARGEST: t.Final = 150 * 2**20
LARGEST_SENT: t.Final = 35 * 2**20
_IDENTIFIER = re.compile(r"<[^<>\s]+>")
_BCC = re.compile(rb"^bcc:.*\r?\n(?:[ \t].*\r?\n)*", re.IGNORECASE | re.MULTILINE)
_REPLY = re.compile(r"^(?:(?:re|rv|fwd?|aw)\s*:\s*)+", re.IGNORECASE)


def import_message(call: Call) -> Json:
    """Do ``messages.import``: as if it had come by SMTP, with the date of its ``Date`` unless asked otherwise."""
    return _take_in(call)


def insert_message(call: Call) -> Json:
    """Do ``messages.insert``: like IMAP's APPEND, with the date of now unless asked otherwise."""
    return _take_in(call)


def _take_in(call: Call) -> Json:
    box, content = mailbox(call), read_content(call, LARGEST)
    labels = tuple(dict.fromkeys(call.body.get("labelIds", ())))
    Labels(box).check(labels, by_hand=False)
    now = _now(call)
    date = _date_of(content, otherwise=now) if call.query.get("internalDateSource") == "dateHeader" else now
    taken = arrival(box, content, labels=labels, date=date, received=now)
    mail = box.add(taken)
    if call.query.get("deleted"):
        box.remove(mail)  # only the Vault sees it
    return reference(mail, labels=True)


def send_message(call: Call) -> Json:
    """Do ``messages.send``: a copy among the sent, and one in the inbox of each recipient whom the Directory has."""
    box, content = mailbox(call), read_content(call, LARGEST_SENT)
    recipients = _recipients(content)
    if not recipients:
        raise invalid("Recipient address required")
    now = _now(call)
    content = _completed(content, sender=box.email, date=now)
    sent = box.add(arrival(box, content, labels=("SENT",), date=now, received=now))
    accounts, delivered = Accounts(call.state), _BCC.sub(b"", content)
    for address in recipients:
        user = accounts.user(address)
        if user and user.get("isMailboxSetup", True):
            other, labels = mailboxes(call).open(address), ("UNREAD", "INBOX")
            other.add(arrival(other, delivered, labels=labels, date=now, received=now))
    return reference(sent, labels=True)


def arrival(box: Mailbox, content: bytes, *, labels: tuple[str, ...], date: int, received: int) -> Arrival:
    """Return a message that comes in, with the conversation to which it belongs."""
    found = {name.lower(): value for name, value in reversed(headers(content))}
    identifier = _IDENTIFIER.search(found.get("message-id", ""))
    return Arrival(content, date, received, labels, identifier[0] if identifier else "", _thread(box, found))


def read_content(call: Call, largest: int) -> bytes:
    """Return the message that a call brings, uploaded or in ``raw``.

    Raises:
        GoogleError: 400, there is none or it is not base64; 413, it is too large.
    """
    if call.media is not None:
        content = call.media.read()
    elif "raw" not in call.body:
        raise invalid("'raw' RFC822 payload message string or uploading message via /upload/* URL required")
    else:
        content = _decoded(call.body["raw"])
    if len(content) > largest:
        raise GoogleError(413, "Request Entity Too Large", reason="uploadTooLarge")
    return content


def _decoded(raw: str) -> bytes:
    plain = raw.rstrip("=").translate({ord("-"): "+", ord("_"): "/"})
    try:
        return pybase64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except ValueError:
        raise invalid("Invalid value at 'raw' (TYPE_BYTES), Base64 decoding failed") from None


def _now(call: Call) -> int:
    return int(call.clock.now() * 1000)


def _date_of(content: bytes, *, otherwise: int) -> int:
    try:
        moment = parsedate_to_datetime(header(content, "Date"))
        date = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError, TypeError):
        return otherwise
    return date if date >= 0 else otherwise


def _thread(box: Mailbox, found: dict[str, str]) -> int | None:
    """Find the conversation: a message that is referred to, with the same subject but for ``Re:``."""
    named = _IDENTIFIER.findall(f"{found.get('references', '')} {found.get('in-reply-to', '')}")
    for identifier in reversed(named[-20:]):
        for mail in box.select("header_id = ?", (identifier,)):
            if _topic(header(box.content(mail), "Subject")) == _topic(found.get("subject", "")):
                return mail.thread
    return None


def _topic(subject: str) -> str:
    return _REPLY.sub("", subject.strip()).casefold()


def _recipients(content: bytes) -> list[str]:
    named = [value for name, value in headers(content) if name.lower() in {"to", "cc", "bcc"}]
    return list(dict.fromkeys(address.lower() for _, address in getaddresses(named) if "@" in address))


def _completed(content: bytes, *, sender: str, date: int) -> bytes:
    """Add what Gmail adds to a message that is sent: sender, date and ``Message-ID`` when they are missing."""
    present = {name.lower() for name, _ in headers(content)}
    moment = format_datetime(datetime.fromtimestamp(date / 1000, UTC))
    wanted = {"From": sender, "Date": moment, "Message-ID": f"<{date:x}.{len(content):x}@mail.correo.example>"}
    lines = [f"{name}: {value}\r\n" for name, value in wanted.items() if name.lower() not in present]
    return "".join(lines).encode() + content
