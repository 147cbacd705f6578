"""The story of a case, folded from its events: what the product knows, and nothing it was told to believe."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace
from datetime import date

from copias.case.series import is_series
from copias.case.states import State, move
from copias.errors import NotReady

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from copias.ledger import Event

SPOILT: t.Final = "copy.spoilt"
"""A copy that was proven is not any more what it was (``copy``, ``why``): it counts as none, and its evidence stays."""
NOTICE: t.Final = "notice"
"""Kind of what was queued that is mail."""
_TELLS_OF_RESULT: t.Final = ("control", "resolved", "notice-resolved", "notice-released", "notice-provider_thanks")
"""How the name of a row or notice begins that is only true while the copy is good."""


@dataclass(frozen=True)
class CopyRecord:
    """One copy of a case. ``data`` is what ``copy.made`` recorded: package, store, bytes, sha256, files."""

    copy_id: str
    data: dict[str, t.Any]
    status: str = "made"
    proof: dict[str, t.Any] = field(default_factory=dict)

    @property
    def package(self) -> str:
        """Return the package's name in its store."""
        return str(self.data["package"])

    @property
    def store(self) -> str:
        """Return the logical name of its store."""
        return str(self.data["store"])

    @property
    def sha256(self) -> str:
        """Return the package's SHA-256 in hex."""
        return str(self.data["sha256"])

    @property
    def bytes(self) -> int:
        """Return the package's size."""
        return int(self.data["bytes"])


@dataclass(frozen=True)
class RestoreRecord:
    """What a case gives back: messages, or a database.

    ``data`` is what ``restore.planned`` recorded: of messages source, target, counts and hash; of a database see
    :mod:`copias.sinfa.recovery`.
    """

    restore_id: str
    data: dict[str, t.Any]
    status: str = "planned"
    proof: dict[str, t.Any] = field(default_factory=dict)

    @property
    def messages(self) -> int:
        """Return how many messages are to be given back; 0 of a database."""
        return int(self.data.get("messages", 0))

    @property
    def database(self) -> str:
        """Return the database that is restored; empty of messages."""
        return str(self.data.get("database", ""))

    @property
    def subject(self) -> str:
        """Return whose copies it is taken from: an account, or a database."""
        return self.database or str(self.data["account"])


