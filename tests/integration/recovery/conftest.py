"""An office that has copied a mailbox, and a case that asks for some of it back."""

from __future__ import annotations

import asyncio
import typing as t
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from copias.authorisation import Authorisation
from copias.case.closing import plan_close
from copias.case.deciding import authorise, classify
from copias.case.intake import read_case
from copias.case.starting import plan_start
from copias.google.gmail import Gmail
from copias.google.scopes import GMAIL_READ
from copias.mailbox.copying import copy_mailbox as copy_mailbox_into
from copias.mailbox.copying import plan_mirror
from copias.mailbox.engine import open_gmail
from copias.mailbox.mirror import Mirror
from copias.mailbox.packing import plan_packing
from copias.mailbox.proving import plan_proof
from copias.mailbox.restore.planning import Order, draft_restore
from copias.mailbox.restore.step import RestoreStep, plan_restore
from copias.mailbox.status import mirror_folder
from copias.office import Office
from copias_sandbox import control
from copias_sandbox.admin.client import AdminClient
from copias_sandbox.seed.cases import DEMO_CASE, MAILBOX_CASE
from copias_sandbox.seed.people import agents, demo_requester
from tests.integration.case.conftest import make_office

CASE, COPIED = str(DEMO_CASE), str(MAILBOX_CASE)
MARTA, OTHER = demo_requester().email, agents()[0].email
MESSAGES = 24
IMPORT = "gmail.users.messages.import"


@dataclass
class Recovery:
    """An office, its sandbox, and the mailbox as it was when it was copied."""

    office: Office
    admin: AdminClient
    config: Path
    copied: dict[str, str]
    """Id → SHA-256 of what the copy holds."""

    def plan(self, **order: t.Any) -> RestoreStep:
        """Plan what a case gives back, start the case, and return the step that gives it."""
        draft_restore(self.office, read_case(self.office, CASE), Order(**order)).record()
        plan_start(self.office, CASE).run()
        return self.step()

    def step(self) -> RestoreStep:
        return plan_restore(self.office, CASE)

    def end_run(self) -> None:
        """Let the case go, as when the run's process has ended."""
        claim = self.office.claims.read(CASE)
        assert claim is not None
        self.office.claims.release(CASE, claim.run)

    def held(self, label: str, account: str = MARTA) -> list[str]:
        """SHA-256 of what has a label, sorted: as its owner sees it."""
        return sorted(one["sha256"] for one in self.admin.mail(account, digests=True) if label in one["labels"])

    def events(self, number: str = CASE) -> list[str]:
        return [event.event for event in self.office.book.story(number).events]

    def forget_mirror(self) -> None:
        """Lose the mirror, as with the disk of the machine."""
        mirror = mirror_folder(self.office.deployment, MARTA)
        mirror.rename(mirror.with_name("lost"))

    def begin_mirror(self) -> None:
        """Copy the mailbox into its mirror as a case does, as far as Google lets it."""
        account = MARTA
        folder = mirror_folder(self.office.deployment, account)

        async def run() -> None:
            async with open_gmail(self.office, account) as gmail:
                with Mirror.open(folder, account=account) as mirror:
                    await copy_mailbox_into(gmail, mirror, at_once=1)

        asyncio.run(run())

    def read(self, account: str, work: t.Callable[[Gmail], t.Any]) -> t.Any:
        async def run() -> t.Any:
            async with open_gmail(self.office, account, scopes=(GMAIL_READ,)) as gmail:
                return await work(gmail)

        return asyncio.run(run())


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("sandbox")
    control.start(home, cases=300)
    control.admin(home).snapshot("first-day")
    yield home
    control.stop(home)


@pytest.fixture
def town(home: Path, tmp_path: Path) -> Iterator[Recovery]:
    """An office that has copied Marta's mailbox; nobody has asked for anything back."""
    admin = control.admin(home)
    admin.clear_faults()
    admin.restore("first-day")
    admin.revoke_tokens()
    admin.mailbox(MARTA, count=MESSAGES, mean_bytes=3000, curious_every=2, seed=3)
    admin.mailbox(OTHER, count=3, mean_bytes=1000)
    config = tmp_path / "inventory" / "copias.yml"
    office = make_office(control.required(home), config, notices=None)  # they would come into the mailbox itself
    copy_mailbox(office)
    admin.clear_calls()
    digests = {one["id"]: one["sha256"] for one in admin.mail(MARTA, digests=True)}
    yield Recovery(office, admin, config, digests)
    admin.clear_faults()


@pytest.fixture
def recovery(town: Recovery) -> Recovery:
    """The same, and a case of Marta's that asks for some of her mail back, by her own leave."""
    classify(town.office, CASE, kind="recovery", subject=MARTA, mode=None)
    return town


def copy_mailbox(office: Office) -> None:
    """Attend the case that copies the mailbox, step by step as its playbook does."""
    from copias.case.storing import plan_storing

    plan_start(office, COPIED).run()
    for plan in (plan_mirror, plan_packing, plan_storing, plan_proof, plan_close):
        plan(office, COPIED).run()


def grant(office: Office, **changes: t.Any) -> None:
    """Record an authorisation of the case."""
    given = {"authoriser": "Mariela Ejemplo", "post": "Secretaria", "document": "Oficio 7", "motive": "Lo pide"}
    authorise(office, CASE, Authorisation(**{**given, **changes}))
