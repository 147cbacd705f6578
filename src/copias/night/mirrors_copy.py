"""The nightly copy of all mirrors of mailboxes: one snapshot of a frozen view, in the repository that the night names.

A mirror only grows, and the newest snapshot holds all that older ones do: so few of them are kept, by
``retention.mirrors``, and what was disposed of here is gone from the repository too within weeks.

The view is kept from one night to the next, in thirty folders, so that a quiet night freezes little and one folder a
night is read back as a whole::

    <state>/frozen/07/ana.prueba@example.test/    a mirror of its own; closed segments are hard links

Events of the installation: ``night.mirrors`` (``repository``, ``snapshot``, ``path`` of the view in it, ``accounts``:
how many, ``failed``: those whose mirror could not be frozen, ``day`` on which the night began) and
``night.mirrors.read`` (``snapshot``, ``part`` as ``7/30``, ``accounts`` and ``bytes`` that were read back and are what
was stored).
"""

from __future__ import annotations

import shutil
import typing as t
from datetime import datetime

from copias.errors import BackupError, CopyFailed
from copias.files import make_private_directory
from copias.mailbox.mirror import freeze
from copias.mailbox.mirror.layout import INDEX
from copias.mailbox.status import mirrors_folder
from copias.night.catalogue import REMOVED, VOIDED
from copias.night.day import tonight
from copias.night.mirrors_read import read_back
from copias.night.mirrors_view import DAYS, HOST, KEPT, READ, find_frozen, frozen_folder, name_of, view_of
from copias.night.partial import drop_partial
from copias.progress import Step
from copias.repository.faults import Incomplete
from copias.repository.locks import WAIT, hold_repository
from copias.repository.mirroring import has_mirror, push_mirror
from copias.repository.opening import open_repository

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from copias.ledger import Event
    from copias.office import Office
    from copias.repository.repository import Line

_NAMED: t.Final = 20


class MirrorsPlan:
    """Today's copy of the mirrors, planned from the ledger; see :func:`plan_mirrors`."""

    def __init__(self, office: Office, name: str, *, force: bool = False) -> None:
        self._office = office
        self.name = name
        self._day = tonight().isoformat()
        events = [] if force else list(office.book.ledger.events_of({KEPT, READ, VOIDED, REMOVED}))
        self._kept = self._find_kept(events)
        read = {event.data["snapshot"] for event in events if event.event == READ}
        self._read = self._kept is not None and self._kept["snapshot"] in read

    @property
    def changes(self) -> bool:
        """Tell whether today's copy has still to be made or to be read back; without mirrors there is none."""
        return not self._read and any(find_mirrors(self._office))

    def run(self) -> None:
        """Freeze the mirrors, store them as one snapshot, and read back a thirtieth of them.

        Raises:
            CopyFailed: mirrors could not be frozen, and are named: all others were stored.
            Altered: the repository does not give back what was stored.
            StoreUnavailable: it does not answer; nothing that counts was stored.
        """
        if self._kept is None:
            self._kept = self._store()
        part = self._read_back(self._kept)
        self._office.record(READ, {"snapshot": self._kept["snapshot"], **part})
        _require_all(self._kept["failed"], self.name)

    def _find_kept(self, events: Iterable[Event]) -> dict[str, t.Any] | None:
        """Return the last copy of tonight, unless it counts no more or lacks a mirror: that is to be copied again."""
        kept: dict[str, t.Any] | None = None
        for event in events:
            if event.event == KEPT and self._is_todays(event):
                kept = None if event.data["failed"] else event.data
            elif event.event in {VOIDED, REMOVED} and kept and event.data["copy"] == name_of(kept["snapshot"]):
                kept = None
        return kept

    def _is_todays(self, event: Event) -> bool:
        return (event.data["repository"], event.data["day"]) == (self.name, self._day)

    def _store(self) -> dict[str, t.Any]:
        office, summary = self._office, dict[str, t.Any]()

        def hear(line: Line) -> None:
            if line.get("message_type") == "summary":
                summary.update(line)

        with hold_repository(office, self.name, wait=WAIT):
            repository = open_repository(office, self.name)
            frozen, failed = freeze_all(office)
            view = view_of(office.deployment)
            limit = repository.settings.time_limit.total_seconds()
            with Step(f"Copiar los espejos en {self.name}"):
                command = ["backup", f"--host={HOST}", "--group-by=host", str(view)]
                try:
                    repository.run(command, doing="copiar los espejos", each=hear, seconds=limit)
                except Incomplete as error:
                    snapshot = str(summary.get("snapshot_id", ""))
                    drop_partial(office, repository, name_of(snapshot), snapshot, error)
                    raise
        facts = {"repository": self.name, "snapshot": summary["snapshot_id"], "path": str(view)}
        facts |= {"accounts": frozen, "failed": sorted(failed), "day": self._day}
        office.record(KEPT, facts)
        return facts

    def _read_back(self, kept: dict[str, t.Any]) -> dict[str, t.Any]:
        if has_mirror(self._office, self.name):
            push_mirror(self._office, self.name, wait=WAIT)
        part = datetime.fromisoformat(kept["day"]).date().toordinal() % DAYS
        with hold_repository(self._office, self.name, wait=WAIT):
            return read_back(self._office, self.name, snapshot=kept["snapshot"], path=kept["path"], part=part)


def plan_mirrors(office: Office, *, force: bool = False) -> MirrorsPlan | None:
    """Return the plan of today's copy; ``None`` when the deployment names no repository for the mirrors."""
    name = office.deployment.night.mirrors_repository
    return MirrorsPlan(office, name, force=force) if name and office.deployment.mailboxes else None


def find_mirrors(office: Office) -> list[str]:
    """Return the names of the folders of all mirrors that hold anything."""
    root = mirrors_folder(office.deployment)
    return sorted(path.name for path in root.iterdir() if (path / INDEX).is_file()) if root.is_dir() else []


def freeze_all(office: Office) -> tuple[int, dict[str, BackupError]]:
    """Bring the frozen view up to date; return how many mirrors it has, and those that could not be frozen.

    A mirror that is gone though nobody disposed of it stays in the view: what was frozen of it is whole.
    """
    deployment = office.deployment
    make_private_directory(view_of(deployment))
    names, failed = find_mirrors(office), dict[str, BackupError]()
    with Step("Congelar los espejos", len(names), unit="accounts") as step:
        for name in names:
            try:
                freeze(mirrors_folder(deployment) / name, frozen_folder(deployment, name))
            except BackupError as error:
                failed[name] = error
            step(1)
    for name in find_frozen(deployment):
        if name not in names:
            failed[name] = CopyFailed("el espejo desapareció de esta máquina", whose=name)
    return len(names) - sum(name in failed for name in names), failed


def drop_frozen(office: Office, name: str) -> None:
    """Remove what the view holds of a mirror that was disposed of."""
    shutil.rmtree(frozen_folder(office.deployment, name), ignore_errors=True)


def _require_all(failed: t.Sequence[str], repository: str) -> None:
    if failed:
        named = ", ".join(failed[:_NAMED]) + (" …" if len(failed) > _NAMED else "")
        raise CopyFailed(
            f"la copia de los espejos no tiene {len(failed)} de ellos al día",
            whose=repository,
            why=f"no se pudieron congelar, o desaparecieron de esta máquina: {named}",
            repair="libere espacio, revise cada uno con `copias mirror verify`, y recupere el que falte con "
            "`copias mirror recover`",
        )
