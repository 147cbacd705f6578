"""Who may use the Directory, and the parts that its methods share."""

from __future__ import annotations

import base64
import binascii
import typing as t

from copias_sandbox.core.errors import GoogleError, Json
from copias_sandbox.core.room import Call
from copias_sandbox.oauth.accounts import Accounts
from copias_sandbox.rooms.directory.people import People

CUSTOMER: t.Final = "C0sandbox"


def people(call: Call) -> People:
    """Return the accounts."""
    return People(call.state, call.clock)


def check_administrator(call: Call) -> None:
    """Refuse whoever is no administrator.

    Raises:
        GoogleError: 403.
    """
    user = Accounts(call.state).user(call.principal.email)
    if not user or user.get("suspended") or not (user.get("isAdmin") or user.get("isDelegatedAdmin")):
        raise GoogleError(403, "Not Authorized to access this resource/api", reason="forbidden")


def check_customer(customer: str) -> None:
    """Refuse another organisation.

    Raises:
        GoogleError: 404.
    """
    if customer not in {"my_customer", CUSTOMER}:
        raise missing("customer")


def missing(what: str) -> GoogleError:
    """Return the 404 of a resource that does not exist."""
    return GoogleError(404, f"Resource Not Found: {what}", reason="notFound")


def page_of(call: Call, kind: str, name: str, items: list[Json], *, default: int, most: int) -> Json:
    """Return one page of a list; its token says where the next begins.

    Raises:
        GoogleError: 400, the token is none of ours.
    """
    start, size = _start(call.query.get("pageToken")), min(int(call.query.get("maxResults") or default), most)
    answer: Json = {"kind": f"admin#directory#{kind}"}
    if items[start : start + size]:
        answer[name] = items[start : start + size]
    if start + size < len(items):
        answer["nextPageToken"] = base64.urlsafe_b64encode(f"{start + size}".encode()).decode()
    return answer


def _start(token: str | None) -> int:
    if not token:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token))
    except (ValueError, binascii.Error):
        raise GoogleError(400, "Invalid Input: pageToken", reason="invalid") from None
