"""How notices leave: by Gmail, each once, also when the answer of an earlier attempt was lost."""

from __future__ import annotations

import asyncio
import typing as t
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import SMTP

from copias.case.mail_folder import MailFolder
from copias.case.notice_mail import KEY_HEADER, write_letter
from copias.google.errors import GoogleMissing, GoogleRefused, GoogleUnavailable, QuotaExhausted
from copias.google.scopes import GMAIL_READ, GMAIL_SEND

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from copias.case.notice_mail import Letter
    from copias.case.notice_settings import NoticeSettings
    from copias.case.outbox import Delivery
    from copias.config import Deployment
    from copias.google.gmail import Gmail
    from copias.google.session import GoogleSession

LIMIT: t.Final = 30.0
"""Seconds for one notice: what is not sent by then waits in the outbox, and the work goes on."""
_ATTEMPTS: t.Final = 2
_CLOCKS: t.Final = timedelta(minutes=10)
"""How far this machine's clock may be ahead of Google's."""


def post_through(deployment: Deployment, settings: NoticeSettings) -> Delivery:
    """Return the outbox's way to Gmail, opened when a notice is sent."""

    def deliver(row: Mapping[str, t.Any], *, attempted_at: str | None) -> dict[str, t.Any]:
        letter = write_letter(deployment, settings, row)
        if "eml" in row:  # it was kept before it is sent: what leaves is what was kept
            kept = MailFolder(deployment, row["number"]).read(row["eml"]["name"], row["eml"]["sha256"])
            letter = replace(letter, content=kept)
        return asyncio.run(post_in_time(deployment, settings.sender, letter, doubtful=attempted_at is not None))

    return deliver


async def post_in_time(deployment: Deployment, sender: str, letter: Letter, *, doubtful: bool) -> dict[str, t.Any]:
    """Send a letter and return what to record; ``doubtful``: an earlier attempt may have sent it, so look first.

    Raises:
        GoogleUnavailable: it was not sent, or nobody knows (``maybe_done``).
    """
    try:
        async with asyncio.timeout(LIMIT):
            async with open_hasty_session(deployment) as session:
                return await _post(session, sender, letter, doubtful=doubtful)
    except TimeoutError as error:
        raise GoogleUnavailable(
            "no se envió el aviso", maybe_done=True, whose=letter.to, why=f"pasaron {LIMIT:.0f} segundos"
        ) from error


def open_hasty_session(deployment: Deployment) -> GoogleSession:
    """Return a way to Google that gives up soon, for what may be done later."""
    from copias.google.session import GoogleSession
    from copias.mailbox.engine import open_budget

    google = deployment.google
    hasty = google.model_copy(
        update={
            "attempts": min(google.attempts, _ATTEMPTS),
            "timeout": min(google.timeout, LIMIT / 2),
            "patience": min(google.patience, LIMIT / 2),
        }
    )
    return GoogleSession(hasty, open_budget(deployment), connections=1)


async def _post(session: GoogleSession, sender: str, letter: Letter, *, doubtful: bool) -> dict[str, t.Any]:
    """Send a letter; after an attempt of which nobody knows what came, only if it is not among the sent."""
    from copias.google.gmail import Gmail

    found = await _look(Gmail(session, sender, (GMAIL_READ,)), letter) if doubtful else None
    if found:
        return {"message": found, "found": True}
    try:
        return {"message": await Gmail(session, sender, (GMAIL_SEND,)).send(letter.content), "found": False}
    except GoogleRefused as error:
        if error.reason == "dailyLimitExceeded":
            raise QuotaExhausted(error.what, whose=error.whose, why=error.why, repair=error.repair) from error
        raise


async def _look(gmail: Gmail, letter: Letter) -> str | None:
    """Find a letter among the sent; an outage meanwhile leaves it as doubtful as it was.

    Gmail keeps a ``Message-ID`` of ours or, for some forms of it, gives the message another one (the API does what SMTP
    does not, and it is not documented). It keeps other headers, so what was sent to this recipient since the notice was
    queued is opened and looked at too.
    """
    try:
        by_id = await _first(gmail, f"in:sent rfc822msgid:{letter.message_id}")
        if by_id:
            return by_id
        after = int((letter.written_at - _CLOCKS).timestamp())
        async for page in gmail.list_ids(query=f"in:sent to:{letter.to} after:{after}"):
            for message in page:
                if await _has_mark(gmail, message, letter.mark):
                    return message
    except GoogleUnavailable as error:
        error.maybe_done = True
        raise
    return None


async def _first(gmail: Gmail, query: str) -> str | None:
    async for page in gmail.list_ids(query=query):
        for message in page:
            return str(message)
    return None


async def _has_mark(gmail: Gmail, message: str, mark: str) -> bool:
    try:
        content = (await gmail.raw(message)).content
    except GoogleMissing:
        return False  # deleted meanwhile by a person
    return message_from_bytes(content, policy=SMTP).get(KEY_HEADER, "").strip() == mark
