"""Holds: copies that nobody removes while there is a reason to keep them, such as a lawsuit or an audit.

They live in the ledger, never in tags of a repository: a tag changes the id of a snapshot, and who can write there
could take one away. Events of the installation: ``retention.held`` (``hold``, ``copy`` or ``subject``, ``reason``) and
``retention.released`` (``hold``, ``reason``).
"""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass, replace

from copias.errors import BadInput
from copias.people import Role

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from copias.ledger import Event
    from copias.office import Office

HELD: t.Final = "retention.held"
RELEASED: t.Final = "retention.released"


@dataclass(frozen=True, kw_only=True)
class Hold:
    """One hold.

    Args:
        hold: its number, ``R-3``.
        copy: id of the one copy that it keeps; empty when it keeps all of a subject.
        subject: account or database whose copies it keeps, those still to be made too; empty for one copy.
        reason: as the person gave it.
        held_at: ISO 8601, UTC.
        held_by: name of the person.
        released_at: ISO 8601, UTC; empty while it holds.
        released_by: name of the person; empty while it holds.
        released_why: as the person gave it; empty while it holds.
    """

    hold: str
    copy: str = ""
    subject: str = ""
    reason: str
    held_at: str
    held_by: str
    released_at: str = ""
    released_by: str = ""
    released_why: str = ""

    @property
    def holds(self) -> bool:
        """Tell whether it was not released."""
        return not self.released_at

    def covers(self, *, copy: str, subject: str) -> bool:
        """Tell whether it keeps a copy."""
        return copy == self.copy if self.copy else subject == self.subject

    def __str__(self) -> str:
        return f"{self.hold}, {self.reason}"

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data, for ``--json``."""
        return {**asdict(self), "holds": self.holds}


class Holds:
    """The holds of an installation, quick to ask for one of many copies."""

    def __init__(self, holds: Iterable[Hold]) -> None:
        self.all = tuple(holds)
        self._copies: dict[str, Hold] = {}
        self._subjects: dict[str, Hold] = {}
        for hold in self.all:
            if hold.holds:
                place, key = (self._copies, hold.copy) if hold.copy else (self._subjects, hold.subject)
                place.setdefault(key, hold)

    def find(self, *, copy: str, subject: str) -> Hold | None:
        """Return the hold that keeps a copy."""
        return self._copies.get(copy) or self._subjects.get(subject)


def read_holds(events: Iterable[Event]) -> Holds:
    """Return the holds, the oldest first, released ones too."""
    found: dict[str, Hold] = {}
    for event in events:
        name = str(event.actor.get("name", ""))
        if event.event == HELD:
            found[event.data["hold"]] = Hold(**event.data, held_at=event.time, held_by=name)
        elif event.event == RELEASED and event.data.get("hold") in found:
            number = event.data["hold"]
            found[number] = replace(
                found[number], released_at=event.time, released_by=name, released_why=event.data["reason"]
            )
    return Holds(found.values())


def hold_copies(office: Office, *, copy: str = "", subject: str = "", reason: str) -> Hold:
    """Keep one copy, or all of a subject, until somebody releases them.

    Raises:
        BadInput: there is no such copy or subject, both or neither were given, or there is no reason.
        NotAllowed: the person only reads.
    """
    from copias.retention.known import require_known

    office.actor.require(Role.AGENT, "retener copias")
    _require_reason(reason)
    if bool(copy) == bool(subject):
        raise BadInput("hay que decir una copia o un sujeto", repair="diga la copia, o todas las de uno con --subject")
    require_known(office, copy=copy, subject=subject)
    ledger = office.book.ledger
    with ledger.transaction(office.actor.to_event()) as page:
        known = read_holds(ledger.events_of({HELD, RELEASED})).all
        facts = {"hold": f"R-{len(known) + 1}", "copy": copy, "subject": subject, "reason": reason.strip()}
        event = page.append(HELD, facts)
    return Hold(**facts, held_at=event.time, held_by=office.actor.person.name)


def release_hold(office: Office, number: str, *, reason: str) -> Hold:
    """Let a hold go; what it kept ages again as if it had never been held.

    Raises:
        BadInput: it does not hold, or there is no reason.
        NotAllowed: the person is no administrator.
    """
    office.actor.require(Role.ADMINISTRATOR, "liberar copias retenidas")
    _require_reason(reason)
    ledger = office.book.ledger
    with ledger.transaction(office.actor.to_event()) as page:
        known = {hold.hold: hold for hold in read_holds(ledger.events_of({HELD, RELEASED})).all}
        hold = known.get(number)
        if hold is None or not hold.holds:
            why = "no existe" if hold is None else "ya se liberó"
            repair = "vea los que hay con `copias retention holds`"
            raise BadInput("no hay una retención vigente con ese número", whose=number[:20], why=why, repair=repair)
        event = page.append(RELEASED, {"hold": number, "reason": reason.strip()})
    name = office.actor.person.name
    return replace(hold, released_at=event.time, released_by=name, released_why=reason.strip())


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise BadInput("falta el motivo", repair="escríbalo con --reason: quedará en la bitácora")