@dataclass(frozen=True)
class Story:
    """What the ledger tells of one case."""

    number: str
    state: State = State.REGISTERED
    generation: int = 1
    """1, and one more each time that the case is reopened."""
    classification: dict[str, t.Any] | None = None
    authorisation: dict[str, t.Any] | None = None
    """The last one recorded, whatever it is for: see :meth:`grant_for`."""
    authorised_for: dict[str, t.Any] | None = None
    """Kind and subject that it was recorded for; ``None`` in a ledger of version 0.1, which knew databases only."""
    copies: tuple[CopyRecord, ...] = ()
    restores: tuple[RestoreRecord, ...] = ()
    queued: dict[str, dict[str, t.Any]] = field(default_factory=dict)
    """Rows for the help desk, and notices, by event key."""
    delivered: dict[str, dict[str, t.Any]] = field(default_factory=dict)
    rejected: dict[str, dict[str, t.Any]] = field(default_factory=dict)
    """Notices that will never arrive, each with why."""
    withdrawn: frozenset[str] = frozenset()
    """Keys of what still waited when the copy that it tells of was found spoilt: it is not true any more."""
    failure: dict[str, t.Any] | None = None
    events: tuple[Event, ...] = ()

    @property
    def copy(self) -> CopyRecord | None:
        """Return the newest copy of this generation that is not void."""
        for record in reversed(self.copies):
            if record.status != "void" and record.data.get("generation", 1) == self.generation:
                return record
        return None

    @property
    def restore(self) -> RestoreRecord | None:
        """Return the newest recovery of this generation: a later plan takes the place of one that was not begun."""
        found = (one for one in reversed(self.restores) if one.data["generation"] == self.generation)
        return next(found, None)

    @property
    def started(self) -> dict[str, t.Any]:
        """Return what the last start recorded (kind, subject, mode, department, requester, agent); empty before it."""
        return next((event.data for event in reversed(self.events) if event.event == "case.started"), {})

    @property
    def hold(self) -> Event | None:
        """Return what put the case on hold; nothing when it is not."""
        if self.state is not State.ON_HOLD:
            return None
        return next((event for event in reversed(self.events) if event.event == "case.held"), None)

    @property
    def retires(self) -> date | None:
        """Return the day from which the account of the case may be deleted, as an agent recorded it."""
        given = (self.classification or {}).get("retires")
        return date.fromisoformat(given) if given else None

    @property
    def bound_to(self) -> str | None:
        """Return the subject that the work under way is of, which a later change of words must not swap."""
        if self.copy:
            return str(self.copy.data.get("subject", ""))
        if self.restore and self.restore.status != "planned":
            return self.restore.subject
        return self.started.get("subject") if self.state is State.IN_PROGRESS else None

    @property
    def bound_kind(self) -> str | None:
        """Return the kind of the work that :attr:`bound_to` is about."""
        if self.copy:
            return t.cast("str | None", self.copy.data.get("kind"))
        if self.restore and self.restore.status != "planned":
            return "recovery"
        return self.started.get("kind") if self.state is State.IN_PROGRESS else None

    def grant_for(self, kind: str | None, subject: str | None) -> dict[str, t.Any] | None:
        """Return the recorded authorisation if it was given for this: it does not follow a case to another account."""
        of = self.authorised_for
        fits = kind == "sinfa" if of is None else (of["kind"], of["subject"]) == (kind, subject)
        return self.authorisation if fits else None

    @property
    def rows(self) -> tuple[str, ...]:
        """Return the keys of everything queued for the help desk, delivered or not."""
        return tuple(key for key, row in self.queued.items() if not is_notice(row))

    @property
    def waiting(self) -> tuple[str, ...]:
        """Return the keys of rows that the help desk does not have yet."""
        ended = self.delivered.keys() | self.withdrawn
        return tuple(key for key in self.rows if key not in ended)

    @property
    def unsent(self) -> tuple[str, ...]:
        """Return the keys of notices that are still to be sent; a case never waits for them."""
        ended = self.delivered.keys() | self.rejected.keys() | self.withdrawn
        return tuple(key for key, row in self.queued.items() if key not in ended and is_notice(row))


def is_notice(row: Mapping[str, t.Any]) -> bool:
    """Tell whether what was queued is mail, and no row of a sheet."""
    return row.get("kind") == NOTICE


def tell(number: str, events: Iterable[Event]) -> Story:
    """Fold the events of a case; events of other cases are passed over."""
    story = Story(number)
    for event in events:
        if event.case == number:
            story = follow(story, event)
    return story


def follow(story: Story, event: Event) -> Story:
    """Return the story after one more event.

    Raises:
        NotReady: the move is not legal, nobody authorised it, or it is about a copy that the case does not have.
    """
    if event.event == "case.started" and not event.data.get("authorisation"):
        raise NotReady(
            "ninguna copia empieza sin autorización",
            whose=f"caso {story.number}",
            why="no consta quién la autoriza, con documento y motivo",
            repair=f"copias authorise {story.number} --name … --post … --document … --motive …",
        )
    # A series of packages is attended by nobody: it has copies, and no state.
    state = story.state if is_series(story.number) else move(story.state, event.event)
    moved = replace(story, state=state, events=(*story.events, event))
    change = _CHANGES.get(event.event)
    return replace(moved, **change(moved, event.data)) if change else moved


