"""Whose mailbox a call is about, and which message."""

from __future__ import annotations

import re
import typing as t

from copias_sandbox.core.errors import GoogleError, invalid, not_found, unauthenticated
from copias_sandbox.core.room import Call
from copias_sandbox.oauth.accounts import Accounts
from copias_sandbox.rooms.gmail.mailbox import Mailbox
from copias_sandbox.rooms.gmail.mailboxes import SERVICE, Mailboxes
from copias_sandbox.rooms.gmail.tables import Mail

SCOPE: t.Final = "https://www.googleapis.com/auth/gmail."
METADATA: t.Final = f"{SCOPE}metadata"
READING: t.Final = frozenset({"https://mail.google.com/", f"{SCOPE}modify", f"{SCOPE}readonly", "*"})
_NUMBER = re.compile(r"[0-9a-f]{1,16}", re.IGNORECASE)


def mailboxes(call: Call) -> Mailboxes:
    """Return all mailboxes."""
    return t.cast("Mailboxes", call.services[SERVICE])


def mailbox(call: Call) -> Mailbox:
    """Return the mailbox of the path, which is the caller's own.

    Raises:
        GoogleError: 403 for somebody else's, 401 for a suspended account, 400 for one without Gmail.
    """
    asked, email = call.path["userId"].lower(), call.principal.email
    if asked not in {"me", email}:
        raise GoogleError(403, f"Delegation denied for {email}", reason="forbidden")
    check_account(call, email)
    return mailboxes(call).open(email)


def check_account(call: Call, email: str) -> None:
    """Check that an account has a mailbox that works.

    Raises:
        GoogleError: 401 for a suspended one, 400 for one without Gmail.
    """
    user = Accounts(call.state).user(email)
    if user is None:
        raise GoogleError(400, "Precondition check failed.", reason="failedPrecondition")
    if user.get("suspended"):
        raise unauthenticated("ACCOUNT_STATE_INVALID", "gmail.googleapis.com")
    if not user.get("isMailboxSetup", True):
        raise GoogleError(400, "Mail service not enabled", reason="failedPrecondition")


def parse_number(identifier: str) -> int:
    """Return an id as a number.

    Raises:
        GoogleError: 400, it cannot be one.
    """
    if not _NUMBER.fullmatch(identifier) or int(identifier, 16) >= 2**63:
        raise invalid("Invalid id value")
    return int(identifier, 16)


def find_mail(box: Mailbox, identifier: str) -> Mail:
    """Return a message by its id.

    Raises:
        GoogleError: 404, there is none; 400, there can be none of that id.
    """
    mail = box.find(parse_number(identifier))
    if mail is None:
        raise not_found()
    return mail


def sees_only_metadata(call: Call) -> bool:
    """Tell whether the token is for headers and labels only."""
    return not call.principal.scopes & READING and METADATA in call.principal.scopes


def page_size(call: Call) -> int:
    """Return how many items a page may have; more than 500 is 500."""
    return min(int(call.query.get("maxResults") or 100), 500)
