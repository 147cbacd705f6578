"""``groups`` and ``members``, and what the organisation is: ``customers`` and ``domains``."""

from __future__ import annotations

import hashlib
import typing as t

from copias_sandbox.core.errors import GoogleError, Json
from copias_sandbox.core.room import Call
from copias_sandbox.rooms.directory.access import (
    CUSTOMER,
    check_administrator,
    check_customer,
    missing,
    page_of,
    people,
)
from copias_sandbox.rooms.directory.people import aliases
from copias_sandbox.state import State

GROUP: t.Final = "directory_group"
FOUNDED: t.Final = "2024-01-15T08:00:00.000Z"
_MILLISECONDS: t.Final = "1705305600000"


def put_group(state: State, email: str, name: str, members: t.Sequence[str]) -> None:
    """Keep a group and the addresses of its members."""
    identifier = hashlib.sha256(email.encode()).hexdigest()[:15]
    group = {
        "kind": "admin#directory#group",
        "id": identifier,
        "email": email,
        "name": name,
        "description": "",
        "adminCreated": True,
        "directMembersCount": str(len(members)),
    }
    state.put(GROUP, email, {"group": group, "members": list(members)})


def list_groups(call: Call) -> Json:
    """Do ``groups.list``: of the organisation, of a domain, or those that an account is in."""
    check_administrator(call)
    kept, query = [body for _, body in call.state.every(GROUP)], call.query
    if "userKey" in query:
        names = _names_of(call, query["userKey"])
        kept = [body for body in kept if names & {one.lower() for one in body["members"]}]
    elif "domain" in query:
        kept = [body for body in kept if body["group"]["email"].endswith(f"@{query['domain'].lower()}")]
    elif "customer" in query:
        check_customer(query["customer"])
    else:
        raise GoogleError(400, "Bad Request", reason="badRequest")
    return page_of(call, "groups", "groups", [body["group"] for body in kept], default=200, most=200)


def get_group(call: Call) -> Json:
    """Do ``groups.get``."""
    found: Json = _find(call)["group"]
    return found


def list_members(call: Call) -> Json:
    """Do ``members.list``."""
    members = [_member(call, email) for email in _find(call)["members"]]
    wanted = set(str(call.query.get("roles", "")).upper().split(",")) - {""}
    shown = [member for member in members if not wanted or member["role"] in wanted]
    return page_of(call, "members", "members", shown, default=200, most=200)


def get_customer(call: Call) -> Json:
    """Do ``customers.get``."""
    check_administrator(call)
    check_customer(call.path["customerKey"])
    return {
        "kind": "admin#directory#customer",
        "id": CUSTOMER,
        "customerDomain": _domain(call),
        "customerCreationTime": FOUNDED,
        "language": "es",
        "postalAddress": {"countryCode": "CO", "organizationName": "Alcaldía de Ejemplo"},
    }


def list_domains(call: Call) -> Json:
    """Do ``domains.list``."""
    check_administrator(call)
    check_customer(call.path["customer"])
    domain = {"kind": "admin#directory#domain", "domainName": _domain(call), "isPrimary": True, "verified": True}
    return {"kind": "admin#directory#domains", "domains": [{**domain, "creationTime": _MILLISECONDS}]}


def _find(call: Call) -> Json:
    check_administrator(call)
    key = call.path["groupKey"].lower()
    for email, body in call.state.every(GROUP):
        if key in {email, body["group"]["id"]}:
            return body
    raise missing("groupKey")


def _names_of(call: Call, key: str) -> set[str]:
    user = people(call).find(key)
    if user is None:
        raise missing("userKey")
    return {user["primaryEmail"].lower(), *aliases(user)}


def _member(call: Call, email: str) -> Json:
    user = people(call).find(email)
    status = {"status": "SUSPENDED" if user.get("suspended") else "ACTIVE", "id": user["id"]} if user else {}
    return {"kind": "admin#directory#member", "email": email, "role": "MEMBER", "type": "USER", **status}


def _domain(call: Call) -> str:
    return call.principal.email.partition("@")[2]
