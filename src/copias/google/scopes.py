"""The least scope that each verb of ours needs: what an administrator delegates, and a user consents to."""

from __future__ import annotations

import typing as t
from types import MappingProxyType

if t.TYPE_CHECKING:
    from collections.abc import Mapping

_AUTH: t.Final = "https://www.googleapis.com/auth/"

GMAIL_READ: t.Final = f"{_AUTH}gmail.readonly"
GMAIL_INSERT: t.Final = f"{_AUTH}gmail.insert"
GMAIL_LABELS: t.Final = f"{_AUTH}gmail.labels"
GMAIL_SEND: t.Final = f"{_AUTH}gmail.send"
DIRECTORY_READ: t.Final = f"{_AUTH}admin.directory.user.readonly"
SHEETS: t.Final = f"{_AUTH}spreadsheets"
DRIVE: t.Final = f"{_AUTH}drive"
EMAIL: t.Final = f"{_AUTH}userinfo.email"

VERB_SCOPES: t.Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "mailbox.copy": (GMAIL_READ,),
        "mailbox.restore": (GMAIL_READ, GMAIL_INSERT, GMAIL_LABELS),
        "notice.send": (GMAIL_SEND, GMAIL_READ),
        "directory.read": (DIRECTORY_READ,),
        "help_desk": (SHEETS,),
        "shared_drive.store": (DRIVE,),
        "consent": (GMAIL_READ, EMAIL),
    }
)
"""Verb → scopes.

``notice.send`` reads the sender's own mailbox only, for a notice whose answer was lost and what providers answer.
``help_desk`` and ``shared_drive.store`` are the service account's own and are not delegated.
"""

DELEGATED_VERBS: t.Final = ("mailbox.copy", "mailbox.restore", "notice.send", "directory.read")
"""Verbs done on behalf of an account, so their scopes go to domain-wide delegation."""
