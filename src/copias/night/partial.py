"""What restic stored of a folder that it could not read whole: it counts as no copy, and goes."""

from __future__ import annotations

import typing as t

from copias.night.catalogue import VOIDED
from copias.repository.snapshots import forget

if t.TYPE_CHECKING:
    from copias.errors import BackupError
    from copias.office import Office
    from copias.repository.repository import Repository


def drop_partial(office: Office, repository: Repository, copy: str, snapshot: str, error: BackupError) -> None:
    """Record that a snapshot is void, and remove it where that may be done.

    The ledger would not know it, and what it does not know no retention ever touches: mail that was disposed of would
    stay in it, and a machine that is rebuilt would take it for the newest state.

    Args:
        office: of this installation.
        repository: that has it; the caller holds it.
        copy: name that it would have had.
        snapshot: its full id; empty when restic told none.
        error: what restic ended with.
    """
    if not snapshot:
        return
    facts = {"copy": copy, "repository": repository.name, "snapshots": [snapshot], "why": error.why}
    office.record(VOIDED, facts)
    # One that only appends keeps it until maintenance.
    if not repository.settings.append_only:
        forget(repository, [snapshot])
