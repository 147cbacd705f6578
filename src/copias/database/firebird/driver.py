"""Firebird's driver: gbak's stream, with the digests of the same moment taken beside it."""

from __future__ import annotations

import dataclasses
import typing as t
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from copias.database.children import child_environment
from copias.database.contract import Connection, Contents, DumpRecord, Row, Sink, SourceFacts, TableDigest
from copias.database.firebird.catalog import (
    Facts,
    Table,
    list_tables,
    open_powerful,
    read_facts,
    read_sequences,
    say_left_out,
)
from copias.database.firebird.definitions import read_schema
from copias.database.firebird.digest import METHOD, NO_METHOD, Digester, digest_tables
from copias.database.firebird.moment import (
    Moments,
    say_unsettled,
    settle_sequences,
)
from copias.database.firebird.new_database import drop_unfinished, give_name, restore_unfinished
from copias.database.firebird.question import ask_restored
from copias.database.firebird.restore import HEAD, check_pages, digest_restored, entrance, restore_dump, services
from copias.database.firebird.scratch import ScratchServer
from copias.database.firebird.session import Moment, Session, connect, dsn
from copias.database.firebird.tools import Tools, require_client, server_for
from copias.database.firebird.users import read_roles, read_users
from copias.database.prediction import predict_dump
from copias.database.producer import Limits, Produced, Program, ProgramFailed, Shape, produce
from copias.database.schema import sum_of_schema
from copias.database.scratch_server import Scratch
from copias.database.settling import require_same_schema, settle
from copias.errors import BadConfiguration
from copias.progress import Report

if t.TYPE_CHECKING:
    from collections.abc import Iterator

NO_DIGESTS = "Las huellas de las tablas: la copia se hizo sin ellas y no se puede comparar"
USUAL_RATE = 15e6
USUAL_SHARE = 0.65
"""Bytes a second, and bytes of dump for each byte of the database's file, of a first copy."""


@dataclass(frozen=True)
class _Source:
    """What is read of the source at the first look."""

    facts: Facts
    tables: tuple[Table, ...]
    schema: dict[str, str]
    sequences: dict[str, str]
    roles: dict[str, bool]
    users: bytes
    missing: tuple[str, ...]

    @classmethod
    def read(cls, moment: Moment) -> t.Self:
        """Read it all in one transaction."""
        users, missing = read_users(moment)
        return cls(
            facts=read_facts(moment),
            tables=list_tables(moment),
            schema=read_schema(moment),
            sequences=read_sequences(moment),
            roles=read_roles(moment),
            users=users,
            missing=missing,
        )


