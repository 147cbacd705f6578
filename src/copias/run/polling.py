"""What goes on by itself, for cron: accounts that are active again, deliveries that arrived, alarms that are due.

And, unless the deployment turns it off, the cases that are ready to start: see :mod:`copias.run.case_queue`.
"""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from copias.case.alarms import find_deletions, find_subjects, raise_alarm
from copias.case.intake import read_case
from copias.case.preflight import check_case
from copias.case.suspension import (
    hold_for_account,
    resume_for_account,
    resumed_account,
    say_unsent,
    tell_hold,
    waiting_account,
)
from copias.errors import AlreadyRunning, BackupError, NotReady, Unavailable
from copias.files import locked, make_private_directory
from copias.run.start import start_run

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from copias.case.alarms import Deletion
    from copias.google.directory import Directory
    from copias.office import Office

What: t.TypeAlias = t.Literal[
    "waits", "missing", "started", "not_ready", "running", "trouble", "deleted", "awaited", "queued"
]


@dataclass(frozen=True)
class Look:
    """What was found of one case, and done.

    Args:
        number: the case.
        account: whose it is; of a delivery, the database.
        what: ``waits`` for its suspended account, which is ``missing`` from the Directory; ``started`` a run;
            ``not_ready`` for one, ``running`` already; ``trouble`` when nobody answered; its account is ``deleted``;
            what a provider delivers is ``awaited``; it is ``queued`` while others run.
        text: the same for people, one line.
        run: that was started.
        alarm: days of the alarm that was mailed now; 0 for none.
    """

    number: str
    account: str
    what: What
    text: str
    run: str = ""
    alarm: int = 0


@dataclass
class Round:
    """One round over all cases; ``trouble`` is the first thing that did not answer."""

    looks: list[Look] = field(default_factory=list)
    trouble: Unavailable | None = None

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data."""
        return {"cases": [asdict(look) for look in self.looks], "trouble": str(self.trouble) if self.trouble else ""}

    def note(self, error: BackupError) -> None:
        """Keep the first trouble that may pass."""
        if isinstance(error, Unavailable):
            self.trouble = self.trouble or error


def poll(office: Office, *, config: Path, now: datetime | None = None) -> Round:
    """Start what can go on, and mail the alarms that are due; a second round changes nothing.

    Args:
        office: of the account that cron runs as.
        config: the deployment's file, for the runs that are started.
        now: by which the days since a deletion, reminders and lateness are counted.

    Raises:
        GoogleRefused: the Directory, or the sheet of cases, may not be read.
    """
    done, moment = Round(), now or datetime.now(UTC)
    with locked(make_private_directory(office.deployment.state) / "poll.lock"):
        # First, and by itself: a copy that was delivered waits for no Directory.
        for look in _look_at_deliveries(office, config, moment, done):
            done.looks.append(look)
        try:
            for look in _look_at_mailboxes(office, config, moment, done):
                done.looks.append(look)
        except Unavailable as error:
            done.note(error)
        try:
            for look in _start_cases(office, config, done):
                done.looks.append(look)
        except Unavailable as error:
            done.note(error)
    return done


def _start_cases(office: Office, config: Path, done: Round) -> Iterator[Look]:
    """Yield what became of the cases that nobody started.

    Raises:
        HelpDeskUnavailable: the sheet does not answer.
    """
    if not office.deployment.poll.start_cases:
        return
    from copias.run.case_queue import start_cases

    seen = {look.number for look in done.looks if look.what != "deleted"}
    for turn in start_cases(office, config=config, skip=seen, note=done.note):
        yield Look(turn.number, turn.subject, turn.what, turn.text, run=turn.run)


def _look_at_deliveries(office: Office, config: Path, now: datetime, done: Round) -> Iterator[Look]:
    """Yield what became of the cases that wait for a provider."""
    from copias.provider.watching import watch_deliveries

    for sight in watch_deliveries(office, config=config, now=now, note=done.note):
        yield Look(sight.number, sight.database, sight.what, sight.text, run=sight.run)


def _look_at_mailboxes(office: Office, config: Path, now: datetime, done: Round) -> Iterator[Look]:
    """Yield what became of the cases that ask for a mailbox.

    Raises:
        GoogleRefused: the Directory may not be read.
        GoogleUnavailable: the Directory does not answer.
    """
    settings = office.deployment.mailboxes
    if settings is None:
        return
    from copias.google.directory import Directory

    directory = Directory(office.deployment.google, administrator=settings.administrator)
    yield from _look_at_holds(office, directory, config, done)
    yield from _look_at_accounts(office, directory, now, done)


def _look_at_holds(office: Office, directory: Directory, config: Path, done: Round) -> Iterator[Look]:
    """Yield what became of the cases on hold by us, and of those whose run did not begin since.

    Raises:
        GoogleUnavailable: the Directory does not answer.
    """
    for number, story in office.book.stories().items():
        account = waiting_account(story)
        if account:
            if tell_hold(office, story):  # a crash came between the hold and its telling
                try:
                    office.outbox.deliver_case(number)
                except BackupError as error:
                    done.note(error)  # a fault of its sheet, of which the night tells, keeps no other case waiting
            user = directory.user(account)
            if user is None:
                yield Look(number, account, "missing", f"{account} ya no está en el directorio; sigue en espera")
                continue
            if user.suspended:
                text = f"{account} sigue suspendida; sigue en espera{say_unsent(story)}"
                yield Look(number, account, "waits", text)
                continue
        if account or resumed_account(story):
            yield _go_on(office, number, account or resumed_account(story), config, done)


def _go_on(office: Office, number: str, account: str, config: Path, done: Round) -> Look:
    """Start the run of a case whose account is active, as ``copias run`` does; what keeps it is told."""
    try:
        office.claims.require_free(number)
        if waiting_account(office.book.story(number)):
            resume_for_account(office, number, account)
        preflight = check_case(office, read_case(office, number))
        if preflight.suspended:
            raise hold_for_account(office, number, preflight.suspended)
        preflight.require(number)
        folder = start_run(office, number, config=config)
    except AlreadyRunning:
        return Look(number, account, "running", "ya se está ejecutando")
    except BackupError as error:
        done.note(error)
        what: What = "not_ready" if isinstance(error, NotReady) else "trouble"
        return Look(number, account, what, f"no puede seguir todavía: {error}")
    run = folder.path.name
    return Look(number, account, "started", f"{account} está activa: el caso sigue, ejecución {run}", run=run)


def _look_at_accounts(office: Office, directory: Directory, now: datetime, done: Round) -> Iterator[Look]:
    """Yield the deleted accounts of open cases.

    Raises:
        GoogleUnavailable: the Directory does not answer.
    """
    subjects = find_subjects(office)
    if subjects.trouble:
        done.note(subjects.trouble)
    for deletion in find_deletions(office, directory, subjects, now=now):
        mailed = raise_alarm(office, deletion)
        alarm = deletion.alarm if mailed else 0
        yield Look(deletion.number, deletion.account, "deleted", _say_deleted(deletion, alarm), alarm=alarm)


def _say_deleted(deletion: Deletion, alarm: int) -> str:
    told = f"; aviso de los {alarm} días al superadministrador" if alarm else ""
    since = {0: "hoy", 1: "hace 1 día"}.get(deletion.days, f"hace {deletion.days} días")
    return f"{deletion.account} fue eliminada {since} y el caso no está resuelto{told}"
