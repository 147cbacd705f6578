"""Reaching a mailbox from a deployment: session, quota and right to read, opened together."""

from __future__ import annotations

import asyncio
import typing as t
from contextlib import asynccontextmanager

from copias.case.kinds import Forecast
from copias.mailbox.mirror import count_live
from copias.mailbox.status import mirror_folder

if t.TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from copias.config import Deployment
    from copias.google.budget import QuotaBudget
    from copias.google.gmail import Gmail, Profile
    from copias.mailbox.settings import MailboxSettings
    from copias.office import Office

MEAN_BYTES: t.Final = 64 << 10
"""Bytes of a message that a forecast takes for granted; a mirror knows better."""


def open_budget(deployment: Deployment) -> QuotaBudget:
    """Return Google's quota as all runs of this machine share it."""
    from copias.google.budget import QuotaBudget
    from copias.google.tariff import tariff_named

    google = deployment.google
    return QuotaBudget(deployment.state / "google-quota.sqlite", tariff_named(google.tariff), share=google.quota_share)


@asynccontextmanager
async def open_gmail(office: Office, account: str, *, scopes: tuple[str, ...] | None = None) -> AsyncIterator[Gmail]:
    """Open an account, with the right to read it unless ``scopes`` asks for another.

    Raises:
        BadConfiguration: the key cannot be used.
    """
    from copias.google.gmail import Gmail
    from copias.google.scopes import GMAIL_READ
    from copias.google.session import GoogleSession

    deployment = office.deployment
    connections = deployment.mailboxes.connections if deployment.mailboxes else 50
    async with GoogleSession(deployment.google, open_budget(deployment), connections=connections) as session:
        yield Gmail(session, account, scopes=scopes or (GMAIL_READ,))


def predict_copy(office: Office, settings: MailboxSettings, account: str) -> Forecast:
    """Ask the mailbox how large it is, which also proves that it may be read, and say what copying it takes.

    Raises:
        GoogleRefused: it may not be read; the message names scope, account and repair.
        GoogleUnavailable: Google does not answer.
    """
    del settings
    profile = asyncio.run(_ask(office, account))
    held = count_live(mirror_folder(office.deployment, account))
    new = max(0, profile.messages_total - held.messages)
    prediction = open_budget(office.deployment).predict(new)
    mean = held.bytes // held.messages if held.messages else MEAN_BYTES
    return Forecast(
        bytes=profile.messages_total * mean,
        seconds=prediction.seconds,
        messages=profile.messages_total,
        calls=prediction.calls,
        units=prediction.units,
    )


async def _ask(office: Office, account: str) -> Profile:
    async with open_gmail(office, account) as gmail:
        return await gmail.profile()
