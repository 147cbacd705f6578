"""Who acts: the operating system's account, mapped to a person and a role in a file.

There is no option to say who one is. ``people.yml``::

    people:
      alucia: {name: Ana Lucía Prueba, email: ana@example.test, role: agent}

Roles: ``agent`` runs cases, ``administrator`` also authorises and cancels, ``auditor`` only reads.
"""

from __future__ import annotations

import os
import pwd
import typing as t
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from copias.errors import BadConfiguration, NotAllowed
from copias.file_faults import say_faults, say_unreadable

_NO_LOGIN = 4294967295
"""What the kernel says when nobody logged in (cron, a service)."""


class Role(StrEnum):
    """What a person may do."""

    AGENT = "agent"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"

    def allows(self, least: Role) -> bool:
        """Tell whether this role includes ``least``."""
        order = [Role.AUDITOR, Role.AGENT, Role.ADMINISTRATOR]
        return order.index(self) >= order.index(least)


ROLE_WORDS: t.Final = {Role.AGENT: "agente", Role.ADMINISTRATOR: "administrador", Role.AUDITOR: "auditor"}


@dataclass(frozen=True)
class Identity:
    """An account of this machine, and how that was proved."""

    account: str
    proof: str


class Person(BaseModel):
    """One entry of the people file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    email: str = ""
    role: Role


class PeopleFile(BaseModel):
    """The people file: account → person."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    people: dict[str, Person]


@dataclass(frozen=True)
class Actor:
    """The person behind this process."""

    identity: Identity
    person: Person

    def to_event(self) -> dict[str, str]:
        """Return what the ledger records of who acted."""
        return {
            "account": self.identity.account,
            "proof": self.identity.proof,
            "name": self.person.name,
            "role": self.person.role.value,
        }

    def require(self, least: Role, act: str) -> None:
        """Refuse ``act`` (a verb in Spanish) unless the role includes it.

        Raises:
            NotAllowed: naming the account and who can.
        """
        if not self.person.role.allows(least):
            raise NotAllowed(
                f"no puede {act}",
                whose=f"cuenta {self.identity.account}",
                why=f"su función es {ROLE_WORDS[self.person.role]} y hace falta {ROLE_WORDS[least]}",
                repair=f"pídalo a un {ROLE_WORDS[least]}",
            )


def read_identity() -> Identity:
    """Return the account that started this process, by the strongest proof at hand.

    The kernel's login id survives ``sudo`` and cannot be changed once set. ``SUDO_UID`` is next: who can set it for a
    process of the service account without sudo is that account already, and could write the ledger itself.
    """
    login = _login_uid()
    if login is not None:
        return Identity(_account(login), "sesión (loginuid)")
    sudo = os.environ.get("SUDO_UID", "")
    if sudo.isdecimal() and int(sudo) != os.getuid():
        return Identity(_account(int(sudo)), "sudo")
    return Identity(_account(os.getuid()), "cuenta del proceso")


def _login_uid() -> int | None:
    try:
        value = int(Path("/proc/self/loginuid").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return None if value == _NO_LOGIN else value


def _account(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid-{uid}"


def load_people(path: Path) -> PeopleFile:
    """Read the people file.

    Raises:
        BadConfiguration: it is missing or malformed.
    """
    try:
        return PeopleFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except PermissionError as error:
        repair = "ejecute la orden con la cuenta del servicio, si es agente o administrador: sudo -u copias copias …"
        raise BadConfiguration(_UNREADABLE, whose=str(path), why=str(error), repair=repair) from error
    except ValidationError as error:
        raise BadConfiguration(_UNREADABLE, whose=str(path), why=say_faults(error), repair=_AS_IT_IS) from error
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadConfiguration(_UNREADABLE, whose=str(path), why=say_unreadable(error), repair=_AS_IT_IS) from error


_UNREADABLE: t.Final = "no se pudo leer el archivo de personas"
_AS_IT_IS: t.Final = "corríjalo: una cuenta del sistema por persona, con name, email y role"


def find_actor(path: Path) -> Actor:
    """Return the person behind this process.

    Raises:
        NotAllowed: the account is not in the people file.
    """
    identity = read_identity()
    person = load_people(path).people.get(identity.account)
    if person is None:
        raise NotAllowed(
            "la cuenta no está en el archivo de personas",
            whose=f"cuenta {identity.account}",
            why=f"no figura en {path}",
            repair="pida al administrador que la agregue con su función",
        )
    return Actor(identity, person)
