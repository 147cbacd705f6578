"""Who is there: the accounts of the Directory and the databases of the deployment, and snapshots of them over time.

A snapshot is a file of the state's folder ``inventories``, named by its SHA-256, gzipped JSON without names of persons;
the ledger vouches for it. Events, all of the installation:

====================== =========================================================================================
``inventory.seen``     ``sha256`` of the content, ``accounts`` and ``databases``: how many; only when it changed
``inventory.reviewed`` ``sha256`` of the last snapshot that was reviewed, ``since`` of the first, ``text``
====================== =========================================================================================
"""

from __future__ import annotations

import gzip
import hashlib
import typing as t
import zlib
from dataclasses import asdict, dataclass

import orjson

from copias.errors import BackupError, BadInput, LedgerBroken
from copias.files import make_private_directory, write_atomically
from copias.google.directory import read_accounts
from copias.google.roster import clean_text
from copias.people import Role

if t.TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from copias.config import Deployment
    from copias.google.directory import DirectoryUser
    from copias.ledger import Event
    from copias.office import Office

SEEN: t.Final = "inventory.seen"
REVIEWED: t.Final = "inventory.reviewed"
EVENTS: t.Final = frozenset({SEEN, REVIEWED})
FORMAT: t.Final = "copias-inventory-1"

AccountState: t.TypeAlias = t.Literal["active", "suspended", "archived"]


@dataclass(frozen=True, slots=True)
class SeenAccount:
    """An account as the Directory shows it; its texts are without what could command a terminal.

    ``id`` is Google's, empty in snapshots of version 0.6 and before: an address may get another owner.
    """

    address: str
    department: str
    org_unit: str
    state: AccountState
    mailbox: bool
    id: str = ""


@dataclass(frozen=True, slots=True)
class SeenDatabase:
    """A database of the deployment's file."""

    name: str
    engine: str
    department: str


@dataclass(frozen=True, kw_only=True)
class Inventory:
    """Who is there.

    Args:
        accounts: of this deployment's domains, by address.
        databases: by name.
        seen: ISO 8601, UTC, of the snapshot that it was read from; empty when the Directory itself was asked.
        error: why the Directory could not be asked.
    """

    accounts: tuple[SeenAccount, ...] = ()
    databases: tuple[SeenDatabase, ...] = ()
    seen: str = ""
    error: BackupError | None = None

    def to_bytes(self) -> bytes:
        """Return a snapshot's content; the same inventory is the same bytes."""
        content = {
            "format": FORMAT,
            "accounts": [asdict(one) for one in self.accounts],
            "databases": [asdict(one) for one in self.databases],
        }
        return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)

    @classmethod
    def from_bytes(cls, content: bytes, seen: str) -> Inventory:
        """Return the inventory of a snapshot's content."""
        data = orjson.loads(content)
        accounts = tuple(SeenAccount(**one) for one in data["accounts"])
        return cls(accounts=accounts, databases=tuple(SeenDatabase(**one) for one in data["databases"]), seen=seen)


def look_at_inventory(office: Office, snapshots: Iterable[Event]) -> Inventory:
    """Return who is there now; while the Directory does not answer, who was there at the last snapshot.

    Args:
        office: of this installation.
        snapshots: the events ``inventory.seen`` of the ledger, in its order.
    """
    deployment = office.deployment
    databases = _list_databases(deployment)
    if deployment.mailboxes is None:
        return Inventory(databases=databases)
    try:
        accounts = see_accounts(deployment, deployment.account_filter)
    except BackupError as error:
        return _remember(deployment, snapshots, databases, error)
    return Inventory(accounts=accounts, databases=databases)


def see_accounts(deployment: Deployment, query: str) -> tuple[SeenAccount, ...]:
    """Return the accounts of this deployment's domains that fit a search in the Directory's language, by address.

    Raises:
        GoogleRefused, GoogleBadRequest, GoogleUnavailable: the Directory does not tell.
    """
    settings = deployment.mailboxes
    if settings is None:
        return ()
    users = read_accounts(deployment.google, settings.administrator, query)
    ours = (user for user in users if settings.is_account(user.address))
    return tuple(sorted(map(_see, ours), key=lambda one: one.address))


