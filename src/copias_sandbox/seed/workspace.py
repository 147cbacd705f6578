"""Fills an empty sandbox: people, delegation, the help desk's spreadsheets and their sharing."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime

from copias_sandbox.core.dispatch import Google
from copias_sandbox.oauth.accounts import ACCOUNT, Accounts, ServiceAccount
from copias_sandbox.oauth.clients import CLIENT
from copias_sandbox.oauth.tokens import TOKEN
from copias_sandbox.rooms.drive.files import FileStore, new_file, permission
from copias_sandbox.rooms.gmail.mailboxes import MAIL_SEED
from copias_sandbox.rooms.sheets.storage import WorkbookStore
from copias_sandbox.rooms.sheets.workbook import Workbook
from copias_sandbox.seed.cases import generate
from copias_sandbox.seed.directory import fill_directory
from copias_sandbox.seed.drive import fill_drive
from copias_sandbox.seed.people import agents
from copias_sandbox.seed.sheets import Layout, control, help_desk
from copias_sandbox.seed.words import HELP_DESK

SCOPE: t.Final = "https://www.googleapis.com/auth/"
DELEGATED: t.Final = (
    f"{SCOPE}spreadsheets",
    f"{SCOPE}spreadsheets.readonly",
    f"{SCOPE}drive.readonly",
    f"{SCOPE}gmail.readonly",
    f"{SCOPE}gmail.insert",
    f"{SCOPE}gmail.labels",
    f"{SCOPE}gmail.send",
    f"{SCOPE}admin.directory.user.readonly",
)
SEEDED: t.Final = "seeded"
CREATED: t.Final = datetime(2026, 1, 2, 13, tzinfo=UTC).timestamp()


@dataclass(frozen=True)
class SeedOptions:
    """What to fill a sandbox with."""

    cases: int = 300
    seed: int = 20260101
    layout: Layout = Layout.TWO_TABS


@dataclass(frozen=True)
class Seeded:
    """What a seed made."""

    spreadsheet: str
    control_spreadsheet: str
    cases: int
    shared_drive: str = ""


def fill(google: Google, options: SeedOptions) -> Seeded:
    """Empty the sandbox, but for its clients and tokens, and fill it; the ids depend on the seed only."""
    state = google.state
    state.clear(keep=(ACCOUNT, TOKEN, CLIENT))
    desk = help_desk(generate(options.cases, options.seed), options.seed, options.layout)
    books = (desk, control(options.seed))
    with state.transaction():
        accounts = Accounts(state)
        services = [ServiceAccount(**raw) for _, raw in state.every(ACCOUNT)]
        for service in services:
            accounts.delegate(service.client_id, DELEGATED)
        fill_directory(state, google.clock, options.seed)
        for book in books:
            _share(google, book, [service.email for service in services])
        state.put(MAIL_SEED, "default", {"seed": options.seed})
        drive = fill_drive(google, [service.email for service in services], options.seed)
        made = Seeded(books[0].id, books[1].id, options.cases, drive)
        state.put(SEEDED, "last", vars(made))
    return made


def last_seeded(google: Google) -> Seeded | None:
    """Return what the last seed made, if there was one."""
    found = google.state.get(SEEDED, "last")
    return Seeded(**found) if found else None


def _share(google: Google, book: Workbook, services: list[str]) -> None:
    store = t.cast("WorkbookStore", google.services["workbooks"])
    store.save(book)
    file = new_file(book.id, book.title, owner=HELP_DESK, now=CREATED)
    writers = [*services, *(person.email for person in agents())]
    file["permissions"] += [permission(email, "writer") for email in writers]
    FileStore(google.state).put(file)
