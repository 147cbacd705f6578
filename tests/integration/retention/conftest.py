"""A real restic repository with the nights of a database, and an office that knows them."""

from __future__ import annotations

import os
import shutil
import subprocess
import typing as t
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from copias.config import Deployment
from copias.ledger import Event
from copias.night.catalogue import MADE, REMOVED, VERIFIED, VOIDED, NightCopy, list_night_copies
from copias.office import Office
from copias.package.signing import generate_key
from copias.people import Actor, Person, Role, read_identity
from copias.repository.opening import prepare_repository
from copias.repository.program import find_restic
from tests.deployment import PERSON, describe_deployment, write_deployment
from tests.integration.retention.forge import Forge, make_quick

PASSWORD = "una clave de prueba"
MINUTE = timedelta(minutes=1)


@dataclass
class Nights:
    """An office, its repository ``nas``, and the means to let years of nights pass."""

    office: Office
    folder: Path
    forge: Forge
    settings: dict[str, t.Any] = field(default_factory=dict)
    """``retention`` of the file that :meth:`write_config` writes."""
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    def add(self, moment: datetime, *, database: str = "hacienda", verified: bool = True) -> NightCopy:
        """Add the night of a moment: its snapshot, and what the ledger says of it."""
        name = f"noche-{database}-{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        path = f"/{database}.dump"
        snapshot = self.forge.add(moment, host=database, path=path, tags=(f"run={name}", "engine=postgresql"))
        copy = NightCopy(
            copy=name,
            database=database,
            repository="nas",
            snapshot=snapshot,
            path=path,
            bytes=1000,
            sha256="ab" * 32,
            tables=3,
            rows=30,
            started=(moment + MINUTE).isoformat(),
            finished=(moment + 2 * MINUTE).isoformat(),
        )
        self.office.record(MADE, copy.to_event())
        if verified:
            self.office.record(VERIFIED, {"copy": name, "level": "read"})
        return copy

    @property
    def noon(self) -> datetime:
        """The last noon: a moment that no test of a day's copies comes near midnight with."""
        noon = self.now.replace(hour=12, minute=0, second=0)
        return noon if noon <= self.now else noon - timedelta(days=1)

    def add_days(self, count: int, *, database: str = "hacienda", newest: timedelta = timedelta()) -> list[str]:
        """Add a night a day, the last of them ``newest`` before noon; return their names, the oldest first."""
        moments = [self.noon - newest - timedelta(days=count - 1 - day) for day in range(count)]
        return [self.add(moment, database=database).copy for moment in moments]

    def listed(self) -> set[str]:
        """Return the ids that restic itself lists."""
        return {one["id"] for one in orjson.loads(self.restic("snapshots", "--json"))}

    def restic(self, *arguments: str) -> bytes:
        """Run restic by itself, as nobody's tool."""
        environment = {**os.environ, "RESTIC_REPOSITORY": str(self.folder / "nas"), "RESTIC_PASSWORD": PASSWORD}
        return subprocess.run(
            [find_restic(), "--no-cache", *arguments], env=environment, capture_output=True, check=True
        ).stdout

    def existing(self) -> list[str]:
        """Return the copies that count, by the ledger."""
        return [copy.copy for copy in list_night_copies(self.office.book.ledger.events())]

    def events(self, name: str) -> list[Event]:
        return [event for event in self.office.book.ledger.events() if event.event == name]

    def removed(self) -> list[str]:
        return [event.data["copy"] for event in self.events(REMOVED)]

    def record_at(self, moment: datetime, event: str, data: dict[str, t.Any]) -> None:
        """Write an event of another day, as the ledger would have then."""
        with self.office.book.ledger.transaction(self.office.actor.to_event()) as page:
            entry = Event(page.head.count + 1, moment.isoformat(), event, None, None, {}, data, page.head.sha256)
            page.stream.seek(0, os.SEEK_END)
            page.stream.write(entry.to_line() + b"\n")

    def void(self, copy: str) -> None:
        self.office.record(VOIDED, {"copy": copy, "why": "de prueba"})

    def configure(self, **retention: t.Any) -> None:
        """Set keys of ``retention`` from now on."""
        office = self.office
        settings = office.deployment.retention.model_validate({**office.deployment.retention.model_dump(), **retention})
        self.office = Office(office.deployment.model_copy(update={"retention": settings}), office.actor)

    def write_config(self) -> Path:
        """Write the deployment's file that the office was read from."""
        path = self.folder / "inventory" / "copias.yml"
        write_deployment(path, {**deployment_of(self.folder), "retention": self.settings})
        return path


def deployment_of(folder: Path) -> dict[str, t.Any]:
    """Return the content of a deployment's file whose help desk is never asked."""
    database = {
        "engine": "postgresql",
        "host": "127.0.0.1",
        "database": "x",
        "user": "x",
        "department": "Hacienda",
        "record_series": "Contabilidad",
    }
    places = {"nas": "packages", "otra": "elsewhere"}
    return describe_deployment(
        folder,
        directory=False,
        stores={name: {"kind": "folder", "path": str(folder / place)} for name, place in places.items()},
        repositories={"nas": {"kind": "path", "path": str(folder / "nas"), "password_file": str(folder / "password")}},
        databases={name: {**database, "repository": "nas"} for name in ("hacienda", "nomina")},
    )


def make_office(folder: Path, *, account: str = "", name: str = PERSON.name, role: Role = Role.ADMINISTRATOR) -> Office:
    """Return the office of a person; another account is another person."""
    identity = read_identity()
    if account:
        identity = type(identity)(account, identity.proof)
    deployment = Deployment.model_validate(deployment_of(folder), context={"folder": folder})
    return Office(deployment, Actor(identity, Person(name=name, role=role)))


@pytest.fixture(scope="session")
def empty_repository(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a place whose repository is empty, and the tree that its snapshots are of."""
    folder = tmp_path_factory.mktemp("place")
    password = folder / "password"
    password.write_text(PASSWORD + "\n", encoding="utf-8")
    password.chmod(0o600)
    office = make_office(folder)
    prepare_repository(office, "nas")
    make_quick(folder / "nas", PASSWORD)
    office.deployment.signing_key.parent.mkdir(mode=0o700, exist_ok=True)
    generate_key(office.deployment.signing_key)
    nights = Nights(office, folder, forge=t.cast("Forge", None))
    nights.restic("backup", "--host=none", str(password))
    (first,) = orjson.loads(nights.restic("snapshots", "--json"))
    nights.restic("forget", first["id"])
    return folder, first["tree"]


@pytest.fixture
def nights(empty_repository: tuple[Path, str], tmp_path: Path) -> Nights:
    """An office whose repository has no night yet."""
    template, tree = empty_repository
    folder = shutil.copytree(template, tmp_path / "place")
    return Nights(make_office(folder), folder, Forge(folder / "nas", PASSWORD, tree=tree))
