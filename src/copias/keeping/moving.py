"""A store is replaced by another: its copies are sent, read back and registered one by one before it is released.

Nothing is removed from the old store, and nothing of a manifest changes: where a copy lies is an event of the ledger
(``copy.moved``), so the evidence of ten years outlives a device. Run again, it goes on where it stopped.

Destroying what expired and moving exclude each other. A copy that was destroyed after a move of it was cut is taken
back from the new store by the next move: what its record says is gone is nowhere.
"""

from __future__ import annotations

import hashlib
import typing as t
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from copias.case.series import is_series, say_again
from copias.errors import AlreadyRunning, Altered, BadInput, StoreFull, StoreUnavailable
from copias.files import held
from copias.findings import open_finding
from copias.keeping.blocking import find_blocking
from copias.keeping.files import KeptFile, answers_for, kept_files, name_files
from copias.progress import Report, Step, ignore
from copias.store import part_name, read_back

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from copias.case.story import CopyRecord, Story
    from copias.office import Office
    from copias.store import Store

MOVED: t.Final = "copy.moved"
RELEASED: t.Final = "store.released"
ROOM: t.Final = 1.02
"""Folders and their blocks take a little more than the files."""
_BLOCK: t.Final = 1 << 20


@dataclass(frozen=True)
class KeptCopy:
    """A copy that lies on the old store: its case, the record, its files."""

    case: str
    record: CopyRecord
    files: tuple[KeptFile, ...]

    @property
    def bytes(self) -> int:
        """Return the size of all its files."""
        return sum(file.bytes for file in self.files)


@dataclass(frozen=True)
class MovePlan:
    """What moving a store would do.

    Args:
        old: logical name of the store that is replaced.
        new: of the one that takes its place.
        copies: that lie on the old one.
        blocking: what keeps it from being released, in Spanish: cases under way, configuration that still names it, and
            altered copies of which there is no other.
        unreadable: copies whose records here are not whole, each with why.
    """

    old: str
    new: str
    copies: tuple[KeptCopy, ...]
    blocking: tuple[str, ...]
    unreadable: tuple[tuple[str, str], ...] = ()

    @property
    def bytes(self) -> int:
        """Return the size of all that is to be sent."""
        return sum(copy.bytes for copy in self.copies)


