"""What passes between the process that runs restic and the one that restic runs, as files of the copy's run folder.

``job.json`` says what to dump: no secret, the password is a path. The dumping process answers with ``record.json``
(and ``globals.sql``), or with ``error.json``; each is whole or absent, and on the disk before that process ends.
"""

from __future__ import annotations

import shutil
import typing as t
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from copias import errors
from copias.database.contract import Connection, DumpRecord
from copias.errors import BackupError, CopyFailed
from copias.files import make_private_directory, write_atomically

if t.TYPE_CHECKING:
    from copias.office import Office
    from copias.sinfa.settings import DatabaseSettings


@dataclass(frozen=True, kw_only=True)
class Job:
    """One dump that is to be made.

    Args:
        engine: of the inventory.
        host: of the server, or the folder of its socket.
        port: of the server.
        database: name in the server.
        user: who reads it.
        password_file: path of the file whose first line is the password.
        time_limit: seconds for the whole dump.
        least: the fewest bytes that are believable.
        digests: whether the tables are digested; without, no restore of this copy can be compared.
    """

    engine: str
    host: str
    port: int
    database: str
    user: str
    password_file: str | None
    time_limit: float
    least: int = 0
    digests: bool = True

    @property
    def connection(self) -> Connection:
        """Return where the database is."""
        secret = Path(self.password_file) if self.password_file else None
        return Connection(self.host, self.port, self.database, self.user, secret)

    @classmethod
    def of(cls, settings: DatabaseSettings, *, least: int, digests: bool) -> Job:
        """Return the job of a database of the inventory."""
        return cls(
            engine=settings.engine,
            host=settings.host,
            port=settings.port,
            database=settings.database,
            user=settings.user,
            password_file=str(settings.password_file) if settings.password_file else None,
            time_limit=settings.time_limit.total_seconds(),
            least=least,
            digests=digests,
        )


class JobFolder:
    """The folder of one copy while it is made."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def make(cls, office: Office, copy: str, job: Job) -> JobFolder:
        """Make the folder with its job."""
        path = make_private_directory(nights(office) / copy)
        write_atomically(path / "job.json", orjson.dumps(asdict(job)))
        return cls(path)

    def read_job(self) -> Job:
        """Return what to dump."""
        return Job(**orjson.loads((self.path / "job.json").read_bytes()))

    def write_record(self, record: DumpRecord) -> None:
        """Say that the dump is whole; the record comes last and is the commit."""
        write_atomically(self.path / "globals.sql", record.globals_sql)
        write_atomically(self.path / "record.json", orjson.dumps(record.to_dict()))

    def read_record(self) -> DumpRecord | None:
        """Return what is known of the dump, ``None`` when it did not become whole."""
        try:
            data = orjson.loads((self.path / "record.json").read_bytes())
        except FileNotFoundError:
            return None
        return DumpRecord.from_dict(data, globals_sql=(self.path / "globals.sql").read_bytes())

    def write_error(self, error: BackupError) -> None:
        """Say what the dump failed of."""
        # Its nearest kin that everybody knows: a driver's own class need not be known where it is read.
        known = next(kind.__name__ for kind in type(error).__mro__ if kind.__module__ == errors.__name__)
        write_atomically(self.path / "error.json", orjson.dumps({**error.facts(), "error": known}))

    def read_error(self) -> BackupError | None:
        """Return what the dump failed of, ``None`` when it did not say."""
        try:
            facts = orjson.loads((self.path / "error.json").read_bytes())
        except FileNotFoundError:
            return None
        kind: type[BackupError] = getattr(errors, facts["error"], CopyFailed)
        return kind(facts["what"], whose=facts["whose"], why=facts["why"], repair=facts["repair"])

    def remove(self) -> None:
        """Remove the folder: what it said is kept elsewhere, or worth nothing."""
        shutil.rmtree(self.path, ignore_errors=True)


def nights(office: Office) -> Path:
    """Return the folder with one folder for each copy that is being made."""
    return office.deployment.state / "night"
