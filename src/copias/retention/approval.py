"""Packages go only when two people approved the exact list of them, and nothing was held since.

A list is named by its SHA-256 and kept in the state under that name. Event of the installation:
``retention.approved`` (``list``, ``copies``, ``bytes``); who approved is the event's own actor, which nobody types.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

from copias.errors import Altered, BadInput, NotReady
from copias.files import make_private_directory, write_atomically
from copias.helpdesk.words import plain
from copias.local_time import day_of, today
from copias.people import Role
from copias.retention.expiry import SHORT, code_of, plan_office
from copias.retention.holds import HELD, read_holds

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from copias.ledger import Event
    from copias.office import Office

APPROVED: t.Final = "retention.approved"
APPROVERS: t.Final = 2
_LEAST: t.Final = 8
"""Digits of a code that are enough to mean it."""


@dataclass(frozen=True, kw_only=True)
class Approval:
    """What one person approved.

    Args:
        account: of the operating system.
        name: of the person.
        role: of the person, when it was given.
        time: ISO 8601, UTC.
    """

    account: str
    name: str
    role: str
    time: str

    def to_dict(self) -> dict[str, str]:
        """Return plain data."""
        return {"account": self.account, "name": self.name, "role": self.role, "time": self.time}


@dataclass(frozen=True, kw_only=True)
class ApprovalList:
    """A list of packages, and who approved it so far.

    Args:
        code: its SHA-256.
        entries: as :meth:`copias.retention.expiry.Expired.to_dict` writes them, by the name of the copy.
        approvals: that count now, the oldest first.
        void: why earlier approvals count no more; empty when none was lost.
    """

    code: str
    entries: tuple[dict[str, t.Any], ...]
    approvals: tuple[Approval, ...] = ()
    void: str = ""

    @property
    def short(self) -> str:
        """Return the code that people type."""
        return self.code[:SHORT]

    @property
    def missing(self) -> str:
        """Return what is missing before the packages may go; empty when nothing is."""
        if len(self.approvals) < APPROVERS:
            return f"tiene {len(self.approvals)} de {APPROVERS} aprobaciones vigentes" + (
                self.void and f": {self.void}"
            )
        if all(approval.role != Role.ADMINISTRATOR for approval in self.approvals):
            return "ninguna de las personas que la aprobaron es administradora"
        return ""

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data."""
        return {
            "list": self.code,
            "copies": [entry["copy"] for entry in self.entries],
            "bytes": sum(entry["bytes"] for entry in self.entries),
            "approvals": [approval.to_dict() for approval in self.approvals],
            "missing": self.missing,
        }


def approve_list(office: Office, code: str) -> ApprovalList:
    """Record that this person approves a list, and return it with all approvals that count.

    Raises:
        BadInput: no list has that code, or this person approved it already.
        NotReady: something on it may not go any more.
        NotAllowed: the person only reads.
    """
    office.actor.require(Role.AGENT, "aprobar la eliminación de copias")
    wanted = _find(office, code)
    require_removable(office, wanted.entries)
    ledger, name = office.book.ledger, office.actor.person.name
    write_atomically(_path(office, wanted.code), orjson.dumps(list(wanted.entries)))
    with ledger.transaction(office.actor.to_event()) as page:
        known = read_list(office, wanted.code)
        for approval in known.approvals:
            # Who has two accounts is one person, with or without accents in one of them.
            if approval.account == office.actor.identity.account or plain(approval.name) == plain(name):
                raise BadInput(
                    "esa lista ya la aprobó usted",
                    whose=wanted.short,
                    why=f"la aprobó {approval.name} con la cuenta {approval.account}",
                    repair="tiene que aprobarla otra persona, con su propia cuenta",
                )
        total = sum(entry["bytes"] for entry in wanted.entries)
        page.append(APPROVED, {"list": wanted.code, "copies": len(wanted.entries), "bytes": total})
    return read_list(office, wanted.code)


def read_list(office: Office, code: str, *, now: datetime | None = None) -> ApprovalList:
    """Return a list that somebody approved once, with the approvals that count now.

    Raises:
        BadInput: nobody did.
        Altered: what is kept of it is not what was approved.
    """
    entries = _read_entries(office, code)
    events = [*office.book.ledger.events_of({APPROVED, HELD})]
    since = (now or datetime.now(UTC)) - timedelta(days=office.deployment.retention.approval_days)
    approvals: dict[str, Approval] = {}
    void = ""
    for event in events:
        if event.event == HELD and approvals and (hold := _find_hold(event, entries)):
            approvals.clear()
            void = f"después llegó la retención {hold}"
        elif event.event == APPROVED and event.data["list"] == code:
            if event.when < since:
                void = f"la del {day_of(event.when):%d/%m/%Y} venció"
            else:
                approvals[event.actor["account"]] = _describe(event)
    return ApprovalList(code=code, entries=entries, approvals=tuple(approvals.values()), void=void)