@dataclass
class MoveOutcome:
    """What was moved.

    Args:
        moved: ids of the copies that the new store has now, registered.
        failed: copies that could not be moved, each with why; they stay where they are.
        blocking: what keeps the old store from being released after all, in Spanish.
        released: the old store keeps nothing that the new one has not, and nothing is sent there any more.
    """

    moved: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    blocking: list[str] = field(default_factory=list)
    released: bool = False

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data."""
        told = {"moved": self.moved, "failed": self.failed, "blocking": self.blocking}
        return {**told, "released": self.released}


def plan_move(office: Office, old: str, new: str) -> MovePlan:
    """Find what lies on a store; nothing is changed anywhere.

    Raises:
        BadInput: the two are one store, or one of them is not in the inventory.
    """
    if old == new:
        raise BadInput("los dos destinos son el mismo", whose=old, repair="diga el que se retira y el que lo reemplaza")
    for name in (old, new):
        office.deployment.store(name)
    copies: list[KeptCopy] = []
    blocking = list(find_blocking(office, old))
    unreadable: list[tuple[str, str]] = []
    for number, record in _records(office, old):
        if record.status == "made":
            blocking.append(_say_unfinished(number))
            continue
        try:
            copies.append(KeptCopy(number, record, kept_files(office, record)))
        except (Altered, FileNotFoundError) as error:
            unreadable.append((record.copy_id, str(error)))
    return MovePlan(old, new, tuple(copies), tuple(blocking), tuple(unreadable))


def _say_unfinished(number: str) -> str:
    if is_series(number):
        return f"la copia mensual de {number} está sin terminar: {say_again(number)}"
    return f"el caso {number} tiene una copia sin terminar: copias run {number}"


def run_move(office: Office, plan: MovePlan) -> MoveOutcome:
    """Send each copy, read it back, register it; release the old store when nothing is left to do there.

    A copy that cannot be moved opens a finding and stops no other.

    Raises:
        AlreadyRunning: another move is under way, or expired copies are being destroyed.
        StoreFull: the new store has no room for all of it; nothing was sent.
        StoreUnavailable: a store does not answer; what was moved stays moved, the next run goes on.
    """
    outcome = MoveOutcome(failed=dict(plan.unreadable), blocking=list(plan.blocking))
    with hold_move(office), Step("Mover las copias", plan.bytes) as step:
        old, new = office.open_store(plan.old), office.open_store(plan.new)
        _take_back(office, plan, new)
        _require_room(new, plan, least=office.deployment.store(plan.new).least_free)
        for copy in plan.copies:
            try:
                if _move_copy(office, copy, old, new, step):
                    outcome.moved.append(copy.record.copy_id)
            except (Altered, FileNotFoundError) as error:
                outcome.failed[copy.record.copy_id] = str(error)
            except StoreUnavailable as error:
                # A medium that has lost one file, of a store that goes on giving others, stops no other copy.
                ours = error.whose.partition(":")[0] == old.name
                if not ours or not answers_for(old, copy.files, copy.record.package):
                    raise
                outcome.failed[copy.record.copy_id] = str(error)
        for name, why in outcome.failed.items():
            _tell(office, plan, name, why)
        _release(office, plan, outcome)
    return outcome


def _release(office: Office, plan: MovePlan, outcome: MoveOutcome) -> None:
    """Record that the old store is free, unless something is left there: a case may have gone on while this moved."""
    now = plan_move(office, plan.old, plan.new)
    came = [copy.record.copy_id for copy in now.copies if copy.record.copy_id not in outcome.failed]
    new = [f"llegaron copias mientras se movía, repita la orden: {', '.join(came)}"] if came else []
    outcome.blocking = [*dict.fromkeys((*plan.blocking, *now.blocking, *new))]
    if not (outcome.failed or outcome.blocking or now.unreadable):
        office.record(RELEASED, {"store": plan.old, "to": plan.new})
        outcome.released = True


def _move_copy(office: Office, copy: KeptCopy, old: Store, new: Store, report: Report) -> bool:
    """Return whether it was moved: since it was planned it may have been destroyed, spoilt, proven or moved already."""
    if not _lies_on(office.book.story(copy.case), copy, old):
        return False
    for file in copy.files:
        if not _is_there(new, file):
            _send(old, new, file)
        report(file.bytes)
    facts = {"copy": copy.record.copy_id, "from": old.name, "store": new.name, "files": len(copy.files)}
    # Sending takes hours, so the case is read once more, where nothing can be added in between.
    with office.book.adding(copy.case) as page:
        # What was proven meanwhile has files more than were sent: the next run sends them.
        if not _lies_on(page.story, copy, old) or kept_files(office, copy.record) != copy.files:
            return False
        page.add(MOVED, facts)
    return True


def _lies_on(story: Story, copy: KeptCopy, store: Store) -> bool:
    return any(one.copy_id == copy.record.copy_id and one.store == store.name for one in _living(story))


def _take_back(office: Office, plan: MovePlan, new: Store) -> None:
    """Remove from the new store what a move that was cut had sent of copies that were destroyed since."""
    stories = office.book.keepers().values()
    gone = [one for story in stories for one in story.copies if one.status == "removed" and one.store == plan.old]
    if not gone:
        return
    used = {one.package for story in stories for one in _living(story)}
    there = {file.name for file in new.list()}
    for record in gone:
        for name in name_files(office, record) if record.package not in used else ():
            if name in there:
                new.remove(name)


def _is_there(store: Store, file: KeptFile) -> bool:
    """Tell whether a run before this one published the file: then it was read back, and it is read again."""
    if store.stat(file.name) is None:
        return False
    read_back(store, file.name, expected_bytes=file.bytes, expected_sha256=file.sha256)
    return True


def _send(old: Store, new: Store, file: KeptFile) -> None:
    """Copy a file from store to store, and publish it once the new one gave it back.

    Raises:
        Altered: the old store does not have what was stored there, or the new one gives back something else.
    """
    digest = hashlib.sha256()
    with old.open(file.name, uncached=True) as stream, new.create(file.name, expected_bytes=file.bytes) as upload:
        while block := stream.read(_BLOCK):
            digest.update(block)
            upload.write(block)
            if upload.sent > file.bytes:
                break
        if (upload.sent, digest.hexdigest()) != (file.bytes, file.sha256):
            raise Altered(
                "lo guardado no es lo que se guardó",
                whose=f"{old.name}: {file.name}",
                why=f"se esperaba SHA-256 {file.sha256} y tiene {digest.hexdigest()}",
                repair="busque otra copia del mismo origen con `copias copies`; no borre esta",
            )
        upload.finish()
    read_back(new, part_name(file.name), expected_bytes=file.bytes, expected_sha256=file.sha256, report=ignore)
    new.publish(file.name)


def _require_room(store: Store, plan: MovePlan, *, least: int) -> None:
    free, needed = store.free_space(), round(plan.bytes * ROOM) + least
    if free is not None and free < needed:
        raise StoreFull(
            "las copias no caben en el destino nuevo",
            whose=plan.new,
            why=f"hacen falta {needed} bytes y quedan {free}",
            repair="amplíelo y repita la orden; no se movió nada",
        )


def _tell(office: Office, plan: MovePlan, name: str, why: str) -> None:
    open_finding(
        office,
        about=name,
        what=f"la copia no se pudo mover de {plan.old} a {plan.new}",
        why=why,
        repair=f"revise el archivo que se nombra, en su destino; si es el de {plan.new} y no sirve, retírelo de ahí; "
        f"después: copias store move {plan.old} {plan.new}",
    )


def _records(office: Office, store: str) -> Iterator[tuple[str, CopyRecord]]:
    for number, story in office.book.keepers().items():
        for record in _living(story):
            if record.store == store:
                yield number, record


def _living(story: Story) -> Iterator[CopyRecord]:
    return (record for record in story.copies if record.status in {"made", "stored", "verified"})


def hold_move(office: Office) -> AbstractContextManager[None]:
    """Hold the right to say where copies lie; the kernel lets go of it if we die.

    Raises:
        AlreadyRunning: another process of this machine has it.
    """
    busy = AlreadyRunning(
        "ya se están moviendo copias, o eliminando las vencidas",
        why="mientras tanto no se sabe en qué destino está cada una",
        repair="espere a que termine esa orden",
    )
    return held(office.deployment.state / "store-move.lock", busy=busy)
