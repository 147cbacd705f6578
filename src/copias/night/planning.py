"""What a night is going to do, from the policies, the ledger and the inventory: most overdue first; nothing is changed.

A thing is due when its newest good copy would be older than its policy allows by the next night. So what a missed night
left undone is due without anybody remembering it, and it is the first.
"""

from __future__ import annotations

import statistics
import typing as t
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from copias.errors import BackupError
from copias.night.catalogue import EVENTS, list_night_copies
from copias.night.copying import require_leave
from copias.night.day import night_of
from copias.night.plan import nightly_databases
from copias.night.steps import StepName, list_steps, list_stores

if t.TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from copias.night.catalogue import NightCopy
    from copias.office import Office
    from copias.policies import Policy

NEXT_NIGHT: t.Final = timedelta(days=1)
LAST_COPIES: t.Final = 5
"""Copies of a database that its next one is predicted from."""

When: t.TypeAlias = t.Literal["due", "done", "not_due", "refused"]


@dataclass(frozen=True, kw_only=True)
class DatabaseTurn:
    """What a night would do for one database.

    Args:
        database: of the inventory.
        when: ``due``; ``done`` tonight already; ``not_due`` yet by its policy; ``refused``, for it would fail as it is.
        policy: its name; empty for the default one.
        every: longest that its newest good copy may be old, seconds.
        last_good: moment of that copy, ISO 8601 UTC; empty when it has none.
        age: of that copy, seconds; ``None`` without one.
        seconds: that its copy will take, from its last ones; ``None`` when nothing is known.
        fits: whether it will have begun and ended within the night's time limit, as far as that can be foreseen.
        why: what it would fail of.
    """

    database: str
    when: When
    policy: str
    every: float
    last_good: str = ""
    age: float | None = None
    seconds: float | None = None
    fits: bool = True
    why: str = ""

    @property
    def overdue(self) -> float:
        """Return the seconds that its newest good copy is older than allowed; infinite when it has none."""
        return float("inf") if self.age is None else self.age - self.every


@dataclass(frozen=True, kw_only=True)
class NightAgenda:
    """What a night would do.

    Args:
        databases: those that are due first, most overdue first.
        stores: that are watched over.
        steps: of the night or of a repository, in their order.
        window: seconds that the night may last.
    """

    databases: tuple[DatabaseTurn, ...] = ()
    stores: tuple[str, ...] = ()
    steps: tuple[StepName, ...] = ()
    window: float = 0.0

    @property
    def due(self) -> tuple[str, ...]:
        """Return the databases that the night comes to, in this order: what a refused one fails of is told there."""
        return tuple(turn.database for turn in self.databases if turn.when != "not_due")


def plan_agenda(
    office: Office,
    *,
    hosts: Collection[str] | None = None,
    only: Collection[str] = (),
    always: bool = False,
    now: datetime | None = None,
) -> NightAgenda:
    """Return what a night would do; reads the ledger and nothing outside.

    Args:
        office: of this installation.
        hosts: databases and stores that it is limited to; ``None`` for all.
        only: things that somebody asked for by name: then no step is done that is not among them.
        always: a database is copied although its policy does not ask for it yet.
        now: aware.
    """
    deployment, moment = office.deployment, now or datetime.now(UTC)
    names = [name for name in nightly_databases(office) if hosts is None or name in hosts]
    steps = [step for step in list_steps(deployment) if not only or step in only]
    window = deployment.night.time_limit.total_seconds()
    return NightAgenda(
        databases=_fit(plan_databases(office, names, moment, always=always), window),
        stores=tuple(name for name in list_stores(deployment) if hosts is None or name in hosts),
        steps=tuple(steps),
        window=window,
    )


def plan_databases(
    office: Office, names: Iterable[str], now: datetime, *, always: bool = False
) -> tuple[DatabaseTurn, ...]:
    """Return what is to be done for databases: the due ones first, most overdue first."""
    copies = list_night_copies(office.book.ledger.events_of(EVENTS))
    turns = [
        _plan_database(office, name, [one for one in copies if one.database == name], now, always=always)
        for name in names
    ]
    return tuple(sorted(turns, key=lambda turn: (turn.when in {"done", "not_due"}, -turn.overdue, turn.database)))


def find_turn(copies: Sequence[NightCopy], policy: Policy, now: datetime) -> When:
    """Return whether a database is to be copied tonight.

    Not a second time in the same night; and one that was made and not read back yet is due until it is.
    """
    tonight = night_of(now)
    tonights = [
        copy for copy in copies if not copy.is_future(now) and night_of(datetime.fromisoformat(copy.started)) == tonight
    ]
    if tonights:
        return "done" if any(copy.verified for copy in tonights) else "due"
    good = newest_good(copies, now)
    return "due" if good is None or now + NEXT_NIGHT - good.finished_at > policy.every else "not_due"


def newest_good(copies: Iterable[NightCopy], now: datetime) -> NightCopy | None:
    """Return the newest verified copy; one from the future, of a wrong clock, does not count."""
    good = [copy for copy in copies if copy.verified and not copy.is_future(now)]
    return max(good, key=lambda copy: copy.finished_at, default=None)


def _plan_database(
    office: Office, name: str, copies: Sequence[NightCopy], now: datetime, *, always: bool
) -> DatabaseTurn:
    policy_name, policy = office.deployment.known_policies.of_database(name)
    good = newest_good(copies, now)
    turn = DatabaseTurn(
        database=name,
        when=_say_when(copies, policy, now, always=always),
        policy=policy_name,
        every=policy.every.total_seconds(),
        last_good=good.finished if good else "",
        age=max(0.0, (now - good.finished_at).total_seconds()) if good else None,
        seconds=_predict(copies),
    )
    try:
        require_leave(office, name)
    except BackupError as error:
        return replace(turn, when="refused", why=str(error))
    return turn


def _say_when(copies: Sequence[NightCopy], policy: Policy, now: datetime, *, always: bool) -> When:
    when = find_turn(copies, policy, now)
    return "due" if always and when == "not_due" else when


def _fit(turns: Iterable[DatabaseTurn], window: float) -> tuple[DatabaseTurn, ...]:
    """Say which of the due ones will not come to their end: they take turns, and the first always begins."""
    spent, told = 0.0, list[DatabaseTurn]()
    for turn in turns:
        begins = spent
        if turn.when == "due":
            spent += turn.seconds or 0.0
        told.append(replace(turn, fits=turn.when != "due" or spent <= window or not begins))
    return tuple(told)


def _predict(copies: Sequence[NightCopy]) -> float | None:
    """Return the seconds of the next copy: the median of the last ones, twice, as it is read back too."""
    took = [(copy.finished_at - datetime.fromisoformat(copy.started)).total_seconds() for copy in copies[-LAST_COPIES:]]
    return 2 * statistics.median(took) if took else None
