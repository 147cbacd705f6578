"""Remove the packages of an approved list from their stores, and draw up the record of it (*acta*).

Of each package the manifest goes first. It was written last and is what says that a package is there, so a power cut
leaves a package without manifest, which is what an unfinished upload looks like and nobody takes for a copy; the other
way round a manifest would vouch for what is gone, and be found as a loss. Then go its proofs, its further parts, and
the package. Once the store has none of them, ``copy.removed`` is added to the case. Run again, it goes on from there.

Events of the installation: ``retention.destroying`` (``list``, ``approvals``) before the first, and
``retention.destroyed`` (``list``, ``copies``, ``bytes``, ``whole``, ``record``: SHA-256 of the record) at the end.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from datetime import UTC, datetime

from copias.errors import CopyFailed, NotReady
from copias.findings import open_finding
from copias.keeping.files import name_files
from copias.keeping.moving import hold_move
from copias.people import Role
from copias.progress import Step
from copias.retention.approval import ApprovalList, find_list, require_removable
from copias.retention.clocks import require_true_clocks
from copias.retention.expiry import SHORT
from copias.retention.holds import HELD, RELEASED, read_holds
from copias.retention.record import write_record
from copias.retention.turn import hold_retention
from copias.store.contract import recycled_bytes

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from copias.ledger import Event
    from copias.office import Office
    from copias.retention.holds import Hold
    from copias.store import Store

DESTROYING: t.Final = "retention.destroying"
DESTROYED: t.Final = "retention.destroyed"
REMOVED: t.Final = "copy.removed"


@dataclass
class Destruction:
    """What came of one list.

    Args:
        code: of the list.
        removed: ids of all its copies that are gone by it, those of earlier runs too.
        left: ids of those that stay, because something was held in between.
        elsewhere: ids of those that went by another list before: its record tells of them, with its own approvals.
        record: name of the record's files in the state; empty when nothing is gone.
        why: what stopped it; empty when the whole list is gone.
    """

    code: str
    removed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    record: str = ""
    why: str = ""

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data."""
        return {
            "list": self.code,
            "removed": self.removed,
            "left": self.left,
            "elsewhere": self.elsewhere,
            "record": self.record,
            "why": self.why,
        }


def destroy_list(office: Office, code: str) -> Destruction:
    """Remove all packages of a list that two people approved.

    Raises:
        AlreadyRunning: another retention is under way, or copies are being moved.
        NotReady: approvals are missing, something on the list may not go any more, all of it went by another list,
            or a clock is wrong.
        StoreUnavailable: a store does not answer; what is gone is recorded, and the next run goes on.
    """
    office.actor.require(Role.ADMINISTRATOR, "eliminar copias vencidas")
    with hold_retention(office), hold_move(office):
        wanted = find_list(office, code)
        gone = read_gone(office.book.ledger.events_of({REMOVED}))
        left = {entry["copy"]: entry for entry in wanted.entries if entry["copy"] not in gone}
        outcome = _begin(wanted, gone)
        if left and _may_remove(office, wanted, left, outcome):
            _remove_all(office, wanted, left, outcome)
        _finish(office, wanted, outcome)
    return outcome


def read_gone(events: Iterable[Event]) -> dict[str, str]:
    """Return the copies whose removal is recorded, by id, each with the list that it went by."""
    return {event.data["copy"]: event.data["list"] for event in events if event.event == REMOVED}


def _begin(wanted: ApprovalList, gone: dict[str, str]) -> Destruction:
    """Return what is gone of a list already.

    Raises:
        NotReady: all of it went by others, whose approvals are no approvals of this one.
    """
    names = [entry["copy"] for entry in wanted.entries]
    mine = [name for name in names if gone.get(name) == wanted.code]
    outcome = Destruction(
        wanted.code, mine, elsewhere=[name for name in names if gone.get(name, wanted.code) != wanted.code]
    )
    if len(outcome.elsewhere) == len(names):
        raise NotReady(
            "las copias de esa lista ya se eliminaron, con otra lista",
            whose=wanted.short,
            why=f"la primera, {names[0]}, con la lista {gone[names[0]][:SHORT]}, que tiene su propia acta",
            repair="no hay nada por hacer; vea las listas que siguen vigentes con `copias retention expired`",
        )
    return outcome


def _may_remove(office: Office, wanted: ApprovalList, left: dict[str, dict[str, t.Any]], outcome: Destruction) -> bool:
    """Check everything once more. Of a list that was begun, what stops it is told in its record, not raised."""
    try:
        if wanted.missing:
            raise NotReady(
                "la lista no se puede eliminar todavía",
                whose=wanted.short,
                why=wanted.missing,
                repair="que la apruebe otra persona con su cuenta: copias retention approve y el código",
            )
        require_removable(office, left.values())
        require_true_clocks(office, {entry["store"] for entry in left.values()})
    except NotReady as error:
        if not outcome.removed:
            raise
        outcome.left, outcome.why = list(left), str(error)
        return False
    return True


