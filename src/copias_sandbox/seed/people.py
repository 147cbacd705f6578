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
    mail: bool = True
    unit: str = ""
    """Path of the organisational unit; empty is the department's."""
    aliases: tuple[str, ...] = ()


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


def curious() -> tuple[Person, ...]:
    """Return accounts that are not like the others: in a unit below another, without Gmail, suspended."""
    return (
        Person("Berta Inés Supuesta", f"berta.supuesta@{DOMAIN}", HACIENDA, SITES[0], unit=f"/{HACIENDA}/Tesorería",
               aliases=(f"tesoreria@{DOMAIN}",)),
        Person("Quiosco Sala de Espera", f"quiosco@{DOMAIN}", DEPARTMENTS[1], SITES[3], mail=False),
        Person("Hernán Modelo Retirado", f"hernan.retirado@{DOMAIN}", DEPARTMENTS[2], SITES[1], suspended=True),
    )  # fmt: skip


def deleted() -> Person:
    """Return whose account was deleted a few days before the sandbox was filled."""
    return Person("Ligia Ensayo Borrada", f"ligia.borrada@{DOMAIN}", DEPARTMENTS[4], SITES[0])


def directory_entry(person: Person, number: int) -> Json:
    """Return a ``User`` of the Directory."""
    given, _, family = person.name.partition(" ")
    suspension = {"suspensionReason": "ADMIN"} if person.suspended else {}
    others = {"aliases": list(person.aliases)} if person.aliases else {}
    return {
        "kind": "admin#directory#user",
        "id": f"{100_000_000_000_000_000_000 + number}",
        "primaryEmail": person.email,
        "name": {"givenName": given, "familyName": family, "fullName": person.name},
        "emails": [{"address": person.email, "primary": True}, *({"address": one} for one in person.aliases)],
        **others,
        "isAdmin": person.email == HELP_DESK,
        "isDelegatedAdmin": False,
        "suspended": person.suspended,
        **suspension,
        "archived": False,
        "isMailboxSetup": person.mail,
        "orgUnitPath": person.unit or f"/{person.department}",
        "customerId": "C0sandbox",
        "creationTime": "2024-01-15T08:00:00.000Z",
        "lastLoginTime": f"2026-01-{1 + number % 28:02d}T13:00:00.000Z",
        "organizations": [{"department": person.department, "primary": True}],
        "includeInGlobalAddressList": True,
    }
