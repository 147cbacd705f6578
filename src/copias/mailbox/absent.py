"""Accounts that somebody's leave covers and that the inventory does not have: suspended, vanished, without Gmail."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from copias.errors import BackupError, NotReady
from copias.google.errors import AccountSuspended
from copias.helpdesk.words import plain
from copias.mailbox.mirror.layout import INDEX
from copias.mailbox.mirroring import SYNCED
from copias.mailbox.status import mirror_folder

if t.TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from copias.google.directory import DirectoryUser
    from copias.mailbox.standing import StandingAuthorisation
    from copias.office import Office


@dataclass(frozen=True)
class Accounts:
    """What the Directory says of all accounts.

    Args:
        users: by address; empty when nobody needed to ask.
        error: what it answered instead.
        asked: whether it was asked.
    """

    users: Mapping[str, DirectoryUser] = field(default_factory=dict)
    error: BackupError | None = None
    asked: bool = False

    @property
    def departments(self) -> Mapping[str, str] | BackupError | None:
        """Return the departments by address, or why nobody knows; ``None`` when it was not asked."""
        if not self.asked:
            return None
        return self.error or {address: user.department for address, user in self.users.items()}

    @property
    def owners(self) -> Mapping[str, str] | None:
        """Return Google's ids by address, as far as it told them; ``None`` when it was not asked."""
        return {address: user.id for address, user in self.users.items()} if self.asked else None


def read_accounts(office: Office, accounts: Collection[str], *, whole: bool) -> Accounts:
    """Ask the Directory when the standing authorisation, a policy or a missing account makes that needed."""
    from copias.google.directory import Directory

    settings = office.deployment.mailboxes
    if settings is None or not _is_needed(office, accounts, whole=whole):
        return Accounts()
    directory = Directory(office.deployment.google, administrator=settings.administrator)
    try:
        return Accounts({user.address: user for user in directory.users()}, asked=True)
    except BackupError as error:
        return Accounts(error=error, asked=True)


def find_absent(office: Office, accounts: Collection[str], known: Accounts) -> dict[str, BackupError]:
    """Return why each account is not in the inventory that the standing authorisation covers.

    One that it names is told whatever is known of it; of a whole department only those that have a mirror are, or all
    who ever left would be.
    """
    standing = _standing_of(office)
    if standing is None or known.error is not None or not known.asked:
        return {}
    present = frozenset(accounts)
    named = [account for account in standing.accounts if account not in present]
    gone = _find_gone(office, known) if standing.departments else ()
    left = [account for account in (*_find_left(office, standing, known), *gone) if account not in present]
    return {account: _say_absent(account, known.users.get(account)) for account in dict.fromkeys((*named, *left))}


def _is_needed(office: Office, accounts: Collection[str], *, whole: bool) -> bool:
    standing, policies = _standing_of(office), office.deployment.policies.values()
    if (standing is not None and standing.departments) or any(one.departments or one.org_units for one in policies):
        return True
    return whole and standing is not None and not frozenset(standing.accounts) <= frozenset(accounts)


def _standing_of(office: Office) -> StandingAuthorisation | None:
    settings = office.deployment.mailboxes
    standing = settings.standing if settings else None
    return standing if standing and standing.in_force else None


def _find_left(office: Office, standing: StandingAuthorisation, known: Accounts) -> Iterable[str]:
    """Yield the accounts of covered departments that can be read no more and that have a mirror."""
    covered = {plain(name) for name in standing.departments}
    for user in known.users.values():
        unreadable = user.suspended or user.archived or not user.has_mailbox
        if unreadable and plain(user.department) in covered and _has_mirror(office, user.address):
            yield user.address


def _find_gone(office: Office, known: Accounts) -> Iterable[str]:
    """Yield the accounts that the Directory has no more and whose mirror was last written by the standing leave.

    Of what department they were nobody can tell any more.
    """
    cases = dict[str, str | None]()
    for event in office.book.ledger.events_of({SYNCED}):
        cases[event.data["account"]] = (event.data.get("leave") or {}).get("case")
    for account, case in cases.items():
        if case == "" and account not in known.users and _has_mirror(office, account):
            yield account


def _has_mirror(office: Office, account: str) -> bool:
    try:
        return (mirror_folder(office.deployment, account) / INDEX).is_file()
    except BackupError:
        return False  # of another domain


def _say_absent(account: str, user: DirectoryUser | None) -> BackupError:
    repair = "si ya no debe copiarse, quítela de mailboxes.standing en copias.yml; su espejo se conserva"
    if user is None:
        return NotReady(
            "la cuenta que la autorización permanente cubre ya no existe",
            whose=account,
            why="el directorio no la tiene",
            repair=f"Google guarda 20 días las cuentas eliminadas; {repair}",
        )
    if user.suspended or user.archived:
        why = "está suspendida" if user.suspended else "está archivada"
        return AccountSuspended(
            "la cuenta que la autorización permanente cubre no se puede leer",
            whose=account,
            why=f"{why} en el directorio",
            repair=f"pida al superadministrador que la reactive; {repair}",
        )
    return NotReady(
        "la cuenta que la autorización permanente cubre no está en el inventario",
        whose=account,
        why="la deja fuera account_filter" if user.has_mailbox else "no tiene Gmail",
        repair=f"revise account_filter de copias.yml; {repair}" if user.has_mailbox else repair,
    )