def _remove_all(office: Office, wanted: ApprovalList, left: dict[str, dict[str, t.Any]], outcome: Destruction) -> None:
    approvals = [approval.to_dict() for approval in wanted.approvals]
    office.record(DESTROYING, {"list": wanted.code, "approvals": approvals})
    stores = {name: office.open_store(name) for name in {entry["store"] for entry in left.values()}}
    with Step("Eliminar copias vencidas", len(left)) as step:
        for name, entry in left.items():
            hold = _find_hold(office, entry)
            if hold is not None:
                outcome.why = f"{name} está retenida: {hold}"
                break
            _remove_package(office, wanted, entry, stores[entry["store"]])
            outcome.removed.append(name)
            step(1)
    outcome.left = [name for name in left if name not in outcome.removed]


def _remove_package(office: Office, wanted: ApprovalList, entry: dict[str, t.Any], store: Store) -> None:
    (record,) = (one for one in office.book.story(entry["case"]).copies if one.copy_id == entry["copy"])
    if record.store != store.name:
        raise NotReady(
            "una copia de la lista se movió a otro destino mientras se eliminaba",
            whose=entry["copy"],
            why=f"está en {record.store} y la lista dice {store.name}; de ella no se borró nada",
            repair="pida la lista de hoy con `copias retention expired` y apruébela de nuevo",
        )
    names = name_files(office, record)
    for name in names:
        store.remove(name)
    stubborn = [name for name in names if store.stat(name) is not None]
    if stubborn:
        raise CopyFailed(
            "el destino dice que borró un archivo y todavía lo tiene",
            whose=f"{store.name}: {stubborn[0]}",
            repair="revise los permisos de la cuenta en la NAS y repita la orden; seguirá donde quedó",
        )
    _require_not_recycled(store, names)
    facts = {"copy": entry["copy"], "list": wanted.code, "sha256": entry["sha256"], "files": len(names)}
    office.book.record(entry["case"], REMOVED, {**facts, "why": f"venció el {entry['last_day']}"})
    _tell_held_too_late(office, entry)


def _tell_held_too_late(office: Office, entry: dict[str, t.Any]) -> None:
    """Open a finding when somebody held a package while it went: who did believes that it is kept."""
    hold = _find_hold(office, entry)
    if hold is not None:
        open_finding(
            office,
            about=entry["copy"],
            what="una copia se retuvo cuando ya se estaba eliminando",
            why=str(hold),
            repair="dígalo a quien la retuvo: el acta prueba qué era; busque otra del mismo origen con `copias copies`",
        )


def _find_hold(office: Office, entry: dict[str, t.Any]) -> Hold | None:
    holds = read_holds(office.book.ledger.events_of({HELD, RELEASED}))
    return holds.find(copy=entry["copy"], subject=entry["subject"])


def _require_not_recycled(store: Store, names: Sequence[str]) -> None:
    """Refuse to call removed what only lies in a recycle bin; the next run looks again.

    Raises:
        CopyFailed: the bin holds it.
    """
    held = [name for name in names if recycled_bytes(store, name)]
    if held:
        raise CopyFailed(
            "el destino no borró los archivos: los pasó a su papelera, donde ocupan espacio y se pueden leer",
            whose=f"{store.name}: {held[0]}",
            repair="vacíe la papelera (@Recycle) de esa carpeta compartida, apáguela, y repita la orden",
        )


def _finish(office: Office, wanted: ApprovalList, outcome: Destruction) -> None:
    """Draw up the record, unless an earlier run did of exactly this."""
    if not outcome.removed:
        return
    entries = [entry for entry in wanted.entries if entry["copy"] in set(outcome.removed)]
    for event in office.book.ledger.events_of({DESTROYED}):
        if (event.data["list"], event.data["copies"]) == (wanted.code, len(entries)):
            outcome.record = event.data["file"]
            return
    moment, elsewhere = datetime.now(UTC), len(outcome.elsewhere)
    written = write_record(office, wanted, entries, why=outcome.why, moment=moment, elsewhere=elsewhere)
    outcome.record = written.name
    facts = {"list": wanted.code, "copies": len(entries), "bytes": sum(entry["bytes"] for entry in entries)}
    office.record(DESTROYED, {**facts, "whole": not outcome.left, "record": written.sha256, "file": written.name})
