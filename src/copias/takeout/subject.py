"""What a manual copy is of: the account of a case, as the case was started with it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from copias.case.step import new_copy_id
from copias.case.work import CaseWork, find_work
from copias.errors import NotReady
from copias.store import safe_part
from copias.takeout.delivery import require_deliveries

if t.TYPE_CHECKING:
    from copias.case.story import Story
    from copias.mailbox.settings import MailboxSettings
    from copias.office import Office
    from copias.takeout.settings import DeliverySettings

KIND: t.Final = "manual"


@dataclass(frozen=True)
class Subject:
    """The account of a case."""

    account: str
    mailboxes: MailboxSettings
    deliveries: DeliverySettings
    work: CaseWork

    def new_copy_id(self, story: Story) -> str:
        """Return the id of the case's next copy: ``takeout-ana.prueba@example.test-1234``."""
        return new_copy_id(story, "takeout", safe_part(self.account))

    def package(self, copy_id: str) -> str:
        """Return the name of a copy's package in its store, beside the other copies of the account."""
        return f"Correo/{safe_part(self.work.department)}/{safe_part(self.account)}/{copy_id}.zip"


def find_subject(office: Office, story: Story) -> Subject:
    """Return the account that the case's last start recorded.

    Raises:
        NotReady: the case was not started, is not allowed any more, or its account is not of this deployment any more.
        BadConfiguration: the deployment takes no deliveries.
    """
    work = find_work(story, KIND)
    mailboxes = office.deployment.mailboxes
    if mailboxes is None or not mailboxes.is_account(work.subject):
        raise NotReady(
            "la cuenta ya no es de este despliegue", whose=work.subject, repair="revise mailboxes en copias.yml"
        )
    return Subject(work.subject, mailboxes, require_deliveries(office.deployment), work)
