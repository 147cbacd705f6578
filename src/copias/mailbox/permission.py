"""The gate of the mirrors: an open case that somebody authorised and that names the account, or a standing leave."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from copias.case.intake import in_force
from copias.case.states import State
from copias.errors import BackupError, NotAllowed
from copias.helpdesk.words import plain
from copias.local_time import BOGOTA
from copias.mailbox.status import mirror_folder

if t.TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from copias.case.story import Story
    from copias.mailbox.settings import MailboxSettings
    from copias.mailbox.standing import StandingAuthorisation
    from copias.office import Office

_CLOSED: t.Final = frozenset({State.CANCELLED, State.ON_HOLD, State.RESOLVED})


@dataclass(frozen=True)
class Leave:
    """By whose leave a mailbox is mirrored.

    Args:
        document: the act.
        authoriser: who allowed it.
        case: number of the case; empty for the deployment's standing authorisation.
        until: its last day, in Colombia; ``None`` for one that has none.
    """

    document: str
    authoriser: str
    case: str = ""
    until: date | None = None

    @property
    def ends(self) -> datetime | None:
        """Return the moment from which it does not count any more; ``None`` for one that has no last day."""
        return datetime.combine(self.until + timedelta(days=1), time(), BOGOTA) if self.until else None

    def to_dict(self) -> dict[str, str]:
        """Return plain data."""
        return {"case": self.case, "document": self.document, "authoriser": self.authoriser}


def find_leaves(
    office: Office,
    accounts: Collection[str],
    *,
    stories: Iterable[Story] | None = None,
    departments: Mapping[str, str] | BackupError | None = None,
) -> dict[str, Leave | BackupError]:
    """Return for each account by whose leave it is mirrored, or why it is not.

    The errors are returned, not raised, so that one account stops no other: ``BadInput`` for what is no account of
    this deployment, ``NotAllowed`` without a leave, and what the Directory said when only a department could tell.

    Args:
        office: of this installation.
        accounts: primary addresses.
        stories: of all cases, where they were read already.
        departments: by address, where the Directory was asked already, or what it answered instead.
    """
    found: dict[str, Leave | BackupError] = {}
    for account in accounts:
        try:
            mirror_folder(office.deployment, account)
        except BackupError as error:
            found[account] = error
    settings = office.deployment.mailboxes
    if settings is None:
        return found
    told = office.book.stories().values() if stories is None else stories
    found |= _find_cases(told, set(accounts) - found.keys())
    left = [account for account in accounts if account not in found]
    return {**found, **_find_standing(office, settings, left, departments)}


def look_again(office: Office, account: str, leave: Leave) -> Leave | BackupError:
    """Return by whose leave an account is mirrored now that its turn has come, or why it is not any more.

    A night is long: an act may end at midnight, and a case be closed, after the leave was found. Of which department
    an account is the Directory is not asked twice, unless the case is over that allowed it.
    """
    if leave.case:
        story = office.book.story(leave.case)
        found = find_leaves(office, [account], stories=[story], departments={})[account]
        return found if isinstance(found, Leave) else find_leaves(office, [account])[account]
    standing = office.deployment.mailboxes.standing if office.deployment.mailboxes else None
    if standing is not None and not standing.in_force:
        return _refuse(account, _say_ended(standing))
    return leave


def _find_cases(stories: Iterable[Story], accounts: Collection[str]) -> dict[str, Leave]:
    """Return the accounts that open authorised cases name."""
    found: dict[str, Leave] = {}
    for story in stories:
        account = _find_account(story)
        if account in accounts and story.state not in _CLOSED and (leave := find_leave(story)):
            found[account] = leave
    return found


def _find_account(story: Story) -> str:
    """Return the account that a case was last classified or started for, if it is one's mailbox."""
    decided = story.classification or story.started
    return str(decided.get("subject") or "") if decided.get("kind") == "mailbox" else ""


def _started_grant(story: Story) -> dict[str, t.Any] | None:
    """Return the authorisation with which the case was started for the account that it is of now."""
    started = story.started
    same = (started.get("kind"), started.get("subject")) == ("mailbox", _find_account(story))
    return t.cast("dict[str, t.Any] | None", story.started.get("authorisation")) if same else None


def find_leave(story: Story) -> Leave | None:
    """Return the authorisation of a case while it counts: the one recorded, else the one that it started with."""
    from copias.authorisation import Authorisation

    given = story.grant_for("mailbox", _find_account(story)) or _started_grant(story)
    grant = Authorisation.model_validate(given) if given else None
    if grant is None or not in_force(grant):
        return None
    return Leave(document=grant.document, authoriser=grant.authoriser, case=story.number, until=grant.until)


def _find_standing(
    office: Office,
    settings: MailboxSettings,
    accounts: Collection[str],
    departments: Mapping[str, str] | BackupError | None,
) -> Mapping[str, Leave | BackupError]:
    """Look for the accounts in the deployment's standing authorisation."""
    standing = settings.standing
    if standing is None:
        return {account: _refuse(account, "no hay una autorización permanente") for account in accounts}
    if not standing.in_force:
        return {account: _refuse(account, _say_ended(standing)) for account in accounts}
    leave = Leave(document=standing.document, authoriser=standing.authoriser, until=standing.until)
    listed = frozenset(standing.accounts)
    named = {account: leave for account in accounts if account in listed}
    others = [account for account in accounts if account not in named]
    return {**named, **_find_departments(office, standing, others, leave, departments)}


def _find_departments(
    office: Office,
    standing: StandingAuthorisation,
    accounts: Collection[str],
    leave: Leave,
    departments: Mapping[str, str] | BackupError | None,
) -> Mapping[str, Leave | BackupError]:
    """Ask the Directory of which departments accounts are, in one listing for all; not at all when none may count."""
    if departments is None:
        departments = {}
        if accounts and standing.departments:
            try:
                departments = _read_departments(office)
            except BackupError as error:
                departments = error
    if isinstance(departments, BackupError):
        return dict.fromkeys(accounts, departments)
    covered = {plain(name) for name in standing.departments}
    why = "la autorización permanente no cubre la cuenta ni su dependencia"
    return {
        account: leave if plain(departments.get(account, "")) in covered else _refuse(account, why)
        for account in accounts
    }


def _read_departments(office: Office) -> dict[str, str]:
    from copias.google.directory import Directory

    settings = office.deployment.mailboxes
    directory = Directory(office.deployment.google, administrator=settings.administrator if settings else "")
    return {user.address: user.department for user in directory.users()}


def _say_ended(standing: StandingAuthorisation) -> str:
    return f"la autorización permanente terminó el {standing.until:%d/%m/%Y}"


def _refuse(account: str, why: str) -> NotAllowed:
    return NotAllowed(
        "no está autorizado copiar este buzón",
        whose=account,
        why=f"ningún caso abierto y autorizado lo nombra, y {why}",
        repair="autorice el caso de la cuenta con `copias authorise`, o registre el acto en mailboxes.standing de "
        "copias.yml",
    )
