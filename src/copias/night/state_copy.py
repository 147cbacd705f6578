"""The nightly copy of this installation's own state: ledger, records and manifests of all copies, people, reports.

The deployment's file, which names secrets by their path only, and the evidence of retention are in it too.

Without it a repository would be a heap of dumps that nothing vouches for. It is a snapshot of its own in the same
repository (host ``copias``, tag ``state``). The keys stay out: who could read the repository could sign.

Event of the installation: ``night.state`` (``repository``, ``snapshot``, ``head`` of the ledger, ``day``
on which the night began).
"""

from __future__ import annotations

import shutil
import typing as t

from copias.files import make_private_directory, write_atomically
from copias.night.day import tonight
from copias.night.partial import drop_partial
from copias.progress import Step
from copias.repository.faults import Incomplete
from copias.repository.locks import WAIT, hold_repository
from copias.repository.opening import open_repository

if t.TYPE_CHECKING:
    from pathlib import Path

    from copias.ledger import Event
    from copias.office import Office
    from copias.repository.repository import Line

KEPT: t.Final = "night.state"
HOST: t.Final = "copias"
TAG: t.Final = "state"
FROZEN: t.Final = (
    "copies/*/*",
    "cases/*/mail/*",
    "reports/*",
    "inventories/*",
    "retention/*/*",
    # Without its journal a recovery that is gone on with would give messages back twice.
    "recoveries/*/*",
)
"""What of the state is copied, besides ledger, people and configuration."""
GROWING: t.Final = ".jsonl"
"""Ending of the files that are written on at their end."""


class StatePlan:
    """Today's copy of the state into one repository, planned from the ledger."""

    def __init__(self, office: Office, name: str, *, force: bool = False) -> None:
        self._office = office
        self.name = name
        self._force = force
        self._day = tonight().isoformat()
        self._done = any(map(self._is_todays, office.book.ledger.events()))

    @property
    def changes(self) -> bool:
        """Tell whether it was not copied tonight."""
        return self._force or not self._done

    def run(self) -> None:
        """Copy a frozen view of the state.

        Raises:
            CopyFailed, StoreUnavailable: nothing that counts was stored.
        """
        office, summary = self._office, {}

        def hear(line: Line) -> None:
            if line.get("message_type") == "summary":
                summary.update(line)

        with hold_repository(office, self.name, wait=WAIT):
            repository = open_repository(office, self.name)
            view, head = freeze_state(office, self.name)
            command = ["backup", f"--host={HOST}", f"--tag={TAG}", str(view)]
            try:
                with Step(f"Copiar el estado en {self.name}"):
                    repository.run(command, doing="copiar el estado", each=hear)
            except Incomplete as error:
                snapshot = str(summary.get("snapshot_id", ""))
                drop_partial(office, repository, f"estado-{snapshot[:12]}", snapshot, error)
                raise
            shutil.rmtree(view, ignore_errors=True)
        facts = {"repository": self.name, "snapshot": summary["snapshot_id"], "head": head, "day": self._day}
        office.record(KEPT, facts)

    def _is_todays(self, event: Event) -> bool:
        return event.event == KEPT and (event.data["repository"], event.data["day"]) == (self.name, self._day)


def freeze_state(office: Office, name: str) -> tuple[Path, str]:
    """Make a view of the state that nothing changes any more, always in one place; return it and the ledger's head.

    The ledger goes up to its last whole event. All files but journals are replaced, never changed, so links do.
    """
    deployment = office.deployment
    view = deployment.state / "repositories" / f"{name}.state"
    shutil.rmtree(view, ignore_errors=True)
    make_private_directory(view)
    with office.book.ledger.transaction() as page:
        head = str(page.head)
        if deployment.ledger.exists():
            write_atomically(view / "ledger.jsonl", deployment.ledger.read_bytes())
    if deployment.people.exists():
        write_atomically(view / "people.yml", deployment.people.read_bytes())
    if deployment.file is not None and deployment.file.exists():
        write_atomically(view / "copias.yml", deployment.file.read_bytes())
    for pattern in FROZEN:
        for path in sorted(deployment.state.glob(pattern)):
            if path.is_file() and not path.is_symlink() and not path.name.endswith(".part"):
                _freeze(path, view / path.relative_to(deployment.state))
    return view, head


def _freeze(path: Path, target: Path) -> None:
    make_private_directory(target.parent)
    if path.suffix == GROWING:
        write_atomically(target, path.read_bytes())
    else:
        target.hardlink_to(path)
