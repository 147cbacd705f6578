"""A finance database, a repository and the office that copies the one into the other; nothing of Google is asked."""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
import subprocess
import tempfile
import threading
import typing as t
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from copias.database import Connection
from copias.database.postgresql.session import connect
from copias.night.copying import NightOptions
from copias.night.plan import NightPlan, plan_night
from copias.office import Office
from copias.package import generate_key
from copias.repository.opening import MADE, open_repository, prepare_repository
from copias.repository.program import find_restic
from copias.repository.repository import Repository
from copias.repository.snapshots import Snapshot, list_snapshots
from copias_sandbox import sinfa
from tests.deployment import describe_deployment, office_of, write_deployment
from tests.integration.retention.forge import make_quick
from tests.waiting import wait_until

DATABASE, REPOSITORY = "hacienda", "nas"
LEAVE = {
    "authoriser": "Mariela Ejemplo Rincón",
    "post": "Secretaria General",
    "document": "Resolución 100 de 2026",
    "motive": "Continuidad",
}


@dataclasses.dataclass
class Town:
    """One installation whose only work are nightly copies."""

    office: Office
    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "inventory" / "copias.yml"  # Ansible reads every file of the inventory's folder

    @property
    def nas(self) -> Path:
        return self.folder / "nas"

    @property
    def password(self) -> Path:
        return self.folder / "repository.password"

    @property
    def repository(self) -> Repository:
        return open_repository(self.office, REPOSITORY)

    def take_repository(self, folder: Path, repository_id: str) -> None:
        """Have a prepared repository, copied."""
        shutil.copytree(folder, self.nas)
        config = hashlib.sha256((self.nas / "config").read_bytes()).hexdigest()
        self.office.record(MADE, {"repository": REPOSITORY, "id": repository_id, "config": config})

    def night(self, **given: t.Any) -> NightPlan:
        """Make tonight's copy without waiting between attempts."""
        plan = self.plan(**given)
        plan.run()
        return plan

    def plan(self, *, force: bool = False, pauses: tuple[float, ...] = (), **options: bool) -> NightPlan:
        return plan_night(self.office, DATABASE, force=force, options=NightOptions(pauses=pauses, **options))

    def snapshots(self) -> tuple[Snapshot, ...]:
        return list_snapshots(self.repository)

    def events(self) -> list[str]:
        return [event.event for event in self.office.book.ledger.events()]

    def change(self, **changes: t.Any) -> None:
        """Change the database's settings."""
        self._replace("databases", DATABASE, changes)

    def change_repository(self, **changes: t.Any) -> None:
        """Change the repository's settings."""
        self._replace("repositories", REPOSITORY, changes)

    def _replace(self, key: str, name: str, changes: dict[str, t.Any]) -> None:
        deployment = self.office.deployment
        settings = getattr(deployment, key)[name].model_copy(update=changes)
        self.office = Office(deployment.model_copy(update={key: {name: settings}}), self.office.actor)

    def restic(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Run restic as anybody could who has the password."""
        return subprocess.run(
            [find_restic(), "-r", str(self.nas), "--password-file", str(self.password), "--no-cache", *arguments],
            capture_output=True,
            timeout=60,
            check=False,
        )


def describe_town(folder: Path, source: Connection, repository: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return what the deployment's file says."""
    return describe_deployment(
        folder,
        repositories={
            REPOSITORY: {
                "kind": "path",
                "path": str(folder / "nas"),
                "password_file": str(folder / "repository.password"),
                "lock_wait": 1,
                **repository,
            }
        },
        databases={
            DATABASE: {
                "engine": "postgresql",
                "host": source.host,
                "port": source.port,
                "database": source.database,
                "user": source.user,
                "password_file": str(source.password_file),
                "department": "Secretaría de Hacienda",
                "record_series": "200-15",
                "repository": REPOSITORY,
                "authorisation": LEAVE,
            }
        },
    )


def make_town(folder: Path, source: Connection, **repository: t.Any) -> Town:
    """Return an installation in a folder; its repository lies in ``nas`` there unless said otherwise."""
    password = folder / "repository.password"
    password.write_text("clave de prueba\n")
    password.chmod(0o600)
    content = describe_town(folder, source, repository)
    town = Town(office_of(content, folder), folder)
    write_deployment(town.config, content)
    generate_key(town.office.deployment.signing_key)
    return town


@pytest.fixture(scope="session")
def server() -> Iterator[sinfa.Sinfa]:
    """One PostgreSQL for all these tests, with the demo's database."""
    # Not pytest's folder: the server is another account when we are root, and must pass through all above it.
    home = Path(tempfile.mkdtemp(prefix="copias-noche-"))
    home.chmod(0o755)
    yield sinfa.start(home / "sinfa", megabytes=3)
    sinfa.remove(home / "sinfa")
    shutil.rmtree(home)


@pytest.fixture(scope="session")
def big_database(server: sinfa.Sinfa) -> Connection:
    """A second database, with 24 MB that do not compress; of its administrator."""
    with connect(dataclasses.replace(server.administrator, database="postgres")) as session:
        session.execute("CREATE DATABASE grande TEMPLATE sinfa")
    made = dataclasses.replace(server.administrator, database="grande")
    add_documents(made, 1, 12_000)
    return made


def add_documents(administrator: Connection, first: int, last: int) -> None:
    """Add documents to a database, 2 kB each, that do not compress."""
    with connect(administrator) as session:
        session.execute(
            "INSERT INTO tesoreria.documento SELECT i, (SELECT string_agg(md5(i::text || ':' || j), '')"
            " FROM generate_series(1, 60) j) FROM generate_series(%s::int, %s::int) i",
            (first, last),
        )


@pytest.fixture(scope="session")
def new_repository(tmp_path_factory: pytest.TempPathFactory, server: sinfa.Sinfa) -> tuple[Path, str]:
    """An empty repository to copy, and its id: making one takes a second of processor, and each opening half of one."""
    made = make_town(tmp_path_factory.mktemp("nuevo"), server.reader)
    repository_id, _ = prepare_repository(made.office, REPOSITORY)
    shutil.copytree(made.nas, made.folder / "slow")
    make_quick(made.nas, made.password.read_text(encoding="utf-8").strip())
    return made.nas, repository_id


@pytest.fixture
def town(tmp_path: Path, server: sinfa.Sinfa, new_repository: tuple[Path, str]) -> Town:
    """An installation whose repository is prepared."""
    made = make_town(tmp_path, server.reader)
    made.take_repository(*new_repository)
    return made


@pytest.fixture
def big(town: Town, big_database: Connection, new_repository: tuple[Path, str]) -> Town:
    """An installation whose dump takes so long that it can be caught in the middle: restic opens its key slowly too."""
    town.change(database=big_database.database)
    shutil.rmtree(town.nas / "keys")
    shutil.copytree(new_repository[0].parent / "slow" / "keys", town.nas / "keys")
    return town


def children(name: str) -> list[psutil.Process]:
    """Return the descendants of this process that are a program, or a Python that runs a module of that name."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            command = process.cmdline()
            # Not the pg_dump that is only asked for its version; as it ends it has no words left.
            if (process.name() == name and command and "--version" not in command) or (
                name in command and process.name().startswith("python")
            ):
                found.append(process)
        except psutil.Error:
            continue
    return found


def in_the_middle(name: str, act: t.Callable[[psutil.Process], object]) -> threading.Thread:
    """Wait in a thread until a dump has begun, hold it, and do something to a program of the night."""

    def work() -> None:
        (dump, *_) = wait_until(lambda: children("pg_dump"))
        dump.suspend()
        (victim, *_) = wait_until(lambda: children(name))
        act(victim)
        with suppress(psutil.NoSuchProcess):
            dump.resume()

    thread = threading.Thread(target=work)
    thread.start()
    return thread
