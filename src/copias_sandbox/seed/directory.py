"""Fills the Directory: accounts, one of each curious kind, the tree of units, groups."""

from __future__ import annotations

import random

from copias_sandbox.clock import Clock
from copias_sandbox.oauth.accounts import USER
from copias_sandbox.rooms.directory.groups import put_group
from copias_sandbox.rooms.directory.org_units import OrgUnits
from copias_sandbox.rooms.directory.people import DELETED, at
from copias_sandbox.seed.people import OFFICE, Person, agents, curious, deleted, directory_entry, requesters
from copias_sandbox.seed.words import DOMAIN, HACIENDA, HELP_DESK
from copias_sandbox.state import State

DELETED_AGO = 3 * 86400
"""Seconds before the filling at which an account was deleted."""


def fill_directory(state: State, clock: Clock, seed: int) -> None:
    """Keep everybody; the ids depend on the seed only."""
    desk = Person("Mesa de Ayuda", HELP_DESK, OFFICE, "")
    people = (desk, *agents(), *requesters(random.Random(seed)), *curious())
    units = OrgUnits(state)
    for number, person in enumerate((*people, deleted())):
        entry = directory_entry(person, number)
        units.make(entry["orgUnitPath"])
        if number < len(people):
            state.put(USER, person.email, entry)
        else:
            state.put(DELETED, entry["id"], {**entry, "deletionTime": at(clock.now() - DELETED_AGO)})
    put_group(state, f"todos@{DOMAIN}", "Todos los funcionarios", [person.email for person in people])
    finance = [person.email for person in people if person.department == HACIENDA]
    put_group(state, f"hacienda@{DOMAIN}", HACIENDA, finance)
