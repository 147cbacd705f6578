"""A client of the sandbox's Gmail, in the same process."""

from __future__ import annotations

import base64
import typing as t

from copias_sandbox.core.dispatch import Google
from copias_sandbox.local import LocalClient
from copias_sandbox.oauth.accounts import Accounts
from copias_sandbox.rooms.gmail.mailboxes import SERVICE
from copias_sandbox.seed.mail import MailPlan

ANA, LUZ = "ana@alcaldia.example", "luz@alcaldia.example"
SCOPE = "https://www.googleapis.com/auth/gmail."
WHOLE = "https://mail.google.com/"
ME = "/gmail/v1/users/me"


def open_mailbox(
    google: Google, email: str = ANA, *, scopes: t.Collection[str] = (f"{SCOPE}modify",), **plan: t.Any
) -> LocalClient:
    """Return a client of somebody's mailbox, filled by a plan, empty without one."""
    Accounts(google.state).put_user({"primaryEmail": email})
    google.services[SERVICE].make(email, MailPlan(**plan))
    return LocalClient(google, email, scopes=scopes)


def ids(client: LocalClient, **query: t.Any) -> list[str]:
    """List all messages, page by page."""
    found, token = [], {}
    while True:
        page = client.ask("GET", f"{ME}/messages", **query, **token)
        assert "error" not in page, page
        found += [message["id"] for message in page.get("messages", ())]
        if "nextPageToken" not in page:
            return found
        token = {"pageToken": page["nextPageToken"]}


def put(client: LocalClient, content: bytes, *labels: str, method: str = "import", **query: t.Any) -> dict[str, t.Any]:
    """Let a message come in by a method of the API."""
    raw = base64.urlsafe_b64encode(content).decode()
    path = f"{ME}/messages" if method == "insert" else f"{ME}/messages/{method}"
    body = {"raw": raw, **({"labelIds": list(labels)} if labels else {})}
    return client.ask("POST", path, body, **query)


def raw_of(client: LocalClient, key: str) -> bytes:
    """Return the bytes of a message."""
    return base64.urlsafe_b64decode(client.ask("GET", f"{ME}/messages/{key}", format="raw").get("raw", ""))
