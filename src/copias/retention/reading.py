"""Read what the retention of nightly copies is decided from: the ledger, and restic's own plan."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime

import orjson

from copias.findings import OPENED, TREATED, list_findings
from copias.night import mirrors_view
from copias.night.catalogue import MADE, REMOVED, VERIFIED, VOIDED, NightCopy, Status, list_night_copies
from copias.night.state_copy import KEPT
from copias.repository.snapshots import ForgetPlan, Group, Policy, forget_plan
from copias.retention.holds import HELD, RELEASED, read_holds
from copias.retention.known import FREED, LOST, MISSING, NIGHT_EVENTS, PLANNED
from copias.retention.night_model import STATE, NightFacts

if t.TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from copias.ledger import Event
    from copias.office import Office
    from copias.repository.repository import Repository
    from copias.retention.settings import Schedule

COPIES: t.Final = NIGHT_EVENTS | {KEPT, mirrors_view.KEPT, mirrors_view.READ}
"""Events of the copies themselves: dumps, the state, the mirrors of mailboxes."""
FEW: t.Final = frozenset({HELD, RELEASED, PLANNED, FREED, OPENED, TREATED})
"""Events that a plan is made from, beside those of the copies; there are few of them."""


def ask_restic(repository: Repository, schedule: Schedule, others: Mapping[str, Schedule] | None = None) -> ForgetPlan:
    """Return what restic's own schedule would remove; nothing is removed.

    Args:
        repository: that is asked, once for each schedule.
        schedule: of all snapshots, but for those of some hosts.
        others: schedules by the host of the snapshots that they are for: a database's name.
    """
    others = others or {}
    wanted = list(dict.fromkeys((schedule, *others.values())))
    groups: list[Group] = []
    evidence: list[dict[str, t.Any]] = []
    unreadable: set[str] = set()
    for one in wanted:
        answer = forget_plan(repository, _policy(one))
        unreadable |= answer.unreadable
        for group, entry in zip(answer.groups, orjson.loads(answer.evidence) or [], strict=True):
            if others.get(group.host, schedule) == one:
                groups.append(group)
                evidence.append(entry)
        if len(wanted) == 1:
            return answer
    return ForgetPlan(tuple(groups), orjson.dumps(evidence), frozenset(unreadable))


def _policy(schedule: Schedule) -> Policy:
    return Policy(daily=schedule.daily, weekly=schedule.weekly, monthly=schedule.monthly, yearly=schedule.yearly)


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
    last, copies = ledger.last(), read_copies(ledger.events_of(COPIES), name)
    names = [copy.copy for copy in copies]
    return NightFacts(
        repository=name,
        copies=copies,
        snapshots=[snapshot for group in answer.groups for snapshot in (*group.keep, *group.remove)],
        kept=frozenset(snapshot.id for group in answer.groups for snapshot in group.keep),
        unreadable=answer.unreadable,
        holds=read_holds(events),
        now=now or datetime.now(UTC),
        ledger_time=last.when if last else None,
        most=most,
        to_free=must_free(events, name, names),
        unexplained=is_unexplained(events, name, names),
        in_question=frozenset(finding.about for finding in list_findings(events)),
        schedules=office.deployment.night_schedules,
    )


def must_free(events: Sequence[Event], name: str, copies: Iterable[str]) -> bool:
    """Tell whether something was removed from a repository since its room was last freed, and that may be done now.

    Args:
        events: of the ledger, those of :data:`FEW` at least.
        name: of the repository.
        copies: names of all that was ever put in it.
    """
    wanted = False
    for event in events:
        if event.event in {PLANNED, FREED} and event.data["repository"] == name:
            wanted = event.event == PLANNED
    return wanted and not is_unexplained(events, name, copies)


def is_unexplained(events: Iterable[Event], name: str, copies: Iterable[str]) -> bool:
    """Tell whether copies of a repository are gone without a plan, and nobody has treated the finding yet.

    What they held is still in its packs until the room is freed, and can be got back.
    """
    about = {name, *copies}
    return any(finding.what in {LOST, MISSING} and finding.about in about for finding in list_findings(events))


def list_planned(events: Iterable[Event], name: str) -> dict[str, dict[str, str]]:
    """Return why the snapshots of the last plan of a repository were to go, by their ids, and where that is proved.

    An older plan explains nothing: what it took was recorded before the next one, or before the room was freed, and
    what it did not take stayed.
    """
    found: dict[str, dict[str, str]] = {}
    for event in events:
        if event.event in {PLANNED, FREED} and event.data["repository"] == name:
            found = {
                removal["snapshot"]: {"why": removal["why"], "evidence": event.data["evidence"]}
                for removal in event.data.get("removals", ())
            }
    return found


def read_copies(events: Iterable[Event], name: str) -> list[NightCopy]:
    """Return all that the ledger says was ever put in a repository: nights, copies of the state, and failed attempts.

    Args:
        events: of the ledger, those of :data:`COPIES` at least.
        name: of the repository.
    """
    others: list[Event] = []

    def set_aside() -> Iterable[Event]:
        for event in events:
            if event.event in COPIES - {MADE, VERIFIED}:
                others.append(event)
            yield event

    nights = [copy for copy in list_night_copies(set_aside(), removed=True) if copy.repository == name]
    known = {copy.copy for copy in nights}
    gone = {event.data["copy"]: event.event for event in others if event.event in {REMOVED, VOIDED}}
    states = (event for event in others if event.event == KEPT and event.data["repository"] == name)
    failed = (
        _bare(str(event.data["copy"]), "", name, snapshot, event.time, status="void")
        for event in others
        if event.event == VOIDED and event.data["copy"] not in known and event.data.get("repository") == name
        for snapshot in event.data.get("snapshots", ())
    )
    return [
        *nights,
        *(_describe_state(event, name, gone) for event in states),
        *_list_mirrors(others, name, gone),
        *failed,
    ]


def _describe_state(event: Event, name: str, gone: Container[str]) -> NightCopy:
    snapshot = str(event.data["snapshot"])
    copy = f"estado-{snapshot[:12]}"
    # restic read all that it stored; nothing compares it again, and the ledger in it proves itself.
    return _bare(copy, STATE, name, snapshot, event.time, status="removed" if copy in gone else "read")


def _list_mirrors(events: Iterable[Event], name: str, gone: Mapping[str, str]) -> Iterable[NightCopy]:
    """Yield the copies of the mirrors; one counts as verified once a part of it was read back."""
    told = [event for event in events if event.event in {mirrors_view.KEPT, mirrors_view.READ}]
    read = {event.data["snapshot"] for event in told if event.event == mirrors_view.READ}
    for event in told:
        if event.event == mirrors_view.KEPT and event.data["repository"] == name:
            snapshot = str(event.data["snapshot"])
            copy = mirrors_view.name_of(snapshot)
            status: Status = "read" if snapshot in read else "made"
            if copy in gone:
                status = "void" if gone[copy] == VOIDED else "removed"
            yield _bare(copy, mirrors_view.HOST, name, snapshot, event.time, status=status)


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
