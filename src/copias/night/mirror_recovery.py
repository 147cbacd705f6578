"""Bring the mirror of a mailbox back from the copies of the mirrors: proven message by message, never over a live one.

Event of the installation: ``mirror.recovered`` (``account``, ``repository``, ``snapshot``, ``messages``, ``leave``).
"""

from __future__ import annotations

import shutil
import typing as t
from contextlib import contextmanager
from dataclasses import dataclass

from copias.case.intake import in_force
from copias.case.states import State
from copias.errors import Altered, BackupError, NotReady
from copias.files import make_private_directory, sync_directory
from copias.mailbox.mirror import MirrorReader
from copias.mailbox.mirror.folder_lock import hold_folder
from copias.mailbox.mirror.layout import INDEX, JOURNAL, SEGMENTS, find_segments
from copias.mailbox.permission import Leave, find_leaves
from copias.mailbox.status import mirror_folder
from copias.night.catalogue import REMOVED, VOIDED
from copias.night.mirrors_view import KEPT, bucket_of, name_of
from copias.opened import record_opening
from copias.people import Role
from copias.repository.locks import WAIT, hold_repository
from copias.repository.mirroring import reading

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from copias.case.story import Story
    from copias.office import Office

RECOVERED: t.Final = "mirror.recovered"
_CLOSED: t.Final = frozenset({State.CANCELLED, State.ON_HOLD, State.RESOLVED})


@dataclass(frozen=True)
class MirrorCopy:
    """One copy of all mirrors.

    Args:
        repository: its logical name.
        snapshot: restic's full id.
        path: of the frozen view in it.
        day: on which it was made, ISO 8601, in Colombia.
        failed: names of the mirrors that it does not have as they were that day.
    """

    repository: str
    snapshot: str
    path: str
    day: str
    failed: tuple[str, ...] = ()


@dataclass(frozen=True)
class RecoveredMirror:
    """What was brought back: messages, each compared with its hash, and from which copy."""

    account: str
    copy: MirrorCopy
    messages: int


def list_mirror_copies(office: Office) -> list[MirrorCopy]:
    """Return the copies of the mirrors that count, the newest first."""
    events = list(office.book.ledger.events_of({KEPT, VOIDED, REMOVED}))
    gone = {event.data["copy"] for event in events if event.event != KEPT}
    found = [_read_copy(event.data) for event in events if event.event == KEPT]
    return [copy for copy in reversed(found) if name_of(copy.snapshot) not in gone]


def _read_copy(data: dict[str, t.Any]) -> MirrorCopy:
    return MirrorCopy(data["repository"], data["snapshot"], data["path"], data["day"], tuple(data["failed"]))


def recover_mirror(office: Office, account: str, *, snapshot: str = "") -> RecoveredMirror:
    """Put the newest copy of a mirror that is whole in its place, where none is.

    Args:
        office: of this installation.
        account: whose.
        snapshot: the first digits of one, where another than the newest is wanted.

    Raises:
        NotAllowed: nobody's leave covers the account, or the role does not include it.
        NotReady: there is a mirror already, or no copy has one of this account.
        Altered: the copy is not whole.
        StoreUnavailable: the repository does not answer.
    """
    office.actor.require(Role.AGENT, "recuperar el espejo de un buzón")
    folder, leave = mirror_folder(office.deployment, account), require_leave(office, account)
    wanted = [copy for copy in list_mirror_copies(office) if copy.snapshot.startswith(snapshot)]
    # A mirror that had vanished lies whole in later copies too, though they could not bring it up to date: last of all.
    wanted.sort(key=lambda copy: folder.name in copy.failed)
    make_private_directory(folder)
    with _leaving_no_empty(folder), hold_folder(folder, account):
        _require_empty(folder, account)
        staged = make_private_directory(office.deployment.state / "recovering") / folder.name
        try:
            copy = _fetch(office, wanted, folder.name, staged, account, case=leave.case)
            messages = _prove(staged, account)
            _put_in_place(staged, folder)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
    facts = {"account": account, "repository": copy.repository, "snapshot": copy.snapshot, "messages": messages}
    office.record(RECOVERED, {**facts, "leave": leave.to_dict()})
    return RecoveredMirror(account, copy, messages)


