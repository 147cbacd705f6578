"""What every database engine offers, and the plain data that passes between the parts.

An engine is one sub-package with a class that meets :class:`Driver`, and one line in
:mod:`copias.database.registry`.
"""

from __future__ import annotations

import typing as t
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

from copias.database.scratch_server import Scratch
from copias.errors import BadConfiguration
from copias.progress import Report

Raw: t.TypeAlias = bytes
"""The type, where a field is called ``bytes``."""
Row: t.TypeAlias = "tuple[t.Any, ...]"
"""A row of an answer: ``None``, ``int``, ``Decimal``, ``float``, ``str``, ``bytes``, ``date`` or ``datetime``."""
MOST_ROWS = 1000
"""Rows of an answer that :meth:`Driver.query` returns at most."""
Sink: t.TypeAlias = "t.Callable[[bytes], object]"
"""Takes the dump's bytes in order; what it raises stops the dump and reaches the caller as it is."""


@dataclass(frozen=True)
class Connection:
    """Where a database is and who reads it. ``host`` may be a folder that holds a socket.

    The password is never a value here: ``password_file`` names the file whose first line it is.
    """

    host: str
    port: int
    database: str
    user: str
    password_file: Path | None = None

    def __str__(self) -> str:
        """Return what an agent needs to find it; never the password."""
        return f"base de datos «{self.database}» en {self.host}:{self.port}"

    def password(self) -> str | None:
        """Read the password, or ``None`` when no file is configured.

        Raises:
            BadConfiguration: the file is not there, is empty or cannot be read.
        """
        if self.password_file is None:
            return None
        try:
            text = self.password_file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BadConfiguration(
                "no se pudo leer el archivo de la contraseña",
                whose=str(self),
                why=f"{self.password_file}: {getattr(error, 'strerror', None) or 'no es texto UTF-8'}",
                repair="revise la ruta y que la cuenta del servicio pueda leer el archivo",
            ) from error
        password = text.partition("\n")[0].rstrip("\r")
        if not password:
            raise BadConfiguration(
                "el archivo de la contraseña está vacío",
                whose=str(self),
                why=str(self.password_file),
                repair="escriba la contraseña en la primera línea del archivo",
            )
        return password


@dataclass(frozen=True)
class TableDigest:
    """The rows of one table, whatever their order: their number and two independent 64-bit sums.

    ``xor`` and ``total`` are decimal text; what they are sums of is :attr:`Contents.method`. Both are empty where
    the content at the dump's moment is not known; ``left_out`` then says why.
    """

    schema: str
    table: str
    rows: int
    xor: str
    total: str

    @property
    def known(self) -> bool:
        """Return whether there are sums to compare with."""
        return bool(self.xor and self.total)

    @property
    def name(self) -> str:
        """Return ``schema.table`` for people to read."""
        return f"{self.schema}.{self.table}"


