"""The mirror of a closed case is disposed of: nobody keeps a person's mail longer than somebody allowed it.

A mirror goes when all of this is so, and stays, with the reason named, when one thing is not: the newest case that
names its account is closed since ``mailboxes.dispose_after``; no other case of the account is open, of a copy or of a
recovery, on hold too; no standing authorisation covers it; nobody holds its copies; and a proven package of it lies on
its store that has every message of the mirror, those too that the mailbox lost since, for a mirror that is the only
copy of anything is never removed.

A power cut leaves it whole or gone: it is renamed aside, told in the ledger, and then removed; the next call finishes
what another began. What older nights put into the repository of the mirrors stays there until its retention lets go.

Event of the installation: ``mirror.disposed`` (``account``, ``case``, ``closed``, ``messages``, ``bytes``, ``package``
that remains, ``rule``, ``until_retention``: the repository that has it in older copies).
"""

from __future__ import annotations

import shutil
import typing as t
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import orjson

from copias.case.copy_folder import CopyFolder
from copias.case.states import STATE_WORDS, State
from copias.errors import BackupError, NotAllowed
from copias.files import make_private_directory, sync_directory, write_atomically
from copias.mailbox.copying import IDS
from copias.mailbox.mirror import MirrorReader
from copias.mailbox.mirror.folder_lock import hold_folder
from copias.mailbox.permission import Leave, find_leaves
from copias.mailbox.status import describe_mirror, mirror_folder, mirrors_folder
from copias.people import Role
from copias.retention.holds import HELD, RELEASED, read_holds

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from copias.case.story import CopyRecord, Story
    from copias.mailbox.status import MirrorStatus
    from copias.office import Office
    from copias.retention.holds import Holds

