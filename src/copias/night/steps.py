"""The steps of a night that are of no single database, mailbox or store, by the names that people call them."""

from __future__ import annotations

import typing as t

from copias.errors import BadInput
from copias.night.plan import repository_of

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from copias.config import Deployment
    from copias.night.report import Kind
    from copias.office import Office

StepName: t.TypeAlias = str
MIRRORS: t.Final = "mirrors"
"""The call that brings all mirrors up to date; it is told only when nothing can be said of any account."""
DIRECTORY: t.Final = "directory"
"""The list of accounts; it is told only when the Directory did not give it."""
DISPOSAL: t.Final = "disposal"
"""The mirrors of closed cases that are disposed of."""
MONTHLY: t.Final = "monthly"
"""The packages that are sealed at each month's end."""
RETENTION: t.Final = "retention"
OUTBOX: t.Final = "outbox"
OF_REPOSITORIES: t.Final = ("mirrors", "state", "check")
"""Ends of the names of a repository's steps, in their order: ``principal-check``."""


def list_steps(deployment: Deployment) -> tuple[StepName, ...]:
    """Return the steps of a night of everything, in their order."""
    repositories = sorted(deployment.repositories)
    mirrors = deployment.night.mirrors_repository
    found = [DISPOSAL] if deployment.mailboxes else []
    found += [f"{mirrors}-mirrors"] if mirrors and deployment.mailboxes else []
    found += [MONTHLY] if list_monthly(deployment) else []  # before the state, which then tells of it
    found += [f"{name}-{end}" for end in OF_REPOSITORIES[1:] for name in repositories]
    return (*found, *([RETENTION] if list_retained(deployment) else []), OUTBOX)


def list_monthly(deployment: Deployment) -> list[str]:
    """Return the databases of which a package is sealed at each month's end."""
    policies = deployment.known_policies
    return sorted(
        name
        for name, one in deployment.databases.items()
        if one.repository is not None and policies.of_database(name)[1].monthly_package
    )


def list_retained(deployment: Deployment) -> list[str]:
    """Return the repositories of which a night lets copies go.

    From one that only appends nobody removes with the night's credentials: that is why it only appends.
    """
    return sorted(name for name, one in deployment.repositories.items() if not one.append_only)


def list_unretained(deployment: Deployment) -> list[str]:
    """Return the repositories of which no night lets copies go, as they only append: a person has to."""
    return sorted(deployment.repositories.keys() - set(list_retained(deployment)))


def repositories_of(steps: Iterable[StepName], end: str) -> list[str]:
    """Return the repositories of the steps with an end, as ``check``."""
    return [name for name, _, what in (step.rpartition("-") for step in steps) if name and what == end]


def list_stores(deployment: Deployment) -> tuple[str, ...]:
    """Return the stores that a night watches over."""
    return tuple(sorted(deployment.stores))


def kind_of(office: Office, name: str) -> Kind:
    """Return what a name is that somebody asked for.

    Raises:
        BadInput: nothing that a night does is called so.
        BadConfiguration: it is a database without a repository.
    """
    deployment = office.deployment
    if deployment.mailboxes is not None and deployment.mailboxes.is_account(name):
        return "mailbox"
    if name in deployment.databases:
        repository_of(office, name)
        return "database"
    if name in {MIRRORS, DIRECTORY, *list_steps(deployment)}:
        return "step"
    if name in deployment.stores:
        return "store"
    raise BadInput(
        "la noche no hace nada que se llame así",
        whose=ascii(name[:80]),
        why=f"hay: {', '.join([*deployment.databases, *deployment.stores, *list_steps(deployment)])}, y las cuentas",
        repair="escriba el nombre como lo dice el resumen de la noche",
    )


def kind_of_item(deployment: Deployment, name: str) -> Kind:
    """Return what a name that a night tells of is; one that nothing is called is a step."""
    if deployment.mailboxes is not None and deployment.mailboxes.is_account(name):
        return "mailbox"
    if name in deployment.databases:
        return "database"
    return "store" if name in deployment.stores else "step"