@dataclass(frozen=True)
class Firebird:
    """One Firebird database; meets :class:`copias.database.contract.Driver`.

    ``connection.database`` is the path or the alias of the database as its server knows it.
    """

    connection: Connection
    time_limit: float = 48 * 3600
    stall_limit: float = 15 * 60
    digests: bool = True
    """Whether the tables are digested, as always but in a benchmark: without, no restore can be compared."""
    engine: t.ClassVar[str] = "firebird"

    def probe(self, last: DumpRecord | None = None) -> SourceFacts:
        """Look at the source and predict size and duration from the last dump, or from usual rates."""
        tools = require_client(whose=str(self.connection))
        session, _ = open_powerful(self.connection)
        with closing(session):
            moment = session.begin()
            facts, tables = read_facts(moment), list_tables(moment)
            moment.end()
        size, seconds = predict_dump(facts.bytes, last, share=USUAL_SHARE, rate=USUAL_RATE)
        return SourceFacts(
            engine=self.engine,
            version=facts.version,
            major=facts.major,
            client_version=tools.version,
            bytes=facts.bytes,
            tables=sum(table.has_rows for table in tables),
            encoding=facts.encoding,
            collation=facts.collation,
            ctype=facts.structure,
            predicted_bytes=size,
            predicted_seconds=seconds,
            restorable=server_for(facts.major) is not None,
        )

    def dump(self, sink: Sink, *, report: Report, least: int = 0) -> DumpRecord:
        """Dump and digest one moment of the database; see the contract."""
        started = datetime.now(UTC)
        whose = str(self.connection)
        tools = require_client(whose=whose)
        with ExitStack() as opened:
            watching, role = open_powerful(self.connection)
            opened.enter_context(closing(watching))
            reading = opened.enter_context(closing(connect(self.connection, role=role)))
            moments = opened.enter_context(Moments(reading, watching))
            source = _Source.read(moments.first)
            wanted = source.tables if self.digests else ()
            with Digester(moments.first, wanted) as digester:
                produced = self._produce(tools, role, moments, digester, sink, report, least)
                found = digester.finish()
            tables = self._settle(moments, wanted, found)
            sequences = self._look_once_more(watching, source)
        contents = Contents(
            method=METHOD if self.digests else NO_METHOD,
            tables=tables,
            sequences=sequences,
            schema=source.schema,
            schema_sha256=sum_of_schema(source.schema),
        )
        return self._record(contents, produced, source, tools, started)

    def scratch(self, record: DumpRecord, *, folder: Path | None = None) -> AbstractContextManager[Scratch]:
        """Return a private server of the dump's version, not started yet."""
        return ScratchServer(record.major, folder=folder, room=int(record.source_bytes * 1.3))

    def restore(self, dump: Path, scratch: Scratch, record: DumpRecord, *, report: Report) -> Connection:
        """Restore into a new database of the scratch server."""
        return restore_dump(dump, scratch.connection, record, report=report, seconds=self.time_limit)

    def digest(self, restored: Connection, record: DumpRecord) -> Contents:
        """Digest a restored database."""
        return digest_restored(restored, record)

    def check(self, restored: Connection) -> tuple[str, ...]:
        """Check the restored pages and records."""
        return check_pages(restored, seconds=self.time_limit)

    def query(self, restored: Connection, sql: str, *, seconds: float = 60) -> tuple[Row, ...]:
        """Ask a restored database one question."""
        return ask_restored(restored, sql, seconds=seconds)

    def restore_unfinished(self, dump: Path, server: Connection, record: DumpRecord, *, report: Report) -> Connection:
        """Restore on a server that is not ours, shut to all but administrators."""
        return restore_unfinished(dump, server, record, report=report, seconds=self.time_limit)

    def give_name(self, unfinished: Connection, name: str) -> Connection:
        """Open it; it has had its name from the start."""
        if name != unfinished.database:
            raise ValueError(name)
        return give_name(unfinished)

    def drop_unfinished(self, unfinished: Connection) -> None:
        """Remove it."""
        drop_unfinished(unfinished)

    def _produce(
        self,
        tools: Tools,
        role: str,
        moments: Moments,
        digester: Digester,
        sink: Sink,
        report: Report,
        least: int,
    ) -> Produced:
        def both(chunk: bytes) -> None:
            moments.look_again()
            sink(chunk)

        limits, shape = Limits(self.time_limit, self.stall_limit), Shape(head=HEAD, least=least)
        with self._program(tools, role) as program:
            try:
                return produce(program, both, report=report, limits=limits, shape=shape, watch=digester.check)
            except ProgramFailed:
                digester.check()  # a server that went down explains it better, and is worth a retry
                connect(self.connection, role=role).close()
                raise

    @contextmanager
    def _program(self, tools: Tools, role: str) -> Iterator[Program]:
        if self.connection.database.startswith("-"):
            raise BadConfiguration(
                "el nombre de la base de datos no puede empezar por guion",
                whose=dsn(self.connection),
                repair="escriba en el inventario la ruta completa o un alias",
            )
        with entrance(self.connection) as (options, descriptors, hidden):
            command = [
                *(tools["gbak"], "-b", "-g", "-nodbtriggers", "-se", services(self.connection)),
                *options,
                *(("-role", role) if role else ()),
                *(self.connection.database, "stdout"),
            ]
            yield Program(command, child_environment(), str(self.connection), descriptors, hidden)

    def _settle(
        self, moments: Moments, wanted: tuple[Table, ...], found: dict[str, TableDigest]
    ) -> tuple[TableDigest, ...]:
        """Return what is known of the dump's own moment: all, when nobody committed while it began."""
        later = moments.look_again()
        return settle(found, found if moments.quiet else digest_tables(later, wanted))

    def _look_once_more(self, session: Session, source: _Source) -> dict[str, str]:
        """Return the sequences as far as they are known; the definitions must be what they were."""
        moment = session.begin()
        schema, sequences = read_schema(moment), read_sequences(moment)
        moment.end()
        require_same_schema(source.schema, schema, whose=str(self.connection))
        return settle_sequences(source.sequences, sequences)

    def _record(
        self, contents: Contents, produced: Produced, source: _Source, tools: Tools, started: datetime
    ) -> DumpRecord:
        facts = source.facts
        unsettled = say_unsettled(contents.tables, contents.sequences)
        return DumpRecord(
            **{field.name: getattr(contents, field.name) for field in dataclasses.fields(contents)},
            engine=self.engine,
            version=facts.version,
            major=facts.major,
            client_version=tools.version,
            database=self.connection.database,
            encoding=facts.encoding,
            collation=facts.collation,
            ctype=facts.structure,
            bytes=produced.bytes,
            sha256=produced.sha256,
            source_bytes=facts.bytes,
            started=started,
            finished=datetime.now(UTC),
            extensions={},
            roles=source.roles,
            left_out=(
                *say_left_out(facts, source.tables),
                *source.missing,
                *unsettled,
                *(() if self.digests else (NO_DIGESTS,)),
            ),
            globals_sql=source.users,
        )
