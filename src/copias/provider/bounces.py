"""Mail to a provider that came back: it left, and whom it was for never got it.

A server that gives up writes from ``mailer-daemon`` or ``postmaster``, and nothing of the case stands in the subject;
but it sends back the headers of what it could not deliver, and among them the mark that only that letter has.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from copias.case.notice_mail import mark_of
from copias.google.errors import GoogleMissing
from copias.mailbox.mirror.headers import read_headers
from copias.provider.letters import MAIL

if t.TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from copias.case.story import Story
    from copias.google.gmail import Gmail

LARGEST: t.Final = 1 << 20
"""Bytes of a mail that is looked at: what comes back is our own short letter."""
MOST: t.Final = 20
"""Mails of each sender that one round looks at, the newest."""
WATCHED: t.Final = timedelta(days=6)
"""How long after a letter left it may come back: a server tries for four or five days (RFC 5321)."""
_SENDERS: t.Final = ("mailer-daemon", "postmaster")
_FAILED: t.Final = re.compile(rb"^Action:[ \t]*failed\b", re.IGNORECASE | re.MULTILINE)
_RECIPIENT: t.Final = re.compile(
    rb"^Final-Recipient:[ \t]*rfc822[ \t]*;[ \t]*<?([^\s<>;]{3,254})", re.IGNORECASE | re.MULTILINE
)


@dataclass(frozen=True)
class Bounce:
    """A letter that came back.

    Args:
        message: id, in Gmail, of the mail that says so.
        content: of that mail.
        sender: that it says it is from.
        key: of the letter.
        to: those of the letter's addresses that did not get it; none where that is not said.
    """

    message: str
    content: bytes
    sender: str
    key: str
    to: tuple[str, ...]


def list_returned(story: Story) -> dict[str, str]:
    """Return the keys of the letters that came back, each with why."""
    found = (event.data for event in story.events if event.event == MAIL)
    return {data["returned"]: str(data["why"]) for data in found if "returned" in data}


async def find_bounces(gmail: Gmail, story: Story, addresses: Iterable[str]) -> AsyncIterator[Bounce]:
    """Yield the letters of a case that came back and of which that is not known yet.

    Args:
        gmail: the mailbox that they left from.
        story: of the case.
        addresses: of the provider.

    Raises:
        GoogleUnavailable: Gmail does not answer.
    """
    letters = _list_watched(story)
    known = {event.data.get("message") for event in story.events if event.event == MAIL}
    if not letters:
        return
    after = int(min(datetime.fromisoformat(story.queued[key]["moment"]) for key in letters.values()).timestamp())
    for sender in _SENDERS:
        for message in await _list(gmail, f"from:{sender} after:{after} -in:sent -in:trash"):
            content = b"" if message in known else await _read(gmail, message)
            if bounce := judge_bounce(message, content, letters, addresses):
                known.add(message)
                yield bounce


def judge_bounce(
    message: str, content: bytes, letters: t.Mapping[bytes, str], addresses: Iterable[str]
) -> Bounce | None:
    """Return which letter a mail says was not delivered; ``None`` for any other mail, as that of a mere delay.

    Args:
        message: its id.
        content: as it came: hostile.
        letters: mark → key of those that may come back.
        addresses: of the provider.
    """
    key = next((key for mark, key in letters.items() if mark in content), None)
    sender = read_headers(content).sender
    if key is None or not _FAILED.search(content) or not any(f"{name}@" in sender.lower() for name in _SENDERS):
        return None
    failed = {found.decode("utf-8", "replace").lower() for found in _RECIPIENT.findall(content)}
    return Bounce(message, content, sender, key, tuple(one for one in addresses if one in failed))


def _list_watched(story: Story) -> dict[bytes, str]:
    """Return mark → key of the letters to a provider that left a short while ago and did not come back."""
    since, returned = datetime.now(UTC) - WATCHED, list_returned(story)
    left = (e.data["key"] for e in story.events if e.event == "outbox.delivered" and e.when >= since)
    letters = (key for key in left if "eml" in story.queued.get(key, {}) and key not in returned)
    return {mark_of(story.queued[key]).encode(): key for key in letters}


async def _list(gmail: Gmail, query: str) -> list[str]:
    found: list[str] = []
    async for page in gmail.list_ids(query=query):
        found += page
    return found[:MOST]


async def _read(gmail: Gmail, message: str) -> bytes:
    try:
        if (await gmail.minimal(message)).size_estimate > LARGEST:
            return b""
        return (await gmail.raw(message)).content
    except GoogleMissing:
        return b""
