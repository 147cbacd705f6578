"""The mailboxes of a night: those that are due, most overdue first, each in its time, all before the night ends.

A mailbox that hangs holds nobody up, and ends at ``night.mailbox_time_limit``. What is not begun when the night's time
is nearly over, when somebody stops it, or when Google answers nobody any more, is told as postponed: it is the most
overdue of the next night.

Events of the installation: ``mirror.missing`` (``account``, ``why``): the standing authorisation covers it and it
cannot be read; ``mirror.back`` (``account``): it can be read again, and nothing had changed. It is told once, and again
only after the account had been mirrored meanwhile.
"""

from __future__ import annotations

import asyncio
import shlex
import typing as t
from datetime import UTC, datetime, timedelta

from copias.errors import NotAllowed
from copias.google.errors import GoogleUnavailable
from copias.mailbox.account_round import Limit
from copias.mailbox.due import plan_mailboxes
from copias.mailbox.mirroring import SYNCED, Rounds
from copias.mailbox.outcome import Outcome, Postponed
from copias.mailbox.owner import read_owners
from copias.people import Role

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from copias.errors import BackupError
    from copias.mailbox.due_model import MailboxNight
    from copias.office import Office
    from copias.run.folder import RunFolder

MISSING: t.Final = "mirror.missing"
BACK: t.Final = "mirror.back"
MOST_RESERVE: t.Final = timedelta(minutes=10)
"""Of the night's time that is left to what comes after the mailboxes; a twentieth of a shorter one."""
RESERVE: t.Final = 20
DEAF: t.Final = 3
"""After so many rounds for each of the accounts at a time, all without an answer of Google, no other is begun."""


def mirror_night(
    office: Office, accounts: Iterable[str], *, always: bool = False, whole: bool = False, look: bool = False
) -> dict[str, Outcome]:
    """Bring the mirrors of the due mailboxes up to date; return what came of each that is of the night.

    One that nobody allowed, or whose copy is young enough, is not in it.

    Args:
        office: whose mirrors.
        accounts: of the inventory, as far as the night is limited to them.
        always: somebody asked for these by name: they are due whatever their policy says.
        whole: ``accounts`` are all of the inventory.
        look: only ask which mailboxes are other than their mirrors; nothing is changed.

    Raises:
        NotAllowed: the role of who asks does not include it.
        BadConfiguration: Google's key cannot be used.
    """
    from copias.night.outcome import find_folder, publish_due, publish_error

    office.actor.require(Role.AGENT, "actualizar espejos de buzones")
    now, folder = datetime.now(UTC), find_folder(office)
    until = find_end(office, folder, now)
    plan = plan_mailboxes(office, accounts, now, always=always, whole=whole, until=until)
    told = _list_told(office)
    refused = {account: error for account, error in plan.refused.items() if always or account not in told}
    named = [*(one.account for one in (*plan.due, *_postponed(plan))), *refused]
    if not look:
        publish_due(office, "mailbox", named)
        if plan.directory is not None:
            publish_error(office, "directory", plan.directory)
    done = _do_rounds(office, plan, folder, until, look=look, always=always)
    ended = {one.account for one in plan.due} - done.keys()
    if ended and not look:
        publish_due(office, "mailbox", (account for account in named if account not in ended))
    done |= {one.account: Outcome(one.account, leave=one.leave, error=error) for one, error in plan.postponed}
    done |= {account: Outcome(account, error=error) for account, error in refused.items()}
    if not look:
        _tell_missing(office, refused if whole else {})
        _tell_back(office, (one for one in done.values() if one.account in told))
    return done


