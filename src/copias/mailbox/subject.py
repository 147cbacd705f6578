"""What a mailbox copy is of: the account of a case, as the case was started with it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from copias.case.step import new_copy_id
from copias.case.work import CaseWork, find_work
from copias.errors import NotReady
from copias.mailbox.status import mirror_folder
from copias.store import safe_part

if t.TYPE_CHECKING:
    from pathlib import Path

    from copias.case.story import Story
    from copias.mailbox.settings import MailboxSettings
    from copias.office import Office


@dataclass(frozen=True)
class Subject:
    """The account of a case."""

    account: str
    settings: MailboxSettings
    work: CaseWork
    mirror: Path
    """Folder of the account's mirror."""

    def new_copy_id(self, story: Story) -> str:
        """Return the id of the case's next copy: ``correo-ana.prueba@example.test-1234``."""
        return new_copy_id(story, "correo", safe_part(self.account))

    def package(self, copy_id: str) -> str:
        """Return the name of a copy's package in its store."""
        return f"Correo/{safe_part(self.work.department)}/{safe_part(self.account)}/{copy_id}.zip"


def find_subject(office: Office, story: Story) -> Subject:
    """Return the account that the case's last start recorded.

    Raises:
        NotReady: the case was not started, is not allowed any more, or mailboxes are not configured any more.
    """
    work = find_work(story, "mailbox")
    settings = office.deployment.mailboxes
    if settings is None or not settings.is_account(work.subject):
        raise NotReady(
            "la cuenta ya no es de este despliegue", whose=work.subject, repair="revise mailboxes en copias.yml"
        )
    return Subject(work.subject, settings, work, mirror_folder(office.deployment, work.subject))
