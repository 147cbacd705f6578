"""Policies: what of the inventory is copied by night, how often, and how long its nightly copies are kept.

A policy is a group of Ansible's inventory too (``policy_<name>``, under ``policies``), with its numbers as variables
of the group, so that ``--limit policy_directivos`` and ``ansible-inventory --graph`` read well. It is said in the
deployment's file, and not in one of ``group_vars``, because the audit asks the same policy without Ansible.

A policy allows nothing: a mailbox is mirrored only under an open case or a standing authorisation, whatever names it.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from copias.helpdesk.words import plain
from copias.retention.settings import Schedule

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PolicyName: t.TypeAlias = t.Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
"""Part of a group's name."""
GROUPS: t.Final = "policies"
DEFAULT_NAME: t.Final = ""
"""Name of the policy of what no policy names; it is no group."""


class Policy(BaseModel):
    """How often the things that it names are copied, and how long their nightly copies stay."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    every: timedelta = Field(default=timedelta(days=1), ge=timedelta(hours=1), le=timedelta(days=366))
    """Longest that the newest good copy may be old; the night copies what would be older by the next one."""
    drill_every: timedelta = Field(default=timedelta(days=7), ge=timedelta(days=1), le=timedelta(days=366))
    """Longest that the newest proven restore of a database may be old."""
    monthly_package: bool = False
    """The last nightly copy of each month of its databases is sealed into a package and kept by its record series."""
    nights: Schedule | None = None
    """How many nightly copies stay; ``None`` is ``retention.nights``."""
    databases: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    """Primary addresses."""
    departments: tuple[str, ...] = ()
    """Departments as the Directory names them; case and accents do not matter."""
    org_units: tuple[str, ...] = ()
    """Organisational units, ``/Hacienda/Tesorería``, each with all below it."""

    @field_validator("accounts")
    @classmethod
    def _lower(cls, accounts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(account.strip().lower() for account in accounts)

    @model_validator(mode="after")
    def _check_scope(self) -> t.Self:
        if not (self.databases or self.accounts or self.departments or self.org_units):
            raise ValueError("la política no dice a qué bases, cuentas, dependencias o unidades cubre")
        return self


@dataclass(frozen=True)
class Policies:
    """The policies of a deployment by name, in the order of its file; of several that fit, the first counts."""

    by_name: Mapping[str, Policy]

    def of_database(self, name: str) -> tuple[str, Policy]:
        """Return name and policy of a database of the inventory."""
        found = ((policy, one) for policy, one in self.by_name.items() if name in one.databases)
        return next(found, (DEFAULT_NAME, Policy(databases=(name,))))

    def schedules(self, databases: Iterable[str]) -> dict[str, Schedule]:
        """Return how many nightly copies stay of each database whose policy says so; of others, what retention says."""
        found = ((name, self.of_database(name)[1].nights) for name in databases)
        return {name: nights for name, nights in found if nights is not None}

    def of_account(self, account: str, *, department: str = "", org_unit: str = "") -> tuple[str, Policy]:
        """Return name and policy of an account: of those that name it, else its unit, else its department."""
        tests: tuple[t.Callable[[Policy], bool], ...] = (
            lambda one: account in one.accounts,
            lambda one: any(lies_in(org_unit, unit) for unit in one.org_units),
            lambda one: bool(plain(department)) and plain(department) in {plain(name) for name in one.departments},
        )
        for fits in tests:
            for policy, one in self.by_name.items():
                if fits(one):
                    return policy, one
        return DEFAULT_NAME, Policy(accounts=(account,))


def policy_group(name: str) -> str:
    """Return the inventory group of a policy."""
    return f"policy_{name}"


def lies_in(unit: str, above: str) -> bool:
    """Tell whether an organisational unit is another one or lies below it; case and accents do not matter."""
    inner, outer = plain(unit), plain(above)
    if not outer.startswith("/") or not inner.startswith("/"):
        return False
    outer = outer.rstrip("/")  # of the root, below which all are, nothing is left
    return inner.rstrip("/") == outer or inner.startswith(f"{outer}/")