def _mark(status: str) -> t.Callable[[Story, dict[str, t.Any]], dict[str, t.Any]]:
    def change(story: Story, data: dict[str, t.Any]) -> dict[str, t.Any]:
        copies = list(story.copies)
        for place, record in enumerate(copies):
            if record.copy_id == data["copy"]:
                copies[place] = replace(record, status=status, proof={**record.proof, **data})
                return {"copies": tuple(copies)}
        raise NotReady("el evento habla de una copia que el caso no tiene", whose=str(data["copy"]))

    return change


def _spoil(story: Story, data: dict[str, t.Any]) -> dict[str, t.Any]:
    """Mark a copy, and withdraw what was not told yet of the case's result."""
    marked = _mark("spoilt")(story, data)
    spoilt = next(copy for copy in story.copies if copy.copy_id == data["copy"])
    start = f"copias-{story.number}-{spoilt.data.get('generation', 1)}-"
    told = tuple(start + name for name in _TELLS_OF_RESULT)
    untold = (key for key in (*story.waiting, *story.unsent) if key.startswith(told))
    return {**marked, "withdrawn": story.withdrawn.union(untold)}


def _move(story: Story, data: dict[str, t.Any]) -> dict[str, t.Any]:
    """Say of a copy that it lies on another store now; see :mod:`copias.keeping.moving`."""
    moved = (
        replace(record, data={**record.data, "store": data["store"]}) if record.copy_id == data["copy"] else record
        for record in story.copies
    )
    return {"copies": tuple(moved)}


def _mark_restore(status: str) -> t.Callable[[Story, dict[str, t.Any]], dict[str, t.Any]]:
    def change(story: Story, data: dict[str, t.Any]) -> dict[str, t.Any]:
        current = story.restore
        if current is None or current.restore_id != data.get("restore") or story.copy is not None:
            raise NotReady("el evento habla de una recuperación que el caso no tiene", whose=str(data.get("restore")))
        marked = replace(current, status=status, proof={**current.proof, **data})
        return {"restores": tuple(marked if one is current else one for one in story.restores)}

    return change


def _add_copy(story: Story, data: dict[str, t.Any]) -> dict[str, t.Any]:
    """Add a copy; a case has one kind of result, or nobody could say which of two was proven."""
    if story.restore and story.restore.status != "planned":
        raise NotReady("el caso ya es una recuperación: no hace además una copia", whose=f"caso {story.number}")
    return {"copies": (*story.copies, CopyRecord(data["copy"], data))}


def state_of_result(story: Story) -> State:
    """Return where a started case goes on from: what was stored or proven before a pause stays so."""
    result = story.copy or story.restore
    status = result.status if result else ""
    return {"stored": State.STORED, "given": State.STORED, "verified": State.VERIFIED}.get(status, State.IN_PROGRESS)


_CHANGES: t.Final[dict[str, t.Callable[[Story, dict[str, t.Any]], dict[str, t.Any]]]] = {
    "case.classified": lambda _, data: {"classification": data},
    "case.authorised": lambda _, data: {
        "authorisation": {name: value for name, value in data.items() if name != "of"},
        "authorised_for": data.get("of"),
    },
    "case.failed": lambda _, data: {"failure": data},
    "case.started": lambda story, _: {"failure": None, "state": state_of_result(story)},
    "case.reopened": lambda story, _: {"generation": story.generation + 1, "failure": None},
    "copy.made": _add_copy,
    "copy.stored": _mark("stored"),
    "copy.verified": _mark("verified"),
    "copy.voided": _mark("void"),
    SPOILT: _spoil,
    "copy.moved": _move,
    "copy.removed": _mark("removed"),
    "restore.planned": lambda story, data: {"restores": (*story.restores, RestoreRecord(data["restore"], data))},
    "restore.given": _mark_restore("given"),
    "restore.verified": _mark_restore("verified"),
    "outbox.queued": lambda story, data: {"queued": {**story.queued, data["key"]: data}},
    "outbox.delivered": lambda story, data: {"delivered": {**story.delivered, data["key"]: data}},
    "outbox.rejected": lambda story, data: {"rejected": {**story.rejected, data["key"]: data}},
}
