"""``orgunits``: the tree of organisational units."""

from __future__ import annotations

import hashlib
import typing as t

from copias_sandbox.core.errors import GoogleError, Json
from copias_sandbox.core.room import Call
from copias_sandbox.rooms.directory.access import check_administrator, check_customer
from copias_sandbox.state import State

UNIT: t.Final = "org_unit"


class OrgUnits:
    """Reads and changes the units in the state; the root is always there and never listed."""

    def __init__(self, state: State) -> None:
        self._state = state

    def make(self, path: str, description: str = "") -> Json:
        """Make a unit, and the units above it, unless they are there; return it."""
        parent, _, name = path.rpartition("/")
        above = self.make(parent) if parent else _root()
        unit: Json = {
            "kind": "admin#directory#orgUnit",
            "name": name,
            "description": description,
            "orgUnitPath": path,
            "orgUnitId": _identifier(path),
            "parentOrgUnitPath": above["orgUnitPath"],
            "parentOrgUnitId": above["orgUnitId"],
        }
        if self.find(path) is None:
            self._state.put(UNIT, path, unit)
        return unit

    def find(self, key: str) -> Json | None:
        """Return a unit by its path, with or without the first ``/``, or by its id."""
        if key in {"", "/", _root()["orgUnitId"]}:
            return _root()
        by_path = self._state.get(UNIT, f"/{key.strip('/')}")
        return by_path or next((unit for unit in self.every() if unit["orgUnitId"] == key), None)

    def every(self) -> list[Json]:
        """Return all units but the root, by path."""
        return [unit for _, unit in self._state.every(UNIT)]


def list_org_units(call: Call) -> Json:
    """Do ``orgunits.list``: the children of a unit, or all that is below it, itself included or not."""
    check_administrator(call)
    check_customer(call.path["customerId"])
    top = _find(call, call.query.get("orgUnitPath", ""))
    kind = call.query.get("type", "children")
    path = top["orgUnitPath"].rstrip("/")
    below = [unit for unit in OrgUnits(call.state).every() if unit["orgUnitPath"].startswith(f"{path}/")]
    if kind == "children":
        below = [unit for unit in below if unit["parentOrgUnitPath"] == top["orgUnitPath"]]
    units = [top, *below] if kind == "allIncludingParent" else below
    return {"kind": "admin#directory#orgUnits", **({"organizationUnits": units} if units else {})}


def get_org_unit(call: Call) -> Json:
    """Do ``orgunits.get`` by path or id."""
    check_administrator(call)
    check_customer(call.path["customerId"])
    return _find(call, call.path["orgUnitPath"])


def _find(call: Call, key: str) -> Json:
    found = OrgUnits(call.state).find(key)
    if found is None:
        raise GoogleError(404, "Org unit not found", reason="notFound")
    return found


def _root() -> Json:
    return {"kind": "admin#directory#orgUnit", "name": "/", "orgUnitPath": "/", "orgUnitId": _identifier("/")}


def _identifier(path: str) -> str:
    return f"id:03ph8a2z{hashlib.sha256(path.encode()).hexdigest()[:12]}"