class NightTerms:
    """When a round of the night may begin, and how long it may take.

    Args:
        until: when nothing else is begun and everything ends.
        longest: that one mailbox may take.
        patience: rounds in a row that Google may leave without an answer.
        firsts: accounts without a complete copy.
        asked_to_end: tells whether somebody stopped the night, or its time is over.
    """

    def __init__(
        self,
        until: datetime,
        longest: timedelta,
        *,
        patience: int,
        firsts: frozenset[str],
        asked_to_end: Callable[[], bool],
    ) -> None:
        self._until = until
        self._longest = longest
        self._patience = patience
        self._firsts = firsts
        self._asked_to_end = asked_to_end
        self._unanswered = 0

    def refuse(self, account: str) -> BackupError | None:
        """Return why the round of an account is not begun now; ``None`` when its turn has come."""
        why = ""
        if self._asked_to_end():
            why = "la noche recibió la orden de terminar"
        elif datetime.now(UTC) >= self._until:
            why = "se acabó el tiempo de la noche para los buzones (night.time_limit)"
        elif self._unanswered >= self._patience:
            why = f"Google no respondió a {self._unanswered} buzones seguidos"
        if not why:
            return None
        repair = "no hace falta hacer nada: la próxima noche lo toma primero; si no da espera, use "
        return Postponed(
            "este buzón no se alcanzó a copiar",
            whose=account,
            why=why,
            repair=f"{repair}`copias nightly --only {shlex.quote(account)}`",
        )

    def limit(self) -> Limit:
        """Return how long a round that is begun now may take."""
        left = self._until - datetime.now(UTC)
        if left < self._longest:
            return Limit(max(left, timedelta(seconds=1)), "lo que le quedaba a la noche")
        return Limit(self._longest, "night.mailbox_time_limit")

    def hear(self, outcome: Outcome) -> None:
        """Count the rounds in a row to which Google gave no answer."""
        deaf = isinstance(outcome.error, GoogleUnavailable) and not outcome.postponed and not outcome.fetched
        self._unanswered = self._unanswered + 1 if deaf else 0

    def is_first(self, account: str) -> bool:
        """Tell whether the account has no complete copy yet."""
        return account in self._firsts


def _postponed(plan: MailboxNight) -> Iterable[t.Any]:
    return (one for one, _ in plan.postponed)


def find_end(office: Office, folder: RunFolder | None, now: datetime) -> datetime:
    """Return when the mailboxes' part of a night is over; of one that begins at ``now`` without a folder."""
    from copias.night.ending import read_deadline

    night = office.deployment.night
    deadline = (read_deadline(folder) if folder else None) or now + night.time_limit
    return deadline - min(night.time_limit / RESERVE, MOST_RESERVE)


def _do_rounds(
    office: Office, plan: MailboxNight, folder: RunFolder | None, until: datetime, *, look: bool, always: bool
) -> dict[str, Outcome]:
    """Do the rounds, and return what came of each.

    Whose leave ended before its turn came is not of the night any more, as if it had ended before the night began;
    unless somebody asked for it by name, who is told.
    """
    settings = office.deployment.mailboxes
    if settings is None or not plan.due:
        return {}
    terms = NightTerms(
        until,
        min(settings.time_limit, office.deployment.night.mailbox_time_limit),
        patience=DEAF * settings.accounts_at_once,
        firsts=frozenset(one.account for one in plan.due if one.is_first),
        asked_to_end=lambda: folder is not None and folder.asked_to_end,
    )
    # A Directory that was asked for the plan, and did not answer, is not asked again.
    owners = read_owners(office, [one.account for one in plan.due]) if plan.owners is None else plan.owners
    rounds = Rounds(office, settings, owners=owners, look=look, terms=terms)
    done = asyncio.run(rounds.run({one.account: one.leave for one in plan.due}))
    return {account: one for account, one in done.items() if always or not isinstance(one.error, NotAllowed)}


def _list_told(office: Office) -> frozenset[str]:
    """Return the accounts of which it was said already that they are missing, and that were not mirrored since."""
    last = {one["data"]["account"]: one["event"] for one in office.book.ledger.data_of({MISSING, SYNCED, BACK})}
    return frozenset(account for account, event in last.items() if event == MISSING)


def _tell_missing(office: Office, refused: Mapping[str, BackupError]) -> None:
    for account, error in refused.items():
        office.record(MISSING, {"account": account, "why": f"{error.what}: {error.why}"})


def _tell_back(office: Office, outcomes: Iterable[Outcome]) -> None:
    """Record the accounts that can be read again: of one whose mirror changed, its own event says so."""
    for one in outcomes:
        if one.error is None and not one.changed:
            office.record(BACK, {"account": one.account})
