"""A deployment that mirrors many accounts of a sandbox, and what its mirrors, its ledger and the sandbox then have."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from copias.authorisation import Authorisation
from copias.mailbox.mirror import Mirror, MirrorReader, NewMessage
from copias.mailbox.mirroring import SYNCED, mirror_accounts
from copias.mailbox.outcome import Outcome
from copias.mailbox.status import mirror_folder
from copias.office import Office
from copias.people import Role
from copias_sandbox.admin.client import AdminClient
from copias_sandbox.home import Running
from copias_sandbox.seed.words import DOMAIN, HACIENDA, HELP_DESK
from tests.deployment import PERSON, describe_deployment, office_of

ANA, LUZ, PIA = (f"{name}.prueba@{DOMAIN}" for name in ("ana", "luz", "pia"))
ACCOUNTS = (ANA, LUZ, PIA)
GRANT = Authorisation(authoriser="Mariela Ejemplo", post="Secretaria", document="Oficio 12", motive="custodia")
STANDING = {
    "authoriser": "Mariela Ejemplo",
    "post": "Secretaria General",
    "document": "Resolución 100 de 2026",
    "motive": "Custodia del correo institucional",
    "until": "2099-12-31",
    "accounts": list(ACCOUNTS),
}


@dataclass
class Many:
    """The deployment, and the sandbox that it works with."""

    admin: AdminClient
    running: Running
    folder: Path

    def fill(self, count: int = 8) -> None:
        """Make three accounts with mail."""
        for place, account in enumerate(ACCOUNTS):
            unit = {"orgUnitPath": "/", "organizations": [{"department": HACIENDA, "primary": True}]}
            self.admin.user(account, isMailboxSetup=True, suspended=False, name={"fullName": account}, **unit)
            self.admin.mailbox(account, count=count, mean_bytes=900, seed=place)

    def office(self, *, role: Role = Role.ADMINISTRATOR, **mailboxes: t.Any) -> Office:
        """Return the deployment; the standing authorisation covers the three accounts unless told otherwise."""
        given = {"domains": [DOMAIN], "administrator": HELP_DESK, "store": "nas", "standing": STANDING, **mailboxes}
        content = describe_deployment(
            self.folder,
            google={"key_file": self.running.key, "endpoint": self.running.url, "attempts": 2, "patience": 1},
            help_desk={
                "spreadsheet": self.running.spreadsheet,
                "requests_tab": "Solicitudes",
                "control_spreadsheet": self.running.control_spreadsheet,
                "control_tab": "Control",
            },
            mailboxes=given,
        )
        return office_of(content, self.folder, person=PERSON.model_copy(update={"role": role}))

    def mirror(self, *accounts: str, office: Office | None = None, **options: t.Any) -> dict[str, Outcome]:
        return mirror_accounts(office or self.office(), accounts or ACCOUNTS, **options)

    def open_case(self, account: str, number: str = "77", **grant: t.Any) -> None:
        """Record a case of an account that somebody authorised."""
        book = self.office().book
        book.record(number, "case.assigned", {"agent": "Ana"})
        book.record(number, "case.classified", {"kind": "mailbox", "subject": account, "mode": "remote"})
        given = GRANT.model_copy(update=grant).model_dump(mode="json")
        book.record(number, "case.authorised", {**given, "of": {"kind": "mailbox", "subject": account}})

    def held(self, account: str) -> dict[str, str]:
        """Id → SHA-256 of what a mirror holds and its mailbox has, read back."""
        with MirrorReader.open(mirror_folder(self.office().deployment, account)) as reader:
            reader.verify()
            return {row.id: row.sha256 for row in reader.messages() if row.deleted_at is None}

    def mailbox(self, account: str) -> dict[str, str]:
        return {one["id"]: one["sha256"] for one in self.admin.mail(account, digests=True)}

    def events(self) -> list[dict[str, t.Any]]:
        """What the ledger has of mirrors."""
        return [event.data for event in self.office().book.ledger.events() if event.event == SYNCED]

    def files(self) -> dict[str, bytes]:
        """Every file of the mirrors, but for what SQLite keeps beside a database while it is read."""
        found = (self.folder / "state" / "mirrors").rglob("*")
        return {str(path): path.read_bytes() for path in found if path.is_file() and "sqlite-" not in path.name}

    # What may be wrong

    @contextmanager
    def writing(self, account: str) -> Iterator[Mirror]:
        with Mirror.open(mirror_folder(self.office().deployment, account), account=account) as mirror:
            yield mirror

    def skip_history(self, account: str) -> None:
        """Let a mirror take itself for up to date, as a history feed that told nothing would."""
        now = self.mirror(account, look=True)[account].after
        assert now is not None
        with self.writing(account) as mirror:
            mirror.set_state(history_id=now, messages_total=len(self.admin.mail(account)), full=False)
            mirror.commit()

    def message_of(self, account: str, key: str, content: bytes) -> NewMessage:
        """Return a message of a mailbox with other bytes than it has."""
        found = next(message for message in self.admin.mail(account) if message["id"] == key)
        return NewMessage(key, key, tuple(found["labels"]), 1, 1_700_000_000_000, content)
