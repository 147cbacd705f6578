"""The story of a case, folded from its events: what the product knows, and nothing it was told to believe."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from copias.case.states import State, move
from copias.errors import NotReady

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from copias.ledger import Event


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
class Story:
    """What the ledger tells of one case."""

    number: str
    state: State = State.REGISTERED
    generation: int = 1
    """1, and one more each time that the case is reopened."""
    classification: dict[str, t.Any] | None = None
    authorisation: dict[str, t.Any] | None = None
    copies: tuple[CopyRecord, ...] = ()
    queued: dict[str, dict[str, t.Any]] = field(default_factory=dict)
    """Rows for the help desk by event key."""
    delivered: dict[str, dict[str, t.Any]] = field(default_factory=dict)
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
    def started(self) -> dict[str, t.Any]:
        """Return what the last start recorded (kind, subject, mode, department, requester, agent); empty before it."""
        return next((event.data for event in reversed(self.events) if event.event == "case.started"), {})

    @property
    def bound_to(self) -> str | None:
        """Return the subject that the work under way is of, which a later change of words must not swap."""
        if self.copy:
            return str(self.copy.data.get("subject", ""))
        return self.started.get("subject") if self.state is State.IN_PROGRESS else None

    @property
    def waiting(self) -> tuple[str, ...]:
        """Return the keys of rows that the help desk does not have yet."""
        return tuple(key for key in self.queued if key not in self.delivered)


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
    moved = replace(story, state=move(story.state, event.event), events=(*story.events, event))
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


def state_of_copy(story: Story) -> State:
    """Return where a started case goes on from: what was stored or proven before a pause stays so."""
    status = story.copy.status if story.copy else ""
    return {"stored": State.STORED, "verified": State.VERIFIED}.get(status, State.IN_PROGRESS)


_CHANGES: t.Final[dict[str, t.Callable[[Story, dict[str, t.Any]], dict[str, t.Any]]]] = {
    "case.classified": lambda _, data: {"classification": data},
    "case.authorised": lambda _, data: {"authorisation": data},
    "case.failed": lambda _, data: {"failure": data},
    "case.started": lambda story, _: {"failure": None, "state": state_of_copy(story)},
    "case.reopened": lambda story, _: {"generation": story.generation + 1, "failure": None},
    "copy.made": lambda story, data: {"copies": (*story.copies, CopyRecord(data["copy"], data))},
    "copy.stored": _mark("stored"),
    "copy.verified": _mark("verified"),
    "copy.voided": _mark("void"),
    "outbox.queued": lambda story, data: {"queued": {**story.queued, data["key"]: data}},
    "outbox.delivered": lambda story, data: {"delivered": {**story.delivered, data["key"]: data}},
}