@contextmanager
def _leaving_no_empty(folder: Path) -> Iterator[None]:
    """Remove the folder again when nothing came into it: it would pass for a mirror that is damaged."""
    try:
        yield
    finally:
        if not any((folder / name).exists() for name in (INDEX, JOURNAL, SEGMENTS)):
            shutil.rmtree(folder, ignore_errors=True)


def require_leave(office: Office, account: str) -> Leave:
    """Return by whose leave the mail of an account may be brought back: a recovery case's too.

    Raises:
        NotAllowed: nobody's.
    """
    stories = list(office.book.stories().values())
    leave = find_leaves(office, [account], stories=stories)[account]
    if isinstance(leave, Leave):
        return leave
    for story in stories:
        found = _recovery_leave(story, account)
        if found is not None:
            return found
    raise leave


def _recovery_leave(story: Story, account: str) -> Leave | None:
    from copias.authorisation import Authorisation

    given = story.grant_for("recovery", account)
    if not given or story.state in _CLOSED:
        return None
    grant = Authorisation.model_validate(given)
    return Leave(grant.document, grant.authoriser, story.number) if in_force(grant) else None


def _require_empty(folder: Path, account: str) -> None:
    if any((folder / name).exists() for name in (INDEX, JOURNAL)) or find_segments(folder):
        raise NotReady(
            "la cuenta ya tiene un espejo, y no se reemplaza",
            whose=account,
            why="podría tener correo más nuevo que la copia",
            repair=f"si está dañado, aparte su carpeta, {folder}, y repita",
        )


def _fetch(
    office: Office, wanted: t.Sequence[MirrorCopy], name: str, staged: Path, account: str, *, case: str
) -> MirrorCopy:
    """Restore the folder from the first copy that has it."""
    for copy in wanted:
        shutil.rmtree(staged, ignore_errors=True)
        record_opening(office, name_of(copy.snapshot), by="copias mirror recover", to=f"espejo de {account}", case=case)
        with hold_repository(office, copy.repository, wait=WAIT), reading(office, copy.repository) as repository:
            source = f"{copy.snapshot}:{copy.path}/{bucket_of(name)}/{name}"
            limit = repository.settings.time_limit.total_seconds()
            try:
                command = ["restore", source, f"--target={staged}"]
                repository.run(command, doing="recuperar el espejo", seconds=limit)
            except BackupError as error:
                if "not found" not in error.why:
                    raise
                continue  # of a copy from before this mirror was begun
        return copy
    raise NotReady(
        "ninguna copia tiene el espejo de esa cuenta",
        whose=account,
        why=f"se buscó en {len(wanted)} copias de los espejos",
        repair="si la cuenta todavía existe, cópiela otra vez con `copias mirror sync`; si no, busque sus paquetes: "
        f"`copias copies --account {account}`",
    )


def _prove(staged: Path, account: str) -> int:
    """Compare every message with its hash.

    Raises:
        Altered: it is not what was stored, or another account's.
    """
    try:
        with MirrorReader.open(staged) as mirror:
            owner = mirror.account
            messages = mirror.verify()
    except NotReady as error:
        raise _not_whole(account, error.why or error.what) from error
    if owner != account:
        raise _not_whole(account, f"es de {owner}")
    return messages


def _not_whole(account: str, why: str) -> Altered:
    return Altered(
        "la copia del espejo no está completa",
        whose=account,
        why=why,
        repair="repita con --snapshot y una copia anterior: `copias mirror copies` las lista",
    )


def _put_in_place(staged: Path, folder: Path) -> None:
    """Move what came back beside the lock that is held, its index last: without it there is no mirror."""
    for path in sorted(staged.iterdir(), key=lambda one: one.name == INDEX):
        if path.name != "lock":
            path.rename(folder / path.name)
    sync_directory(folder)
