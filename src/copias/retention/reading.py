"""Read what the retention of nightly copies is decided from: the ledger, and restic's own plan."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime

from copias.findings import OPENED, TREATED, list_findings
from copias.night.catalogue import REMOVED, VOIDED, NightCopy, Status, list_night_copies
from copias.night.state_copy import KEPT
from copias.repository.snapshots import ForgetPlan, Policy, forget_plan
from copias.retention.holds import HELD, RELEASED, read_holds
from copias.retention.known import FREED, NIGHT_EVENTS, PLANNED
from copias.retention.night_model import STATE, NightFacts

if t.TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from copias.ledger import Event
    from copias.office import Office
    from copias.repository.repository import Repository
    from copias.retention.settings import Schedule

FEW: t.Final = frozenset({HELD, RELEASED, PLANNED, FREED, OPENED, TREATED})
"""Events that a plan is made from, beside those of the copies; there are few of them."""


def ask_restic(repository: Repository, schedule: Schedule) -> ForgetPlan:
    """Return what restic's own schedule would remove; nothing is removed."""
    policy = Policy(daily=schedule.daily, weekly=schedule.weekly, monthly=schedule.monthly, yearly=schedule.yearly)
    return forget_plan(repository, policy)


def read_facts(
    office: Office,
    name: str,
    answer: ForgetPlan,
    *,
    events: Sequence[Event] | None = None,
    now: datetime | None = None,
    most: int | None = None,
) -> NightFacts:
    """Put together what the ledger and restic say of one repository.

    Args:
        office: of this installation.
        name: of the repository.
        answer: of restic.
        events: of the names :data:`FEW`, where the ledger was read already.
        now: for a plan of another moment; else this machine's clock.
        most: removals that are allowed at once, where a person said so.
    """
    ledger = office.book.ledger
    events = [*ledger.events_of(FEW)] if events is None else events
    last = ledger.last()
    return NightFacts(
        repository=name,
        copies=read_copies(ledger.events_of({*NIGHT_EVENTS, KEPT}), name),
        snapshots=[snapshot for group in answer.groups for snapshot in (*group.keep, *group.remove)],
        kept=frozenset(snapshot.id for group in answer.groups for snapshot in group.keep),
        holds=read_holds(events),
        now=now or datetime.now(UTC),
        ledger_time=last.when if last else None,
        most=most,
        to_free=must_free(events, name),
        in_question=frozenset(finding.about for finding in list_findings(events)),
    )


def must_free(events: Iterable[Event], name: str) -> bool:
    """Tell whether something was removed from a repository since its room was last freed."""
    wanted = False
    for event in events:
        if event.event in {PLANNED, FREED} and event.data["repository"] == name:
            wanted = event.event == PLANNED
    return wanted


def read_copies(events: Iterable[Event], name: str) -> list[NightCopy]:
    """Return all that the ledger says was ever put in a repository: nights, copies of the state, and failed attempts.

    Args:
        events: of the ledger, those of :data:`NIGHT_EVENTS` and ``night.state`` at least.
        name: of the repository.
    """
    others: list[Event] = []

    def set_aside() -> Iterable[Event]:
        for event in events:
            if event.event in {KEPT, REMOVED, VOIDED}:
                others.append(event)
            yield event

    nights = [copy for copy in list_night_copies(set_aside(), removed=True) if copy.repository == name]
    known = {copy.copy for copy in nights}
    gone = {event.data["copy"] for event in others if event.event != KEPT}
    states = (event for event in others if event.event == KEPT and event.data["repository"] == name)
    failed = (
        _bare(str(event.data["copy"]), "", name, snapshot, event.time, status="void")
        for event in others
        if event.event == VOIDED and event.data["copy"] not in known and event.data.get("repository") == name
        for snapshot in event.data.get("snapshots", ())
    )
    return [*nights, *(_describe_state(event, name, gone) for event in states), *failed]


def _describe_state(event: Event, name: str, gone: Container[str]) -> NightCopy:
    snapshot = str(event.data["snapshot"])
    copy = f"estado-{snapshot[:12]}"
    # restic read all that it stored; nothing compares it again, and the ledger in it proves itself.
    return _bare(copy, STATE, name, snapshot, event.time, status="removed" if copy in gone else "read")


def _bare(copy: str, database: str, repository: str, snapshot: str, moment: str, *, status: Status) -> NightCopy:
    return NightCopy(
        copy=copy,
        database=database,
        repository=repository,
        snapshot=snapshot,
        path="",
        bytes=0,
        sha256="",
        tables=0,
        rows=0,
        started=moment,
        finished=moment,
        status=status,
    )
