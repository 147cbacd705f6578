"""Mirrors of many accounts, brought up to date at once: one event loop, one session, one quota, one result for each.

No account stops another: what goes wrong with one is its own result. A signal to end lets every round keep what it has
read and tells which were not finished.
"""

from __future__ import annotations

import asyncio
import signal
import typing as t
from contextlib import contextmanager, nullcontext

import orjson

from copias.errors import BackupError
from copias.files import write_atomically
from copias.mailbox.account_round import AccountRound, Limit, say_stopped
from copias.mailbox.engine import open_budget
from copias.mailbox.fitting import first_turns
from copias.mailbox.outcome import Outcome
from copias.mailbox.owner import read_owners
from copias.mailbox.permission import Leave, find_leaves, look_again
from copias.people import Role
from copias.progress import Step

if t.TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from copias.google.session import GoogleSession
    from copias.mailbox.settings import MailboxSettings
    from copias.office import Office

SYNCED: t.Final = "mirror.synced"
"""Event of a round that changed a mirror."""


def mirror_accounts(
    office: Office, accounts: Iterable[str], *, reconcile: bool = False, look: bool = False
) -> dict[str, Outcome]:
    """Bring the mirrors of accounts up to date, and return what came of each, in their order.

    A mailbox is mirrored only by somebody's leave: see :mod:`copias.mailbox.permission`. Each round that changed
    something is recorded in the ledger.

    Args:
        office: whose mirrors.
        accounts: primary addresses; a double counts once.
        reconcile: also compare each mirror with a full listing of its mailbox, and a sample byte by byte.
        look: only ask which mailboxes are other than their mirrors; nothing is changed.

    Raises:
        NotAllowed: the role of who asks does not include it.
        BadConfiguration: Google's key cannot be used.
    """
    office.actor.require(Role.AGENT, "actualizar espejos de buzones")
    wanted = list(dict.fromkeys(accounts))
    leaves = find_leaves(office, wanted)
    done = {account: Outcome(account, error=why) for account, why in leaves.items() if isinstance(why, BackupError)}
    allowed = {account: leave for account in wanted if isinstance(leave := leaves[account], Leave)}
    if allowed and office.deployment.mailboxes is not None:
        owners = read_owners(office, allowed)
        rounds = Rounds(office, office.deployment.mailboxes, owners=owners, reconcile=reconcile, look=look)
        done |= asyncio.run(rounds.run(allowed))
    return {account: done[account] for account in wanted}


def publish_outcomes(office: Office, outcomes: Iterable[Outcome]) -> None:
    """Leave what came of each account in the folder of the run, for the command line; a step by itself has none."""
    from copias.night.outcome import find_folder

    folder = find_folder(office)
    if folder is not None:
        data = {outcome.account: outcome.to_dict() for outcome in outcomes}
        write_atomically(folder.mailboxes, orjson.dumps(data))


class Terms(t.Protocol):
    """What a night asks of its rounds beside what the deployment says of any."""

    def refuse(self, account: str) -> BackupError | None:
        """Return why the round of an account is not begun now; ``None`` when its turn has come."""

    def limit(self) -> Limit:
        """Return how long a round that is begun now may take."""

    def hear(self, outcome: Outcome) -> None:
        """Be told what came of a round."""

    def is_first(self, account: str) -> bool:
        """Tell whether the account has no complete copy yet."""


