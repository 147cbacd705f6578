"""A sandbox and an office that attends its cases: real sheets, real mail, a ledger of its own."""

from __future__ import annotations

import asyncio
import typing as t
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from copias.google.gmail import Gmail
from copias.google.scopes import GMAIL_READ
from copias.google.session import GoogleSession
from copias.mailbox.engine import open_budget
from copias.office import Office
from copias.package import generate_key
from copias.store import StoreSettings, open_store
from copias_sandbox import control
from copias_sandbox.admin.client import AdminClient
from copias_sandbox.home import Running
from copias_sandbox.seed.cases import DEMO_CASE, MAILBOX_CASE
from copias_sandbox.seed.people import demo_requester
from copias_sandbox.seed.words import DOMAIN, HELP_DESK
from tests.deployment import describe_deployment, office_of, write_deployment

CASE, MAILBOX = str(DEMO_CASE), str(MAILBOX_CASE)
MARTA = demo_requester().email
ADMINISTRATOR = f"super.administrador@{DOMAIN}"
SEND = "gmail.users.messages.send"


@dataclass
class Desk:
    """An office, the sandbox that it works with, and the file that describes it."""

    office: Office
    admin: AdminClient
    config: Path

    def mails(self, address: str = MARTA, label: str = "INBOX") -> list[EmailMessage]:
        """Return the notices that lie in a mailbox, the oldest first, read through Gmail."""
        return asyncio.run(self._read(address, label))

    async def _read(self, address: str, label: str) -> list[EmailMessage]:
        deployment = self.office.deployment
        async with GoogleSession(deployment.google, open_budget(deployment)) as session:
            gmail = Gmail(session, address, (GMAIL_READ,))
            ids = [key async for page in gmail.list_ids(query=f"from:{HELP_DESK}", label=label) for key in page]
            found = [message_from_bytes((await gmail.raw(key)).content, policy=SMTP) for key in reversed(ids)]
        return [t.cast("EmailMessage", message) for message in found]

    def subjects(self, address: str = MARTA) -> list[str]:
        # Python folds a subject that just fits into one line before its first word; every reader strips that space.
        return [str(message["Subject"]).strip() for message in self.mails(address)]

    def count(self, method: str) -> int:
        return len(self.admin.calls(method))

    def events(self, number: str) -> list[str]:
        return [event.event for event in self.office.book.story(number).events]

    def edit_case(self, number: str, header: str, text: str) -> None:
        """Type into a cell of a case's request."""
        rows = self._requests()
        column = rows[0].index(header)
        row = next(place for place, cells in enumerate(rows, start=1) if number in [str(cell) for cell in cells])
        spreadsheet = self.office.deployment.help_desk.spreadsheet
        self.admin.edit(spreadsheet, "set", sheet="Solicitudes", cell=f"{chr(ord('A') + column)}{row}", text=text)

    def _requests(self) -> list[list[t.Any]]:
        return [list(row) for row in self.office.help_desk._read_tabs()[0]]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("sandbox")
    control.start(home, cases=300)
    control.admin(home).snapshot("first-day")
    yield home
    control.stop(home)


@pytest.fixture
def desk(home: Path, tmp_path: Path) -> Iterator[Desk]:
    """An office on its first day."""
    admin = control.admin(home)
    admin.clear_faults()
    admin.restore("first-day")
    admin.revoke_tokens()
    admin.clear_calls()
    config = tmp_path / "inventory" / "copias.yml"
    made = Desk(make_office(control.required(home), config), admin, config)
    admin.user(
        ADMINISTRATOR, isAdmin=True, isMailboxSetup=True, suspended=False, name={"fullName": "Super"}, orgUnitPath="/"
    )
    yield made
    admin.clear_faults()


def make_office(running: Running, config: Path, **changes: t.Any) -> Office:
    """Write a deployment's file and return its office; ``changes`` are whole keys of the file."""
    folder = config.parent.parent  # Ansible reads every file of the inventory's folder
    content = describe_deployment(
        folder,
        **{
            "google": {"key_file": running.key, "endpoint": running.url, "attempts": 2, "patience": 3, "timeout": 5},
            "help_desk": {
                "spreadsheet": running.spreadsheet,
                "requests_tab": "Solicitudes",
                "responses_tab": "Respuestas",
                "control_spreadsheet": running.control_spreadsheet,
                "control_tab": "Control",
                "settle_seconds": 0,
            },
            "stores": {"nas": {"kind": "folder", "path": str(folder / "nas")}},
            "mailboxes": {
                "domains": [DOMAIN],
                "administrator": HELP_DESK,
                "store": "nas",
                "owner_requests": True,
                "settle_seconds": 0.5,
            },
            "poll": {"start_cases": False},
            "notices": {"sender": HELP_DESK, "administrator": ADMINISTRATOR, "settle_seconds": 0},
            **changes,
        },
    )
    write_deployment(config, content)
    office = office_of(content, folder)
    key = office.deployment.signing_key
    key.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    if not key.exists():
        generate_key(key)
        open_store(StoreSettings(kind="folder", path=folder / "nas"), name="nas").prepare()
    return office
