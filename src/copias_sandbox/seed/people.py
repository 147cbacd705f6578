"""Invented people: agents, requesters, and their entries in the Directory."""

from __future__ import annotations

import random
import re
import typing as t
import unicodedata
from dataclasses import dataclass

from copias_sandbox.core.errors import Json
from copias_sandbox.seed.words import AGENTS, DEPARTMENTS, DOMAIN, FAMILY, GIVEN, HACIENDA, HELP_DESK, SECOND, SITES

OFFICE: t.Final = "Oficina de las TIC"


@dataclass(frozen=True)
class Person:
    """Somebody of the town hall."""

    name: str
    email: str
    department: str
    site: str
    suspended: bool = False


def address(name: str) -> str:
    """Return the address that a name gets: first and last word, without accents."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z]+", plain)
    return f"{words[0]}.{words[-1]}@{DOMAIN}"


def agents() -> tuple[Person, ...]:
    """Return those who attend cases."""
    return tuple(Person(name, address(name), OFFICE, SITES[0]) for name in AGENTS)


def demo_requester() -> Person:
    """Return who asks for the demo's copy."""
    return Person("Marta Cecilia Ejemplo", f"marta.ejemplo@{DOMAIN}", HACIENDA, SITES[0])


def requesters(source: random.Random, count: int = 60) -> tuple[Person, ...]:
    """Draw people who file requests; no two have one address."""
    people: dict[str, Person] = {demo_requester().email: demo_requester()}
    while len(people) < count:
        words = (source.choice(GIVEN), source.choice(SECOND), source.choice(FAMILY))
        name = " ".join(word for word in words if word)
        person = Person(
            name,
            address(f"{name}{len(people) if address(name) in people else ''}"),
            source.choice(DEPARTMENTS),
            source.choice(SITES),
            suspended=len(people) % 20 == 19,
        )
        people.setdefault(person.email, person)
    return tuple(people.values())


def directory_entry(person: Person, number: int) -> Json:
    """Return a ``User`` of the Directory."""
    given, _, family = person.name.partition(" ")
    return {
        "kind": "admin#directory#user",
        "id": f"{100_000_000_000_000_000_000 + number}",
        "primaryEmail": person.email,
        "name": {"givenName": given, "familyName": family, "fullName": person.name},
        "isAdmin": person.email == HELP_DESK,
        "isDelegatedAdmin": False,
        "suspended": person.suspended,
        "archived": False,
        "orgUnitPath": f"/{person.department}",
        "customerId": "C0sandbox",
        "creationTime": "2024-01-15T08:00:00.000Z",
        "organizations": [{"department": person.department, "primary": True}],
        "includeInGlobalAddressList": True,
    }
