"""Reading: profile, lists of messages, one message, an attachment."""

from __future__ import annotations

import typing as t

from copias_sandbox.core.errors import GoogleError, Json, invalid
from copias_sandbox.core.room import Call
from copias_sandbox.rooms.gmail.access import find_mail, mailbox, page_size, sees_only_metadata
from copias_sandbox.rooms.gmail.mailbox import Mailbox
from copias_sandbox.rooms.gmail.mime import attachment_id, encode_base64, part_content, parts
from copias_sandbox.rooms.gmail.resource import reference, show
from copias_sandbox.rooms.gmail.search import Search, parse_search
from copias_sandbox.rooms.gmail.tables import Mail, packed

UNKNOWN_SIZE: t.Final = 201
"""What Gmail answers as ``resultSizeEstimate`` when there is a next page."""
OVERLAP: t.Final = 3
"""Items that come again on the next page when the fault ``repeated`` strikes."""


def get_profile(call: Call) -> Json:
    """Do ``users.getProfile``."""
    box = mailbox(call)
    return {
        "emailAddress": box.email,
        "messagesTotal": box.count(),
        "threadsTotal": box.count(what="DISTINCT thread"),
        "historyId": str(box.history),
    }


def get_message(call: Call) -> Json:
    """Do ``messages.get``."""
    box = mailbox(call)
    return show(call, box, find_mail(box, call.path["id"]))


def list_messages(call: Call) -> Json:
    """Do ``messages.list``: newest first, in pages; a page goes on after the last message of the one before."""
    box, size = mailbox(call), page_size(call)
    found = select_page(call, box, size + 1)
    shown = found["hidden" in call.effects : size]
    answer: Json = {"messages": [reference(mail) for mail in shown]} if shown else {}
    if len(found) <= size or "ended" in call.effects:
        return {**answer, "resultSizeEstimate": len(found)}
    last = found[max(size - 1 - (OVERLAP if "repeated" in call.effects else 0), 0)]
    return {**answer, "nextPageToken": page_token(last), "resultSizeEstimate": UNKNOWN_SIZE}


def select_page(call: Call, box: Mailbox, size: int, condition: str = "1") -> list[Mail]:
    """Return up to ``size`` messages that a list's parameters select, and ``condition`` (of SQL) too.

    Raises:
        GoogleError: 400, a query that the sandbox does not know, a label or page that there is not.
    """
    search = read_search(call, box)
    conditions, arguments = [condition, *search.conditions], [*search.arguments]
    for label in call.query.get("labelIds", ()):
        conditions.append("instr(labels, ?)")
        arguments.append(packed([label]))
    if not (call.query.get("includeSpamTrash") or search.everywhere):
        conditions.append("NOT instr(labels, ' SPAM ') AND NOT instr(labels, ' TRASH ')")
    if call.query.get("pageToken"):
        conditions.append("(date, number) < (?, ?)")
        arguments += _position(call.query["pageToken"])
    found = []
    for mail in box.select(" AND ".join(conditions), arguments):
        if search.accepts(box, mail):
            found.append(mail)
        if len(found) == size:
            break
    return found


def read_search(call: Call, box: Mailbox) -> Search:
    """Read ``q``.

    Raises:
        GoogleError: 400 as :func:`parse_search`; 403 for a token of metadata only.
    """
    query = call.query.get("q", "")
    if query and sees_only_metadata(call):
        raise GoogleError(403, "Metadata scope does not support 'q' parameter", reason="forbidden")
    return parse_search(query, box)


def page_token(last: Mail) -> str:
    """Return the token of the page that comes after a message: digits, as Gmail's are."""
    return str((last.date + 2**62) << 64 | last.number)


def _position(token: str) -> tuple[int, int]:
    if not token.isdigit() or len(token) > 50:
        raise invalid("Invalid pageToken")
    number = int(token)
    date = (number >> 64) - 2**62
    if abs(date) >= 2**62 or number & (2**64 - 1) >= 2**63:
        raise invalid("Invalid pageToken")
    return date, number & (2**64 - 1)


def get_attachment(call: Call) -> Json:
    """Do ``messages.attachments.get``."""
    box = mailbox(call)
    mail = find_mail(box, call.path["messageId"])
    for identifier, part in parts(box.content(mail)):
        if attachment_id(mail.number, identifier) == call.path["id"]:
            content = part_content(part)
            return {"size": len(content), "data": encode_base64(content)}
    raise invalid("Invalid attachment token")
