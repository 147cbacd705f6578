"""A repository of this machine and its mirror on a store: brought up to date, verified, and read for a restore.

Event of the installation: ``repository.pushed``, the fields of :class:`Pushed`, whenever
a push changed something.
"""

from __future__ import annotations

import os
import time
import typing as t
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from copias.errors import BadConfiguration
from copias.files import write_atomically
from copias.progress import Step
from copias.repository.locks import hold_repository
from copias.repository.opening import expected_id, find_repository, open_repository, require_id
from copias.repository.pushing import PushPlan, list_repository, plan_push, push, remove_left_over, verify_mirror
from copias.repository.repository import Repository
from copias.repository.serving import serving_mirror

if t.TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from copias.office import Office
    from copias.repository.settings import MirrorSettings
    from copias.store import Store

PUSHED: t.Final = "repository.pushed"
THIRTIETHS: t.Final = 30
LATELY: t.Final = 172_800.0
"""Seconds: what is older was read from its medium if it is in this machine's memory at all."""


@dataclass(frozen=True)
class Pushed:
    """What brought a mirror up to date.

    Args:
        repository: logical name.
        store: that keeps the mirror.
        files: sent now.
        bytes: of these.
        removed: files that a prune removed here, and that are gone there now too.
        left_over: files that it removed here and that are still there: the repository was not found whole.
    """

    repository: str
    store: str
    files: int
    bytes: int
    removed: int
    left_over: int

    @property
    def changed(self) -> bool:
        """Tell whether the mirror is another than before."""
        return bool(self.files or self.removed)

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data."""
        return asdict(self)


@dataclass(frozen=True)
class _Mirror:
    """A repository, and where its mirror is."""

    repository: Repository
    store: Store
    prefix: str

    @property
    def folder(self) -> Path:
        return self.repository.settings.path


def has_mirror(office: Office, name: str) -> bool:
    """Tell whether a repository is mirrored on a store."""
    return office.deployment.repository(name).mirror is not None


def push_mirror(
    office: Office, name: str, *, wait: float = 0, whole: bool = False, kept: Collection[str] = ()
) -> Pushed:
    """Bring a mirror up to date; what a prune removed here goes there only when ``whole`` was shown.

    Args:
        office: of this installation.
        name: of the repository.
        wait: seconds to wait for another process that has the repository.
        whole: a ``check`` of the repository, since its last prune, was clean.
        kept: snapshots that nobody planned to remove: where one of them is gone here, nothing is removed there.

    Raises:
        AlreadyRunning: another process has the repository.
        CopyFailed: the disk of this machine spoilt a file; nothing of it was sent.
        Altered: the store has, or gives back, something else.
        StoreFull, StoreUnavailable: what was sent stays, and the next push goes on.
    """
    with hold_repository(office, name, wait=wait):
        mirror = _open(office, name)
        plan = plan_push(mirror.folder, mirror.store, mirror.prefix)
        with Step(f"Enviar el repositorio {name}", plan.bytes) as step:
            push(mirror.folder, mirror.store, mirror.prefix, plan, report=step)
        # A repository that only lost snapshots passes every check, and then the mirror is the good copy.
        removes = whole and not any(file.rpartition("/")[2] in kept for file in plan.left_over)
        if removes:
            remove_left_over(mirror.store, mirror.prefix, plan)
        removed = len(plan.left_over) if removes else 0
        done = Pushed(name, mirror.store.name, len(plan.missing), plan.bytes, removed, len(plan.left_over) - removed)
        if done.changed:
            office.record(PUSHED, done.to_dict())
    return done


def mend_mirror(office: Office, name: str, spoilt: Collection[str], *, wait: float = 0) -> None:
    """Send files of a mirror again that were found not to be what they should, from the repository here.

    Raises:
        CopyFailed: the file here is not good either; nothing was removed there.
        NotReady: the store lets nothing be removed.
        StoreUnavailable: what was sent stays.
    """
    with hold_repository(office, name, wait=wait):
        mirror = _open(office, name)
        files = tuple(file for file in list_repository(mirror.folder) if file.name in spoilt)
        push(mirror.folder, mirror.store, mirror.prefix, PushPlan(files, (), 0, frozenset(spoilt)))


def find_faults(office: Office, name: str, *, part: int | None = None) -> list[tuple[str, str]]:
    """Read files of a mirror whole, without a key, and return what is not what it says: its name, and why.

    Args:
        office: of this installation.
        name: of the repository.
        part: which thirtieth of the files, 0 to 29; all when not given. A file is always in the same one.
    """
    mirror = _open(office, name)
    files = [file for file in list_repository(mirror.folder) if file.name == file.sha256 or "/" in file.name]
    chosen = [file for file in files if part is None or int(file.sha256[:8], 16) % THIRTIETHS == part % THIRTIETHS]
    with Step(f"Revisar el espejo de {name}", sum(file.bytes for file in chosen)) as step:
        return list(verify_mirror(mirror.store, mirror.prefix, [file.name for file in chosen], report=step))


@contextmanager
def reading(office: Office, name: str) -> Iterator[Repository]:
    """Yield a repository to read copies from: where there is a mirror, through it, from the store that keeps it.

    Raises:
        NotReady: it is not the expected one.
        StoreUnavailable: the store or the repository does not answer.
    """
    settings = office.deployment.repository(name)
    if settings.mirror is None:
        repository = open_repository(office, name)
        if settings.kind == "path":
            drop_from_memory(settings.path)
        yield repository
        return
    store = office.open_store(settings.mirror.store)
    with (
        serving_mirror(store, prefix_of(settings.mirror, name)) as address,
        TemporaryDirectory(prefix="copias-espejo-") as folder,
    ):
        url_file = Path(folder) / "url"
        write_atomically(url_file, address.encode())
        served = settings.model_copy(update={"kind": "rest", "url_file": url_file, "mirror": None})
        # A cache of its own: what is restored must come from the store.
        view = Repository(name, served, cache=Path(folder) / "cache")
        expected = expected_id(office.book.ledger.events(), name)
        if expected is not None:
            require_id(view, expected)
        yield view


def drop_from_memory(folder: Path) -> None:
    """Have what was written of late to a repository come from its medium when it is read.

    Else a mount gives it back out of this machine's memory, and that proves nothing of the NAS.
    """
    since = time.time() - LATELY
    for path in (folder / "data").glob("*/*"):
        with suppress(OSError):  # one that cannot be opened is restic's to complain of
            if path.stat().st_mtime < since:
                continue
            with path.open("rb") as stream:
                os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def prefix_of(mirror: MirrorSettings, name: str) -> str:
    """Return what the names of a mirror's files begin with on its store."""
    return f"{mirror.folder}/{name}"


def _open(office: Office, name: str) -> _Mirror:
    repository = find_repository(office, name)
    mirror = repository.settings.mirror
    if mirror is None:
        raise BadConfiguration(
            "el repositorio no tiene espejo", whose=name, repair="agréguele mirror en copias.yml, con su destino"
        )
    return _Mirror(repository, office.open_store(mirror.store), prefix_of(mirror, name))
