"""The Directory room: people, as an administrator sees them."""

from __future__ import annotations

import typing as t

from copias_sandbox.core.errors import GoogleError, Json
from copias_sandbox.core.room import Call, Room
from copias_sandbox.oauth.accounts import USER, Accounts

MOST_USERS: t.Final = 500


def _check_administrator(call: Call) -> None:
    user = Accounts(call.state).user(call.principal.email)
    if not user or not (user.get("isAdmin") or user.get("isDelegatedAdmin")):
        raise GoogleError(403, "Not Authorized to access this resource/api", reason="forbidden")


def get_user(call: Call) -> Json:
    """Do ``users.get`` by address."""
    _check_administrator(call)
    user = Accounts(call.state).user(call.path["userKey"])
    if user is None:
        raise GoogleError(404, "Resource Not Found: userKey", reason="notFound")
    return user


def list_users(call: Call) -> Json:
    """Do ``users.list`` by address, in pages; the query may be a part of an address or name, or suspension."""
    _check_administrator(call)
    if "customer" not in call.query and "domain" not in call.query:
        raise GoogleError(400, "Bad Request", reason="badRequest")
    users = [user for _, user in call.state.every(USER) if _selected(user, call.query.get("query", ""))]
    start = int(call.query.get("pageToken") or 0)
    size = min(call.query.get("maxResults", 100), MOST_USERS)
    answer: Json = {"kind": "admin#directory#users", "users": users[start : start + size]}
    return {**answer, "nextPageToken": str(start + size)} if start + size < len(users) else answer


def _selected(user: Json, query: str) -> bool:
    """Test one ``field=value`` or ``field:prefix*``; the sandbox does not know more of the language."""
    if not query:
        return True
    for sign in (":", "="):
        field, found, value = query.partition(sign)
        if found and field == "email":
            return bool(user["primaryEmail"].startswith(value.strip("'*").lower()))
        if found and field == "name":
            return value.strip("'*").lower() in user["name"]["fullName"].lower()
        if found and field == "isSuspended":
            return bool(user["suspended"]) is (value == "true")
        if found and field == "orgUnitPath":
            return bool(user["orgUnitPath"] == value.strip("'"))
    raise GoogleError(400, "Invalid Input: query", reason="invalid")


DIRECTORY = Room(
    document="admin.directory_v1",
    prefix="/admin/directory/v1/",
    hosts=frozenset({"admin.googleapis.com", "www.googleapis.com"}),
    legacy=True,
    handlers={"directory.users.get": get_user, "directory.users.list": list_users},
)
