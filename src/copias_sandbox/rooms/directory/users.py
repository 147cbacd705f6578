"""``users``: accounts, listed, searched, changed, deleted and given back."""

from __future__ import annotations

import typing as t

from copias_sandbox.core.errors import GoogleError, Json
from copias_sandbox.core.room import Call
from copias_sandbox.rooms.directory.access import check_administrator, check_customer, missing, page_of, people
from copias_sandbox.rooms.directory.org_units import OrgUnits
from copias_sandbox.rooms.directory.people import aliases
from copias_sandbox.rooms.directory.query import parse_query

_ORDERS: t.Final[dict[str, t.Callable[[Json], str]]] = {
    "email": lambda user: str(user["primaryEmail"]).lower(),
    "givenName": lambda user: str(user["name"]["givenName"]).lower(),
    "familyName": lambda user: str(user["name"]["familyName"]).lower(),
}
_PUBLIC: t.Final = ("kind", "id", "primaryEmail", "name", "emails", "organizations")
_CHANGEABLE: t.Final = frozenset(
    {"name", "orgUnitPath", "archived", "organizations", "includeInGlobalAddressList", "recoveryEmail"}
)


def get_user(call: Call) -> Json:
    """Do ``users.get``."""
    return _shown(call, _find(call))


def list_users(call: Call) -> Json:
    """Do ``users.list``: of the organisation or one domain, those that fit the query, in pages."""
    if not _is_public(call):
        check_administrator(call)
    users = people(call).deleted() if call.query.get("showDeleted") == "true" else people(call).every()
    if domain := call.query.get("domain"):
        users = [user for user in users if user["primaryEmail"].endswith(f"@{domain.lower()}")]
    elif customer := call.query.get("customer"):
        check_customer(customer)
    else:
        raise GoogleError(400, "Bad Request", reason="badRequest")
    terms = parse_query(call.query.get("query", ""))
    found = [user for user in users if all(term.holds(user) for term in terms)]
    found.sort(key=_ORDERS[call.query.get("orderBy") or "email"], reverse=call.query.get("sortOrder") == "DESCENDING")
    return page_of(call, "users", "users", [_shown(call, user) for user in found], default=100, most=500)


def change_user(call: Call) -> Json:
    """Do ``users.patch`` and ``users.update``; what cannot be changed is ignored, as Google does.

    Raises:
        GoogleError: 400, the organisational unit does not exist.
    """
    user, changes = _find(call), {name: value for name, value in call.body.items() if name in _CHANGEABLE}
    if "orgUnitPath" in changes and OrgUnits(call.state).find(changes["orgUnitPath"]) is None:
        raise GoogleError(400, "Invalid Input: INVALID_OU_ID", reason="invalid")
    if "name" in changes:
        name = {**user.get("name", {}), **changes["name"]}
        changes["name"] = {**name, "fullName": f"{name.get('givenName', '')} {name.get('familyName', '')}".strip()}
    changed = {**user, **changes}
    people(call).put(changed)
    if "suspended" in call.body:
        wanted = people(call).suspend if call.body["suspended"] else people(call).reactivate
        changed = wanted(changed)
    return changed


def delete_user(call: Call) -> Json:
    """Do ``users.delete``: the account can be given back for 20 days."""
    people(call).delete(_find(call))
    return {}


def undelete_user(call: Call) -> Json:
    """Do ``users.undelete``, by id only."""
    check_administrator(call)
    if people(call).undelete(call.path["userKey"], org_unit=str(call.body.get("orgUnitPath") or "/")) is None:
        raise missing("userKey")
    return {}


def list_aliases(call: Call) -> Json:
    """Do ``users.aliases.list``."""
    user = _find(call)
    kind = {"kind": "admin#directory#alias", "id": user["id"], "primaryEmail": user["primaryEmail"]}
    return {"kind": "admin#directory#aliases", "aliases": [{**kind, "alias": one} for one in aliases(user)]}


def _find(call: Call) -> Json:
    if not _is_public(call):
        check_administrator(call)
    found = people(call).find(call.path["userKey"])
    if found is None:
        raise missing("userKey")
    return found


def _is_public(call: Call) -> bool:
    return call.query.get("viewType") == "domain_public"


def _shown(call: Call, user: Json) -> Json:
    """Return what the asker sees: custom fields only in the full or custom projection."""
    if _is_public(call):
        return {name: user[name] for name in _PUBLIC if name in user}
    if call.query.get("projection", "basic") == "basic":
        return {name: value for name, value in user.items() if name != "customSchemas"}
    return user
