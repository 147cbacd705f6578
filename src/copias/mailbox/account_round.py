"""One account's round among many: its mirror is brought up to date, or only looked at, and what came of it is told."""

from __future__ import annotations

import asyncio
import time
import typing as t
from datetime import UTC, datetime, timedelta

from copias.errors import BackupError
from copias.google.errors import GoogleUnavailable
from copias.mailbox.mirror import Mirror, MirrorReader
from copias.mailbox.mirror.layout import INDEX
from copias.mailbox.outcome import Outcome, Postponed, require_whole
from copias.mailbox.owner import claim_mirror, require_same
from copias.mailbox.status import mirror_folder
from copias.mailbox.sync import MailboxSync

if t.TYPE_CHECKING:
    from copias.google.gmail import Gmail
    from copias.mailbox.comparing import Comparison
    from copias.mailbox.permission import Leave
    from copias.mailbox.settings import MailboxSettings
    from copias.mailbox.sync import SyncReport
    from copias.office import Office

AT_ONCE: t.Final = 20
"""Messages of one account under way or waiting for their turn: twice what Gmail allows in flight for one account, so
that many accounts at a time hold no more in memory than one."""


class Limit(t.NamedTuple):
    """Longest that a round may take, and what sets it."""

    span: timedelta
    name: str

    def within(self, leave: Leave, now: datetime) -> Limit:
        """Return it, or what is left until the leave ends: nobody allowed what comes after midnight."""
        if leave.ends is None or now + self.span <= leave.ends:
            return self
        return Limit(max(timedelta(0), leave.ends - now), "lo que le quedaba a su autorización")


class AccountRound:
    """One account's round.

    Args:
        office: where the mirror is.
        settings: of the mailboxes.
        gmail: the account, with the right to read.
        leave: by whose leave.
        owner: Google's id of the account that has the address now; empty when nobody knows.
        limit: of a night's round, longest that it may take; without, it is what the settings say.
    """

    def __init__(
        self,
        office: Office,
        settings: MailboxSettings,
        gmail: Gmail,
        leave: Leave,
        *,
        owner: str = "",
        limit: Limit | None = None,
    ) -> None:
        self._settings = settings
        self._gmail = gmail
        self._leave = leave
        self._owner = owner
        self._of_night = limit is not None
        longest = limit or Limit(settings.time_limit, "mailboxes.time_limit")
        self._limit = longest.within(leave, datetime.now(UTC))
        self._folder = mirror_folder(office.deployment, gmail.account)
        self._at_once = min(settings.connections, AT_ONCE)
        self._before: int | None = None
        self._after: int | None = None
        self._kept = 0
        self._report: SyncReport | None = None
        self._comparison: Comparison | None = None

    async def run(self, *, reconcile: bool) -> Outcome:
        """Bring the mirror up to date; what goes wrong is told in the outcome, a cancellation too.

        Args:
            reconcile: also list the mailbox in full, compare, and fetch a sample again.
        """
        return await self._tell(self._sync(reconcile=reconcile))

    async def look(self) -> Outcome:
        """Ask whether the mailbox is another than the mirror; nothing is changed."""
        return await self._tell(self._ask())

    async def _tell(self, work: t.Coroutine[t.Any, t.Any, bool]) -> Outcome:
        begun, account = time.monotonic(), self._gmail.account
        differs, error = False, None
        try:
            async with asyncio.timeout(self._limit.span.total_seconds()):
                differs = await work
        except TimeoutError:
            error = self._say_late()
        except asyncio.CancelledError:
            error = say_stopped(account)
        except BackupError as failure:
            error = failure
        return self._outcome(differs=differs, error=error, seconds=time.monotonic() - begun)

    def _say_late(self) -> BackupError:
        why = f"pasaron {self._limit.span.total_seconds():.0f} segundos, que es {self._limit.name}"
        if self._of_night and self._kept and self._before is None:
            return Postponed(
                "la primera copia de este buzón no ha terminado",
                whose=self._gmail.account,
                why=f"{why}; esta vez se leyeron {self._kept} mensajes",
                repair="nada: la próxima ejecución sigue donde quedó",
            )
        return GoogleUnavailable(
            "el espejo no se actualizó a tiempo",
            whose=self._gmail.account,
            why=why,
            repair="ejecute otra vez: lo que ya se copió no se vuelve a leer",
        )

    async def _sync(self, *, reconcile: bool) -> bool:
        account = self._gmail.account
        with Mirror.open(self._folder, account=account, segment_bytes=self._settings.segment_bytes) as mirror:
            self._before = self._after = mirror.state.history_id
            held = _count(mirror)
            same_owner = claim_mirror(mirror, account, self._folder, owner=self._owner)
            try:
                await self._fill(mirror, reconcile=reconcile, same_owner=same_owner)
            except asyncio.CancelledError:
                mirror.commit()  # what was read is whole, and need not be read again
                raise
            finally:
                self._kept = _count(mirror) - held
                self._after = mirror.state.history_id
        return False

    async def _fill(self, mirror: Mirror, *, reconcile: bool, same_owner: bool) -> None:
        sync = MailboxSync(self._gmail, mirror, at_once=self._at_once, same_owner=same_owner)
        self._report = await sync.run()
        if reconcile:
            from copias.mailbox.comparing import compare_mailbox

            compared = await compare_mailbox(sync, self._report, self._gmail, mirror, at_once=self._at_once)
            self._report, self._comparison = compared
            self._comparison.require_equal(self._gmail.account)
        require_whole(self._gmail.account, self._report)

    async def _ask(self) -> bool:
        if (self._folder / INDEX).is_file():
            with MirrorReader.open(self._folder) as mirror:
                self._before = mirror.state.history_id
                require_same(mirror.owner, self._gmail.account, self._folder, owner=self._owner)
        self._after = (await self._gmail.profile()).history_id
        return self._before != self._after

    def _outcome(self, *, differs: bool, error: BackupError | None, seconds: float) -> Outcome:
        report = self._report
        return Outcome(
            account=self._gmail.account,
            changed=differs or self._kept > 0 or (report is not None and report.changed),
            full=report.full if report else False,
            # A round that broke off has no report, and what it read is in the mirror all the same.
            fetched=self._kept,
            bytes=report.bytes if report else 0,
            relabelled=report.relabelled if report else 0,
            deleted=report.deleted if report else 0,
            refused=len(report.refused) if report else 0,
            seconds=seconds,
            before=self._before,
            after=self._after,
            leave=self._leave,
            comparison=self._comparison,
            error=error,
        )


def say_stopped(account: str) -> BackupError:
    """Return the error of an account whose round was stopped, or never begun."""
    return Postponed(
        "la actualización del espejo se detuvo antes de terminar",
        whose=account,
        why="la ejecución recibió la orden de parar",
        repair="ejecute otra vez: lo que ya se copió no se vuelve a leer",
    )


def _count(mirror: Mirror) -> int:
    """Return how many messages are committed."""
    with mirror.view() as reader:
        return reader.totals()["messages"]
