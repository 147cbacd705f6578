"""Recovery cases, as the case machinery sees them: mail of an account is given back from its copies.

A case of a database is checked by :mod:`copias.sinfa.recovery_checks`.
"""

from __future__ import annotations

import asyncio
import os
import typing as t
from dataclasses import replace
from pathlib import Path

from copias.case.kinds import Check, Forecast
from copias.errors import BackupError
from copias.mailbox.kind import MailboxKind, check_account

if t.TYPE_CHECKING:
    from copias.authorisation import Authorisation
    from copias.case.intake import Intake
    from copias.case.story import RestoreRecord
    from copias.config import Deployment
    from copias.helpdesk import HelpDeskCase
    from copias.mailbox.restore.plan import Target
    from copias.office import Office

SECONDS_A_MESSAGE: t.Final = 0.15
"""About what importing a message and reading it again takes, many at a time."""
_IMPORT: t.Final = "gmail.users.messages.import"
_GET: t.Final = "gmail.users.messages.get"


class RecoveryKind:
    """Giving mail back; a subject is the account whose copies are looked into, or the database that is restored."""

    name: t.ClassVar[str] = "recovery"
    group: t.ClassVar[str] = "recoveries"
    modes: t.ClassVar[tuple[str, ...]] = ("remote", "on_site")

    def __init__(self) -> None:
        self._mailbox = MailboxKind()

    def find_subject(self, deployment: Deployment, case: HelpDeskCase) -> str | None:
        """Return the one address of the organisation in the request's words, else nothing."""
        return self._mailbox.find_subject(deployment, case)

    def require_subject(self, deployment: Deployment, subject: str) -> None:
        """Refuse what is no database here and no account of the organisation."""
        if subject not in deployment.databases:
            self._mailbox.require_subject(deployment, subject)

    def is_known(self, deployment: Deployment, subject: str) -> bool:
        """Tell whether the address can be an account here; it may be deleted by now, its copies are not."""
        return subject in deployment.databases or self._mailbox.is_known(deployment, subject)

    def find_leave(self, deployment: Deployment, case: HelpDeskCase, subject: str, /) -> Authorisation | None:
        """Return the owner's own leave, where the form collects verified addresses."""
        return self._mailbox.find_leave(deployment, case, subject)

    def name_subject(self, deployment: Deployment) -> str:
        """Return what an account looks like."""
        return self._mailbox.name_subject(deployment)

    def check(self, office: Office, intake: Intake) -> tuple[Forecast | None, list[Check]]:
        """Check what is given back, the copy that it comes from, and the place that it goes to."""
        subject, record = intake.subject or "", intake.story.restore
        if subject in office.deployment.databases:
            from copias.sinfa.recovery_checks import check_database

            return check_database(office, intake)
        if not self.is_known(office.deployment, subject):
            repair = f"copias classify {intake.number} --kind recovery --subject {self.name_subject(office.deployment)}"
            return None, [Check("cuenta", passed=False, why="el caso no dice cuál", repair=repair)]
        if record is None:
            number = intake.number
            repair = f"copias find --case {number} --account {subject}; después, copias restore {number} --pick …"
            return None, [Check("qué se devuelve", passed=False, why="nadie lo ha elegido", repair=repair)]
        return _forecast(office, record), _check_plan(office, intake, record)

    def say_start(self, subject: str) -> str:
        """Return what begins."""
        return f"Inicia la recuperación de {'correo de ' if '@' in subject else ''}{subject}"


def _forecast(office: Office, record: RestoreRecord) -> Forecast:
    from copias.google.tariff import tariff_named
    from copias.mailbox.restore.delivery import READ_AGAIN

    size, count = int(record.data["bytes"]), record.messages
    if not record.data["target"]["account"]:
        return Forecast(bytes=size, seconds=count * SECONDS_A_MESSAGE, messages=count)
    prices = tariff_named(office.deployment.google.tariff).prices
    again = min(count, READ_AGAIN)
    return Forecast(
        bytes=size,
        seconds=count * SECONDS_A_MESSAGE,
        messages=count,
        calls=count + again,
        units=count * prices[_IMPORT] + again * prices[_GET],
    )


def _check_plan(office: Office, intake: Intake, record: RestoreRecord) -> list[Check]:
    from copias.mailbox.restore.plan import Target

    target = Target(**record.data["target"])
    return [_check_source(office, intake, record, target), *_check_target(office, intake, target)]


def _check_source(office: Office, intake: Intake, record: RestoreRecord, target: Target) -> Check:
    from copias.mailbox.restore.opening import SourceName, open_source
    from copias.mailbox.restore.whose import require_same_person

    source, account = SourceName.from_dict(record.data["source"]), str(record.data["account"])
    try:
        require_same_person(office, intake.number, intake.authorisation, source, account=account, to=target.account)
        with open_source(office, source, account=account):
            return Check("copia", passed=True)
    except BackupError as error:
        return _failed("copia", error)


def _check_target(office: Office, intake: Intake, target: Target) -> list[Check]:
    if not target.account:
        place = Path(target.folder)
        free = os.access(place if place.is_dir() else place.parent, os.W_OK | os.X_OK)
        return [Check("carpeta", free, f"no se puede escribir en {target.folder}", "dé otra con --eml")]
    from copias.mailbox.restore.gate import require_recipient

    settings = office.deployment.mailboxes
    checks: list[Check] = []
    if settings is not None:
        # The account's suspension does not put the case on hold: it may be given to another, or as files.
        checks.append(replace(check_account(office, settings, target.account), suspended=""))
    if intake.authorisation is not None:
        try:
            require_recipient(intake.number, intake.authorisation, account=str(intake.subject), to=target.account)
        except BackupError as error:
            checks.append(_failed("cuenta que recibe", error))
    if all(check.passed for check in checks):
        checks.append(_check_access(office, target.account))
    return checks


def _check_access(office: Office, account: str) -> Check:
    from copias.google.scopes import VERB_SCOPES
    from copias.mailbox.engine import open_gmail

    async def ask() -> None:
        async with open_gmail(office, account, scopes=VERB_SCOPES["mailbox.restore"]) as gmail:
            await gmail.labels()

    try:
        asyncio.run(ask())
    except BackupError as error:
        return _failed("permiso para escribir en el buzón", error)
    return Check("permiso para escribir en el buzón", passed=True)


def _failed(name: str, error: BackupError) -> Check:
    return Check(name, passed=False, why=f"{error.what}: {error.why}" if error.why else error.what, repair=error.repair)