class Rounds:
    """The rounds of one call.

    Args:
        office: whose mirrors.
        settings: of the mailboxes.
        owners: Google's ids of the accounts that have the addresses now, as far as they are known.
        reconcile: also compare with a full listing.
        look: only ask which mailboxes are other than their mirrors.
        terms: of the night; none for a call of somebody's own.
    """

    def __init__(
        self,
        office: Office,
        settings: MailboxSettings,
        *,
        owners: Mapping[str, str],
        reconcile: bool = False,
        look: bool = False,
        terms: Terms | None = None,
    ) -> None:
        self._office = office
        self._settings = settings
        self._owners = owners
        self._reconcile = reconcile
        self._look = look
        self._terms = terms
        self._turns = asyncio.Semaphore(settings.accounts_at_once)
        self._first_turns = asyncio.Semaphore(first_turns(settings.accounts_at_once))

    async def run(self, allowed: Mapping[str, Leave]) -> dict[str, Outcome]:
        """Do them all.

        Raises:
            BadConfiguration: Google's key cannot be used.
        """
        from copias.google.session import GoogleSession

        deployment = self._office.deployment
        budget = open_budget(deployment)
        async with GoogleSession(deployment.google, budget, connections=self._settings.connections) as session:
            with Step("Actualizar los espejos", len(allowed), unit="accounts") as step:
                rounds = {
                    account: asyncio.create_task(self._take_turn(session, account, leave))
                    for account, leave in allowed.items()
                }
                for task in rounds.values():
                    task.add_done_callback(lambda _: step(1))
                with _ending_on_signal(rounds.values()):
                    await asyncio.wait(rounds.values())
        return {account: _read_outcome(account, task) for account, task in rounds.items()}

    async def _take_turn(self, session: GoogleSession, account: str, leave: Leave) -> Outcome:
        terms = self._terms
        first = self._first_turns if terms is not None and terms.is_first(account) else nullcontext()
        async with first, self._turns:
            if terms is None:
                return await self._do_round(session, account, leave)
            error = terms.refuse(account)
            if error is not None:
                return Outcome(account, leave=leave, error=error)
            outcome = await self._do_round(session, account, leave, limit=terms.limit())
            terms.hear(outcome)
            return outcome

    async def _do_round(
        self, session: GoogleSession, account: str, leave: Leave, *, limit: Limit | None = None
    ) -> Outcome:
        from copias.google.gmail import Gmail
        from copias.google.scopes import GMAIL_READ

        allowed = look_again(self._office, account, leave)
        if isinstance(allowed, BackupError):
            return Outcome(account, error=allowed)
        leave = allowed
        gmail = Gmail(session, account, (GMAIL_READ,))
        owner = self._owners.get(account, "")
        one = AccountRound(self._office, self._settings, gmail, leave, owner=owner, limit=limit)
        if self._look:
            return await one.look()
        outcome = await one.run(reconcile=self._reconcile)
        if outcome.changed:
            self._record(outcome)
        return outcome

    def _record(self, outcome: Outcome) -> None:
        """Say in the ledger whose mirror changed, and by whose leave; nothing of any message."""
        leave = outcome.leave.to_dict() if outcome.leave else None
        # Of a first copy each round says so: what was stored of the mirrors before the last of them does not have it.
        first = {"first": True} if outcome.before is None else {}
        self._office.record(SYNCED, {"account": outcome.account, **outcome.counts(), **first, "leave": leave})


@contextmanager
def _ending_on_signal(tasks: Collection[asyncio.Task[Outcome]]) -> Iterator[None]:
    """Cancel the rounds when this process is asked to end."""

    def cancel() -> None:
        for task in tasks:
            task.cancel()

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, cancel)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGTERM)


def _read_outcome(account: str, task: asyncio.Task[Outcome]) -> Outcome:
    """Return what a round came to, whatever ended it."""
    if task.cancelled():
        return Outcome(account, error=say_stopped(account))
    error = task.exception()
    if error is None:
        return task.result()
    return Outcome(account, error=error if isinstance(error, BackupError) else _say_fault(account, error))


def _say_fault(account: str, error: BaseException) -> BackupError:
    """Return the error of a round that the program itself broke; of the exception no text, which may be anything."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f" en {place.tb_frame.f_code.co_qualname}, línea {place.tb_lineno}" if place else ""
    return BackupError(
        "el programa falló con el espejo de esta cuenta",
        whose=account,
        why=f"{type(error).__name__}{where}",
        repair="ejecute otra vez; si se repite, envíe este mensaje a quien mantiene copias",
    )
