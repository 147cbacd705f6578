"""The beginning of a night: it is claimed, the dead ones before it are ended, and what it will do is written down."""

from __future__ import annotations

import os
import shutil
import typing as t
from dataclasses import dataclass

import orjson

from copias.case.claim import NIGHT
from copias.case.guard import find_holder
from copias.errors import BadInput, NotReady
from copias.files import write_atomically
from copias.night.ending import close_dead_nights
from copias.night.outcome import find_folder, publish_due, publish_error
from copias.night.ping import ping_start
from copias.night.planning import NightAgenda, plan_agenda
from copias.night.report import STARTED
from copias.night.steps import (
    DIRECTORY,
    DISPOSAL,
    MIRRORS,
    MONTHLY,
    OF_REPOSITORIES,
    OUTBOX,
    RETENTION,
    kind_of_item,
    list_retained,
    repositories_of,
)
from copias.people import Role
from copias.run.folder import RunFolder, new_run

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from copias.errors import BackupError
    from copias.office import Office

PLAYBOOK: t.Final = "nightly.yml"
CONTROL: t.Final = "control"
STEP_FILES: t.Final = {"mirrors": "mirrors_snapshot", "state": "state", "check": "check"}
"""For each step of repositories, the name of what does it for all of them."""


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """What a night is going to do, as its playbook is told.

    Args:
        agenda: databases, stores and steps.
        accounts: of the inventory, as far as the night is limited to them.
        only: things that it is limited to; empty for a night of everything.
        mirrors: whether the mirrors are brought up to date; without any account, those that are missing are told.
        missing: things that somebody asked for by name and that are no hosts of the playbook.
        retained: repositories of which copies may go.
    """

    agenda: NightAgenda
    accounts: tuple[str, ...]
    only: tuple[str, ...]
    mirrors: bool = False
    missing: tuple[str, ...] = ()
    retained: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data for the playbook: hosts and steps in the order of their turns."""
        return {
            "hosts": [*self.agenda.due, *self.agenda.stores, CONTROL],
            "accounts": list(self.accounts),
            "always": bool(self.only),
            "steps": list(self._steps()),
            "repositories": {
                **{end: repositories_of(self.agenda.steps, end) for end in OF_REPOSITORIES},
                "retention": list(self.retained),
            },
        }

    def _steps(self) -> Iterator[str]:
        """Yield the steps of the machine itself, in their order: the names of role night's task files."""
        steps = self.agenda.steps
        if self.mirrors:
            yield MIRRORS
        if DISPOSAL in steps:
            yield DISPOSAL
        if MONTHLY in steps:
            yield MONTHLY
        yield from (STEP_FILES[end] for end in OF_REPOSITORIES if repositories_of(steps, end))
        yield from (step for step in (RETENTION, OUTBOX) if step in steps)


def plan_beginning(office: Office, hosts: Sequence[str], *, always: bool = False, left_out: int = 0) -> Beginning:
    """Return what a night would do; change nothing.

    Args:
        office: of this installation.
        hosts: of the playbook, which ``--limit`` may have left few of.
        always: databases are copied although their policy does not ask for it yet.
        left_out: mailboxes of the inventory that are not among the hosts.

    Raises:
        BadInput: this machine is not among the hosts, so that nobody could end the night.
        NotAllowed: the role of who asks does not include it.
    """
    office.actor.require(Role.AGENT, "hacer copias nocturnas")
    if CONTROL not in hosts:
        raise BadInput(
            "la noche necesita el equipo control",
            whose=PLAYBOOK,
            why="--limit lo deja por fuera, y es el que termina la noche y dice cómo fue",
            repair=f"agréguelo: --limit {','.join([*list(hosts)[:3], CONTROL])}",
        )
    folder = find_folder(office)
    only = asked = tuple(folder.request.only) if folder else ()
    deployment, there = office.deployment, set(hosts)
    accounts = tuple(host for host in hosts if kind_of_item(deployment, host) == "mailbox")
    agenda = plan_agenda(office, hosts=there, only=only, always=always or bool(only))
    if not only and (left_out or _list_hosts(office) - there):
        # Of none but this machine too: it would pass for the sign of life of a night that copied everything.
        only = tuple(host for host in hosts if host != CONTROL and host not in accounts) or (CONTROL,)
    return Beginning(
        agenda=agenda,
        accounts=accounts,
        only=only,
        mirrors=bool(accounts) or _expects_mirrors(office, only),
        missing=tuple(name for name in asked if kind_of_item(deployment, name) != "step" and name not in there),
        retained=tuple(list_retained(deployment)),
    )


