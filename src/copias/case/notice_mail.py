"""A notice as mail: a template filled with facts, plain text, and headers that nothing can be smuggled into."""

from __future__ import annotations

import hashlib
import re
import typing as t
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache

from copias.case.notice_settings import domain_of
from copias.package.texts import format_bytes, format_time
from copias.pages import open_templates, printable

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Environment

    from copias.case.notice_settings import NoticeSettings
    from copias.config import Deployment

KEY_HEADER: t.Final = "X-Copias-Key"
_WORD: t.Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*\.?")
_LONGEST_NAME: t.Final = 80
_DIGITS: t.Final = 16


@dataclass(frozen=True)
class Letter:
    """A notice ready to be sent.

    Args:
        to: its one recipient.
        message_id: with its angle brackets; the same however often it is written.
        mark: value of :data:`KEY_HEADER`, which tells this notice from every other.
        written_at: when it was queued, so before it was first sent.
        content: the message, RFC 5322.
    """

    to: str
    message_id: str
    mark: str
    written_at: datetime
    content: bytes


def write_letter(deployment: Deployment, settings: NoticeSettings, row: Mapping[str, t.Any]) -> Letter:
    """Return a queued notice as mail; of the same row it is always the same, whoever writes it."""
    subject, text = render_notice(deployment, row)
    mark = mark_of(row)
    message_id = f"<{mark}@{domain_of(settings.sender)}>"
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(clean_line(deployment.entity), addr_spec=settings.sender)
    _address(message, row)
    # A provider answers to the sender, whose mailbox is where its answers are looked for.
    if settings.reply_to and not row.get("provider"):
        message["Reply-To"] = Address(addr_spec=settings.reply_to)
    message["Subject"] = subject
    message["Message-ID"] = message_id
    message[KEY_HEADER] = mark
    if row.get("provider"):
        # It is evidence, so it says when it was written; and many a provider's help desk drops what says that a
        # program wrote it. Nothing of ours answers what comes back.
        message["Date"] = datetime.fromisoformat(row["moment"])
    else:
        # So that no out-of-office answers it (RFC 3834). The date is Gmail's to add: it knows when it was sent.
        message["Auto-Submitted"] = "auto-generated"
    message.set_content(text, charset="utf-8", cte="quoted-printable")
    return Letter(row["to"], message_id, mark, datetime.fromisoformat(row["moment"]), message.as_bytes())


def mark_of(row: Mapping[str, t.Any]) -> str:
    """Return the value of :data:`KEY_HEADER` of a queued notice."""
    return f"{row['key']}.{_digest(row)}"


def write_draft(deployment: Deployment, row: Mapping[str, t.Any]) -> bytes:
    """Return a notice that a person is to send by hand: mail programs open it as one that was not sent yet."""
    subject, text = render_notice(deployment, row)
    message = EmailMessage(policy=SMTP)
    _address(message, row)
    message["Subject"] = subject
    message["X-Unsent"] = "1"
    message.set_content(text, charset="utf-8", cte="quoted-printable")
    return message.as_bytes()


def _address(message: EmailMessage, row: Mapping[str, t.Any]) -> None:
    message["To"] = Address(addr_spec=row["to"])
    if row.get("cc"):
        message["Cc"] = tuple(Address(addr_spec=address) for address in row["cc"])


def render_notice(deployment: Deployment, row: Mapping[str, t.Any]) -> tuple[str, str]:
    """Return subject and text: the first line of the template and the rest."""
    facts = row["facts"]
    name = clean_name(facts.get("name", ""))
    rendered = (
        _environment()
        .get_template(f"notice_{row['what']}.txt.j2")
        .render(
            facts,
            number=row["number"],
            moment=datetime.fromisoformat(row["moment"]),
            greeting=f"Buen día, {name}:" if name else "Buen día:",
            agent=clean_name(facts.get("agent", "")),
            entity=deployment.entity,
            procedure=f"procedimiento {deployment.procedure.code}",
        )
    )
    subject, _, text = rendered.partition("\n")
    return clean_line(subject), text


def clean_name(text: str) -> str:
    """Return a person's name, and nothing for a text that is more than that.

    The form lets anybody type a name and somebody else's address: a name must not bring a link or a sentence of
    digits and signs into mail that has the help desk's good name.
    """
    words = clean_line(text).split()
    named = " ".join(words)
    return named if len(named) <= _LONGEST_NAME and all(_WORD.fullmatch(word) for word in words) else ""


def clean_line(text: str) -> str:
    """Return a text as one line without control characters, single spaces between words."""
    return " ".join(str(printable(text)).split())


def _digest(row: Mapping[str, t.Any]) -> str:
    """Tell apart the notices of one key in two ledgers: a case number that is used again, or a test beside the real."""
    return hashlib.sha256(f"{row['key']} {row['moment']} {row['to']}".encode()).hexdigest()[:_DIGITS]


@cache
def _environment() -> Environment:
    return open_templates("copias.case", time=format_time, size=format_bytes)