def read_snapshot(deployment: Deployment, event: Event) -> Inventory:
    """Return the inventory that an event ``inventory.seen`` vouches for.

    Raises:
        LedgerBroken: its file is not there, or is not what the ledger says.
    """
    sha256 = str(event.data["sha256"])
    path = snapshot_file(deployment, sha256)
    try:
        content = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        content, why = b"", f"su archivo falta o está dañado: {getattr(error, 'strerror', None) or error}"
    else:
        why = "su archivo fue cambiado"
    if hashlib.sha256(content).hexdigest() != sha256:
        raise LedgerBroken(
            "una foto del inventario no es la que la bitácora dice",
            whose=f"línea {event.n}, {sha256[:12]}",
            why=why,
            repair=f"recupérela de la copia del estado en la NAS, a {path}",
        )
    return Inventory.from_bytes(content, event.time)


def snapshot_file(deployment: Deployment, sha256: str) -> Path:
    """Return where a snapshot is."""
    return deployment.state / "inventories" / f"{sha256}.json.gz"


class SnapshotPlan:
    """The snapshot of now, planned from the Directory and the ledger.

    Raises:
        Unavailable: the Directory did not answer, so nothing is known.
    """

    def __init__(self, office: Office) -> None:
        self._office = office
        self._last = last_of(office.book.ledger.events_of({SEEN}), SEEN)
        self.inventory = look_at_inventory(office, ())
        if self.inventory.error is not None:
            raise self.inventory.error
        self._content = self.inventory.to_bytes()
        self.sha256 = hashlib.sha256(self._content).hexdigest()

    @property
    def before(self) -> str:
        """Return the hash of the last snapshot; empty before the first."""
        return str(self._last.data["sha256"]) if self._last else ""

    @property
    def changes(self) -> bool:
        """Tell whether somebody came, left or changed since, or the last snapshot's file is gone."""
        kept = snapshot_file(self._office.deployment, self.sha256).is_file()
        return self.sha256 != self.before or not kept

    def run(self) -> None:
        """Keep the snapshot: its file first, then the event that vouches for it."""
        path = snapshot_file(self._office.deployment, self.sha256)
        make_private_directory(path.parent)
        write_atomically(path, gzip.compress(self._content, mtime=0))
        if self.sha256 != self.before:
            counts = {"accounts": len(self.inventory.accounts), "databases": len(self.inventory.databases)}
            self._office.record(SEEN, {"sha256": self.sha256, **counts})


def review_inventory(office: Office, text: str) -> Event:
    """Record that a person went through what changed up to the last snapshot.

    Raises:
        NotAllowed: the person is no administrator.
        BadInput: nothing is said of it, or there is nothing to review.
    """
    office.actor.require(Role.ADMINISTRATOR, "revisar el inventario")
    events = list(office.book.ledger.events_of(EVENTS))
    last, reviewed = last_of(events, SEEN), last_of(events, REVIEWED)
    if not text.strip():
        raise BadInput("falta decir qué se revisó", repair="escríbalo con --review")
    if last is None:
        raise BadInput("no hay fotos del inventario", repair="tome una con `copias audit inventory --record`")
    since = str(reviewed.data["sha256"]) if reviewed else ""
    return office.record(REVIEWED, {"sha256": last.data["sha256"], "since": since, "text": text.strip()})


def last_of(events: Iterable[Event], name: str) -> Event | None:
    """Return the last event of a name."""
    found = None
    for event in events:
        if event.event == name:
            found = event
    return found


def _remember(
    deployment: Deployment, snapshots: Iterable[Event], databases: tuple[SeenDatabase, ...], error: BackupError
) -> Inventory:
    last = last_of(snapshots, SEEN)
    if last is None:
        return Inventory(databases=databases, error=error)
    try:
        kept = read_snapshot(deployment, last)
    except BackupError:
        return Inventory(databases=databases, error=error)  # what is wrong with the file, the part inventory tells
    return Inventory(accounts=kept.accounts, databases=databases, seen=kept.seen, error=error)


def _list_databases(deployment: Deployment) -> tuple[SeenDatabase, ...]:
    found = sorted(deployment.databases.items())
    return tuple(SeenDatabase(name, database.engine, database.department) for name, database in found)


def _see(user: DirectoryUser) -> SeenAccount:
    state: AccountState = "archived" if user.archived else "suspended" if user.suspended else "active"
    department, unit = clean_text(user.department), clean_text(user.org_unit)
    return SeenAccount(user.address, department, unit, state, user.has_mailbox, clean_text(user.id))