DISPOSED: t.Final = "mirror.disposed"
ASIDE: t.Final = "disposed"
FACTS: t.Final = "disposal.json"
_CLOSED: t.Final = frozenset({State.RESOLVED, State.CANCELLED})
_KINDS: t.Final = frozenset({"mailbox", "manual", "recovery"})
"""Kinds of case whose subject is an account, and that may need its mirror."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What is to become of one mirror.

    Args:
        account: whose; the folder's name of one that cannot be read.
        case: number of the newest case that names it; empty without one.
        closed: when that was closed, ISO 8601 UTC.
        package: name of the proven copy that holds all that the mirror does.
        messages: that the mirror holds.
        bytes: of these.
        stays: why it stays, in Spanish; empty of one that goes.
    """

    account: str
    case: str = ""
    closed: str = ""
    package: str = ""
    messages: int = 0
    bytes: int = 0
    stays: str = ""

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data, for ``--json``."""
        return {
            "account": self.account,
            "case": self.case,
            "closed": self.closed,
            "package": self.package,
            "messages": self.messages,
            "bytes": self.bytes,
            "disposed": not self.stays,
            "stays": self.stays,
        }


def plan_disposals(office: Office, now: datetime, *, only: str = "") -> list[Decision]:
    """Decide of every mirror, by account; nothing is changed. One that nothing can be said of stays.

    Args:
        office: of this installation.
        now: aware.
        only: name of the one folder that is decided of; all when empty.
    """
    folders = [folder for folder in _list_folders(office) if only in {"", folder.name}]
    stories = list(office.book.stories().values()) if folders else []
    holds = read_holds(office.book.ledger.events_of({HELD, RELEASED}))
    found: list[Decision] = []
    statuses: dict[str, tuple[MirrorStatus, Path]] = {}
    for folder in folders:
        try:
            status = describe_mirror(folder)
            statuses[status.account] = status, folder
        except BackupError as error:
            found.append(Decision(account=folder.name, stays=f"no se puede leer: {error.why or error.what}"))
    named = _cases_by_account(stories, statuses)
    closed = [account for account, cases in named.items() if all(case.state in _CLOSED for case in cases)]
    leaves = find_leaves(office, closed, stories=stories)
    for account, (status, folder) in statuses.items():
        found.append(_decide(office, status, folder, named.get(account, []), leaves.get(account), holds, now))
    return sorted(found, key=lambda one: one.account)


def dispose(office: Office, now: datetime) -> tuple[list[Decision], list[BackupError]]:
    """Dispose of what is to go, and finish what another call began; return what went, and what could not.

    Raises:
        NotAllowed: the role of who asks does not include it.
    """
    office.actor.require(Role.AGENT, "disponer de espejos de casos cerrados")
    finish_disposals(office)
    gone, errors = list[Decision](), list[BackupError]()
    for decision in plan_disposals(office, now):
        if not decision.stays:
            try:
                if _set_aside(office, decision, now):
                    gone.append(decision)
            except BackupError as error:  # somebody writes or reads it now: the next night comes to it
                errors.append(error)
    finish_disposals(office)
    return gone, errors


def finish_disposals(office: Office) -> None:
    """Tell of the mirrors that lie aside, each once, and remove them."""
    from copias.night.mirrors_copy import drop_frozen

    told = {event.data["disposal"] for event in office.book.ledger.events_of({DISPOSED})}
    for folder in sorted(_aside(office).glob("*")):
        # An empty folder is one of which everything was done but the last step.
        if folder.name not in told and any(folder.iterdir()):
            facts = orjson.loads((folder / FACTS).read_bytes())
            office.record(DISPOSED, {"disposal": folder.name, **facts})
        drop_frozen(office, folder.name.partition("~")[0])
        # The facts go last: without them nobody could tell of what is left.
        for path in sorted(folder.iterdir(), key=lambda one: one.name == FACTS):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        folder.rmdir()


def has_unfinished(office: Office) -> bool:
    """Tell whether a call that died left a mirror aside."""
    return any(_aside(office).glob("*"))


def _aside(office: Office) -> Path:
    return office.deployment.state / ASIDE


def _list_folders(office: Office) -> list[Path]:
    root = mirrors_folder(office.deployment)
    return sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else []


def _cases_by_account(stories: Iterable[Story], accounts: Iterable[str]) -> dict[str, list[Story]]:
    """Return the cases that name each account, in the order in which they were last touched."""
    wanted = frozenset(accounts)
    found: dict[str, list[Story]] = {}
    for story in stories:
        decided = story.classification or story.started
        account = str(decided.get("subject") or "")
        if account in wanted and decided.get("kind") in _KINDS:
            found.setdefault(account, []).append(story)
    return {account: sorted(cases, key=_last_touch) for account, cases in found.items()}


def _last_touch(story: Story) -> str:
    return story.events[-1].time


def _closing_of(story: Story) -> datetime:
    """Return when a closed case was closed: what came after it, as rows delivered late, does not count."""
    names = {"case.resolved", "case.cancelled"}
    return next(event.when for event in reversed(story.events) if event.event in names)


def _decide(
    office: Office,
    status: MirrorStatus,
    folder: Path,
    cases: list[Story],
    leave: Leave | BackupError | None,
    holds: Holds,
    now: datetime,
) -> Decision:
    known = Decision(account=status.account, messages=status.messages, bytes=status.bytes)
    covered = _find_cover(cases, leave)
    if covered:
        return replace(known, stays=covered)
    newest = max(cases, key=_closing_of)
    closed = _closing_of(newest)
    known = replace(known, case=newest.number, closed=closed.isoformat(timespec="seconds"))
    settings = office.deployment.mailboxes
    if settings is None or now < closed + settings.dispose_after:
        day = closed + settings.dispose_after if settings else None
        return replace(known, stays=f"se dispone de él desde el {day:%d/%m/%Y}" if day else "no se copian buzones")
    if (hold := holds.find(copy="", subject=status.account)) is not None:
        return replace(known, stays=f"está retenido: {hold}")
    why = "ningún paquete probado y almacenado tiene todos los mensajes del espejo"
    for package in _find_packages(office, status.account, cases, folder):
        why = _ask_store(office, package)
        if not why:
            return replace(known, package=package.copy_id)
    return replace(known, stays=why)


def _find_cover(cases: list[Story], leave: Leave | BackupError | None) -> str:
    """Return what still allows or needs the mirror, or that no case explains it; empty when nothing does."""
    open_case = next((case for case in cases if case.state not in _CLOSED), None)
    if open_case is not None:
        return f"el caso {open_case.number} está abierto: {STATE_WORDS[open_case.state]}"
    if not cases:
        return "ningún caso nombra su cuenta"
    if isinstance(leave, Leave):
        return f"lo cubre {leave.document}"
    if not isinstance(leave, NotAllowed):
        return f"no se sabe si está autorizado: {leave.what if leave else 'no se preguntó'}"
    return ""


def _find_packages(office: Office, account: str, cases: Iterable[Story], folder: Path) -> Iterator[CopyRecord]:
    """Yield the proven packages of the account that have every message of the mirror."""
    with MirrorReader.open(folder) as mirror:
        held = frozenset(mirror.ids())
    for case in cases:
        for copy in case.copies:
            ours = (copy.data.get("kind"), copy.data.get("subject")) == ("mailbox", account)
            if ours and copy.status == "verified" and held <= _read_ids(office, copy.copy_id):
                yield copy


def _ask_store(office: Office, copy: CopyRecord) -> str:
    """Return why a package is not known to lie on its store still; empty when it does: what was proven may be gone."""
    folder = copy.package.rpartition("/")[0]
    parts = (f"{folder}/{part}".lstrip("/") for part in copy.data.get("parts", ()))
    try:
        store = office.open_store(copy.store)
        there = {name: store.stat(name) for name in (*parts, copy.package)}
    except BackupError as error:
        return f"no se sabe si {copy.package} sigue en {copy.store}: {error.what}"
    found = there[copy.package]
    if found is None or found.bytes != copy.bytes or None in there.values():
        return f"su paquete {copy.package} no está como se guardó en {copy.store}"
    return ""


def _read_ids(office: Office, copy: str) -> frozenset[str]:
    """Return the ids of the messages of a copy; none when nothing says which they are."""
    try:
        return frozenset(CopyFolder(office.deployment, copy).read(IDS))
    except (OSError, ValueError, TypeError):
        return frozenset()


def _set_aside(office: Office, decision: Decision, now: datetime) -> bool:
    """Write down what is about to go, and rename it: from here on it is no mirror any more; tell whether it went."""
    folder, aside = mirror_folder(office.deployment, decision.account), make_private_directory(_aside(office))
    settings = office.deployment.mailboxes
    facts = {
        **{key: value for key, value in decision.to_dict().items() if key not in {"disposed", "stays"}},
        "rule": f"mailboxes.dispose_after: {settings.dispose_after.days if settings else 0} días después de cerrado",
        "until_retention": office.deployment.night.mirrors_repository or "",
    }
    with hold_folder(folder, decision.account):
        # Looked at once more, now that nobody can write it.
        if any(one.stays for one in plan_disposals(office, now, only=folder.name)):
            return False
        write_atomically(folder / FACTS, orjson.dumps(facts))
        folder.rename(aside / f"{folder.name}~{datetime.now(UTC):%Y%m%dT%H%M%S%f}")
        sync_directory(aside)
        sync_directory(folder.parent)
    return True