@dataclass(frozen=True)
class LargeObjects:
    """The objects kept outside of tables: their number, and a digest of their ids and content."""

    count: int = 0
    digest: str = "0"


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What a database holds, in a form that can be compared.

    ``method`` names how the digests were computed: only equal methods compare. ``sequences`` maps
    ``schema.name`` to ``value,called``. ``schema`` maps each object to the start of the SHA-256 of
    its definition, so that a difference can be named; ``schema_sha256`` is the proof.
    """

    method: str
    tables: tuple[TableDigest, ...]
    sequences: dict[str, str]
    schema: dict[str, str]
    schema_sha256: str
    large_objects: LargeObjects = LargeObjects()


@dataclass(frozen=True, kw_only=True)
class DumpRecord(Contents):
    """What is known of a dump that was made: enough to prove a restore equal years later.

    Plain data. ``globals_sql`` (roles and the like, without passwords) is kept apart: it is an
    entry of its own in the package. ``left_out`` says in Spanish what a dump of this kind does not
    carry. ``bytes`` and ``sha256`` are of the dump; ``source_bytes`` is the database's size.
    """

    engine: str
    version: str
    major: int
    client_version: str
    database: str
    encoding: str
    collation: str
    ctype: str
    bytes: int
    sha256: str
    source_bytes: int
    started: datetime
    finished: datetime
    extensions: dict[str, str]
    roles: dict[str, bool]
    left_out: tuple[str, ...] = ()
    globals_sql: Raw = b""

    @property
    def seconds(self) -> float:
        """Return how long the dump and its digests took."""
        return (self.finished - self.started).total_seconds()

    @property
    def rows(self) -> int:
        """Return the rows of all tables."""
        return sum(table.rows for table in self.tables)

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain JSON data, without ``globals_sql``."""
        data = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "globals_sql"}
        data["tables"] = [vars(table).copy() for table in self.tables]
        data["large_objects"] = vars(self.large_objects).copy()
        data["left_out"] = list(self.left_out)
        for moment in ("started", "finished"):
            data[moment] = data[moment].astimezone(UTC).isoformat().replace("+00:00", "Z")
        return data

    @classmethod
    def from_dict(cls, data: t.Mapping[str, t.Any], *, globals_sql: Raw = b"") -> t.Self:
        """Rebuild a record from :meth:`to_dict`.

        Raises:
            BadConfiguration: a field is missing, unknown or malformed.
        """
        try:
            values = dict(data)
            values["tables"] = tuple(TableDigest(**table) for table in values["tables"])
            values["large_objects"] = LargeObjects(**values["large_objects"])
            values["left_out"] = tuple(values.get("left_out", ()))
            for moment in ("started", "finished"):
                values[moment] = datetime.fromisoformat(values[moment])
            return cls(**values, globals_sql=globals_sql)
        except (KeyError, TypeError, ValueError) as error:
            raise BadConfiguration(
                "el registro del volcado no se entiende",
                why=repr(error),
                repair="use el manifiesto tal como lo escribió el programa",
            ) from error


@dataclass(frozen=True)
class SourceFacts:
    """What a look at the source tells before anything is copied.

    ``bytes`` is the database's size on its server's disk; the two predictions are for the dump.
    """

    engine: str
    version: str
    major: int
    client_version: str
    bytes: int
    tables: int
    encoding: str
    collation: str
    ctype: str
    predicted_bytes: int
    predicted_seconds: float
    restorable: bool
    """Whether a server of this version can be started here, so that the copy can be proved by restoring it."""


class Driver(t.Protocol):
    """One engine's way to copy one database and to prove the copy."""

    @property
    def engine(self) -> str:
        """Return the engine's name in the inventory."""
        ...

    @property
    def connection(self) -> Connection:
        """Return the database that it copies."""
        ...

    def probe(self, last: DumpRecord | None = None) -> SourceFacts:
        """Look at the source, change nothing; ``last`` sharpens the prediction.

        Raises:
            SourceUnavailable: the server does not answer.
            NotReady: it does, but a condition is not met (password, permission, tools).
        """
        ...

    def dump(self, sink: Sink, *, report: Report, least: int = 0) -> DumpRecord:
        """Send the whole database to ``sink`` and digest it as of the same moment.

        On any doubt it raises, so a sink that is finished only after this returns never holds half a dump.

        Args:
            sink: takes the bytes, in chunks of about 1 MiB, in the calling thread.
            report: told the bytes of each chunk.
            least: the fewest bytes that are believable; usually half of the last dump.
        """
        ...

    def scratch(self, record: DumpRecord, *, folder: Path | None = None) -> AbstractContextManager[Scratch]:
        """Start a private server fit to restore that dump; ``folder`` holds its data.

        Raises:
            NotReady: no such server can be started on this machine.
        """
        ...

    def restore(self, dump: Path, scratch: Scratch, record: DumpRecord, *, report: Report) -> Connection:
        """Restore a dump file into a new database of ``scratch`` and return how to reach it.

        Raises:
            NotEqual: the dump does not restore; the tool's own words are in the message.
        """
        ...

    def digest(self, restored: Connection, record: DumpRecord) -> Contents:
        """Digest a restored database in the way that ``record`` was made."""
        ...

    def check(self, restored: Connection) -> tuple[str, ...]:
        """Return what the engine's own consistency check finds wrong, in Spanish; nothing is good."""
        ...

    def query(self, restored: Connection, sql: str, *, seconds: float = 60) -> tuple[Row, ...]:
        """Ask a restored database one question, in a transaction that only reads, and return at most 1,000 rows.

        Raises:
            BadConfiguration: the question is not one that this engine understands; its own words are in the message.
        """
        ...