def begin_night(
    office: Office, hosts: Sequence[str], *, config: Path, always: bool = False, left_out: int = 0
) -> Beginning:
    """Claim the night, end those that died, and write down what this one is going to do; once for each run.

    Args:
        office: of this installation.
        hosts: of the playbook.
        config: the deployment's file, of which a run that has no folder yet makes note.
        always: as :func:`plan_beginning`.
        left_out: likewise.

    Raises:
        AlreadyRunning: somebody runs the night; it says who, since when and how to follow it.
        BadInput, NotAllowed: as :func:`plan_beginning`.
    """
    beginning = plan_beginning(office, hosts, always=always, left_out=left_out)
    folder = _claim(office, config)
    close_dead_nights(office)
    run = folder.path.name
    if not any(event.data["run"] == run for event in office.book.ledger.events_of({STARTED})):
        started = office.record(STARTED, {"run": run, "only": beginning.only})
        limit = office.deployment.night.time_limit
        facts = {"limit": limit.total_seconds(), "deadline": (started.when + limit).isoformat()}
        write_atomically(folder.path / "night.json", orjson.dumps(facts))
        if not beginning.only:
            ping_start(office, run)
    _publish(office, beginning)
    return beginning


def _list_hosts(office: Office) -> set[str]:
    """Return the databases and stores that a night of everything is of."""
    everything = plan_agenda(office)
    return {*(turn.database for turn in everything.databases), *everything.stores}


def _expects_mirrors(office: Office, only: Sequence[str]) -> bool:
    """Tell whether somebody ordered mirrors, so that an inventory without any account is itself to be told."""
    settings = office.deployment.mailboxes
    standing = settings.standing if settings else None
    return not only and standing is not None and standing.in_force


def _publish(office: Office, beginning: Beginning) -> None:
    agenda = beginning.agenda
    # Who asks for the Directory's list asks for the mirrors: of the list itself only what it failed of is told.
    asked = not {MIRRORS, DIRECTORY}.isdisjoint(beginning.only)
    mirrors = [MIRRORS] if beginning.mirrors or asked else []
    publish_due(office, "database", agenda.due)
    publish_due(office, "store", agenda.stores)
    publish_due(office, "step", [*mirrors, *agenda.steps])
    for name in beginning.missing:
        publish_error(office, name, _say_missing(office, name))


def _say_missing(office: Office, name: str) -> BackupError:
    """Return the error of a thing that was asked for: of a host that it does not know, Ansible only warns."""
    mailbox = kind_of_item(office.deployment, name) == "mailbox"
    return NotReady(
        "no está entre los equipos del inventario",
        whose=name,
        why="la cuenta está suspendida, no existe, no tiene Gmail, la deja fuera account_filter, o el directorio no "
        "respondió"
        if mailbox
        else "",
        repair="vea los equipos que hay con `ansible-inventory --graph`, y repita",
    )


def _claim(office: Office, config: Path) -> RunFolder:
    """Hold the night for this run; one that ``ansible-playbook`` began by itself gets a folder now.

    Raises:
        AlreadyRunning: another run holds it.
    """
    account, run = office.actor.identity.account, os.environ.get("COPIAS_RUN")
    if run:
        folder = RunFolder(office.deployment.runs / run)
        # Its supervisor holds it, which ends the night when the playbook is gone.
        office.claims.take(NIGHT, run, holder=folder.supervisor or find_holder(), account=account)
        return folder
    office.claims.require_free(NIGHT)
    runs, holder = office.deployment.runs, find_holder()
    folder = new_run(runs, playbook=PLAYBOOK, case="", config=config, check=False, account=account)
    try:
        office.claims.take(NIGHT, folder.path.name, holder=holder, account=account)
    except BaseException:
        shutil.rmtree(folder.path, ignore_errors=True)
        raise
    folder.write_supervisor(holder)
    return folder