def list_pending(office: Office) -> list[ApprovalList]:
    """Return the lists that somebody approved and that are not wholly carried out, those whose approvals ended too.

    One whose packages all went by other lists is over. One that is not kept as it was approved stops no other: it has
    no approvals, and says why.
    """
    from copias.retention.destruction import DESTROYED, REMOVED, read_gone

    events = [*office.book.ledger.events_of({APPROVED, DESTROYED, REMOVED})]
    done = {event.data["list"] for event in events if event.event == DESTROYED and event.data["whole"]}
    codes = dict.fromkeys(event.data["list"] for event in events if event.event == APPROVED)
    gone = read_gone(events)
    found = [_read_or_tell(office, code) for code in codes if code not in done]
    return [
        one for one in found if not one.entries or any(gone.get(e["copy"], one.code) == one.code for e in one.entries)
    ]


def _read_or_tell(office: Office, code: str) -> ApprovalList:
    try:
        return read_list(office, code)
    except Altered as error:
        return ApprovalList(code=code, entries=(), void=error.what)


def require_removable(office: Office, entries: Iterable[dict[str, t.Any]]) -> None:
    """Raise unless every package of a list may go today, and is the very one.

    Raises:
        NotReady: naming the first that may not, and why.
    """
    plan = plan_office(office, today())
    may_go = {one.package.copy: (one.package.sha256.hex(), one.package.store) for one in plan.removable}
    protected = {one.package.copy: "; ".join(one.floors) for one in plan.protected}
    for entry in entries:
        # On another store since it was approved, it would be looked for where it is not, and be told as gone.
        if may_go.get(entry["copy"]) != (entry["sha256"], entry["store"]):
            raise NotReady(
                "la lista tiene una copia que no se puede eliminar",
                whose=entry["copy"],
                why=protected.get(entry["copy"], "no está vencida, cambió, está en otro destino o ya no existe"),
                repair="pida la lista de hoy con `copias retention expired` y apruébela de nuevo",
            )


def _find(office: Office, code: str) -> ApprovalList:
    """Return the list of today, or one that somebody approved already, by the beginning of its code."""
    if len(code) >= _LEAST:
        plan = plan_office(office, today())
        if plan.code.startswith(code) and plan.removable:
            return ApprovalList(code=plan.code, entries=tuple(one.to_dict() for one in plan.removable))
    return find_list(office, code)


def find_list(office: Office, code: str) -> ApprovalList:
    """Return the one list that somebody approved whose code begins so.

    Raises:
        BadInput: there is none, or more than one.
    """
    found = {event.data["list"] for event in office.book.ledger.events_of({APPROVED})}
    fitting = [one for one in found if len(code) >= _LEAST and one.startswith(code)]
    if len(fitting) != 1:
        raise BadInput(
            "no hay una lista de copias vencidas con ese código",
            whose=ascii(code[:SHORT]),
            why="la lista cambia cuando otra copia vence, o cuando una se retiene",
            repair="vea la lista de hoy y su código con `copias retention expired`",
        )
    return read_list(office, fitting[0])


def _find_hold(event: Event, entries: Sequence[dict[str, t.Any]]) -> str:
    (hold,) = read_holds([event]).all
    covered = any(hold.covers(copy=entry["copy"], subject=entry["subject"]) for entry in entries)
    return str(hold) if covered else ""


def _describe(event: Event) -> Approval:
    actor = event.actor
    return Approval(account=actor["account"], name=actor["name"], role=actor["role"], time=event.time)


def _path(office: Office, code: str) -> Path:
    return make_private_directory(office.deployment.state / "retention" / "lists") / f"{code}.json"


def _read_entries(office: Office, code: str) -> tuple[dict[str, t.Any], ...]:
    try:
        entries = orjson.loads(_path(office, code).read_bytes())
        whole = code_of(entries) == code
    except (OSError, orjson.JSONDecodeError, BadInput, TypeError):
        whole = False
    if not whole:
        raise Altered(
            "no está la lista que se aprobó, o la cambiaron",
            whose=code[:SHORT],
            repair="pida la lista de hoy con `copias retention expired` y apruébela de nuevo",
        )
    return tuple(entries)
