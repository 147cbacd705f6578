"""Asking mailboxes how large they are, before a night plans their first copies: one cheap call each."""

from __future__ import annotations

import asyncio
import typing as t

from copias.errors import BackupError
from copias.mailbox.engine import open_budget

if t.TYPE_CHECKING:
    from collections.abc import Collection

    from copias.google.session import GoogleSession
    from copias.office import Office

PATIENCE: t.Final = 15.0
"""Seconds for one answer: a plan does not wait for a mailbox that hangs."""


def ask_sizes(office: Office, accounts: Collection[str]) -> dict[str, int]:
    """Return how many messages mailboxes have; those that do not answer are left out.

    Raises:
        BadConfiguration: Google's key cannot be used.
    """
    return asyncio.run(_ask_all(office, accounts))


async def _ask_all(office: Office, accounts: Collection[str]) -> dict[str, int]:
    from copias.google.session import GoogleSession

    settings, deployment = office.deployment.mailboxes, office.deployment
    if settings is None:
        return {}
    hasty = deployment.google.model_copy(update={"attempts": 1, "timeout": min(deployment.google.timeout, PATIENCE)})
    turns = asyncio.Semaphore(settings.accounts_at_once)
    async with GoogleSession(hasty, open_budget(deployment), connections=settings.connections) as session:
        sizes = await asyncio.gather(*(_ask(session, account, turns) for account in accounts))
    return {account: size for account, size in zip(accounts, sizes, strict=True) if size is not None}


async def _ask(session: GoogleSession, account: str, turns: asyncio.Semaphore) -> int | None:
    from copias.google.gmail import Gmail
    from copias.google.scopes import GMAIL_READ

    async with turns:
        try:
            async with asyncio.timeout(PATIENCE):
                return (await Gmail(session, account, (GMAIL_READ,)).profile()).messages_total
        except (BackupError, TimeoutError):
            return None
