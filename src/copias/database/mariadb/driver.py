"""MariaDB's driver: mariadb-dump's stream, with the digests of the same moment taken beside it."""

from __future__ import annotations

import dataclasses
import typing as t
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from copias.database.children import child_environment
from copias.database.contract import Connection, Contents, DumpRecord, Row, Sink, SourceFacts, TableDigest
from copias.database.mariadb.catalog import list_tables, read_facts, say_left_out
from copias.database.mariadb.digest import METHOD, NO_METHOD, Digester, digest_all, require_method
from copias.database.mariadb.faults import explain_dump
from copias.database.mariadb.grants import require_reading
from copias.database.mariadb.moment import GLOBAL_SINCE, Moment, open_moment
from copias.database.mariadb.new_database import drop_unfinished, give_name, restore_unfinished, warn_of_mentions
from copias.database.mariadb.question import ask_restored
from copias.database.mariadb.restore import COUNTER, check_tables, digest_restored, restore_dump
from copias.database.mariadb.scratch import OWN_ROOM, ScratchServer
from copias.database.mariadb.session import connect, explained, options_in_memory
from copias.database.mariadb.settling import say_unsettled
from copias.database.mariadb.source import Source, look, look_again
from copias.database.mariadb.stream import TAIL, StreamReader
from copias.database.mariadb.tools import Program as DumpProgram
from copias.database.mariadb.tools import dump_program, server_for
from copias.database.prediction import predict_dump
from copias.database.producer import Limits, Produced, Program, ProgramFailed, Shape, produce
from copias.database.schema import sum_of_schema
from copias.database.scratch_server import Scratch
from copias.database.settling import settle
from copias.errors import CopyFailed
from copias.progress import Report

if t.TYPE_CHECKING:
    from collections.abc import Iterator

LOCK_WAIT = 30.0
"""Seconds of trying to stop all writing for a moment."""
USUAL_RATE = 40e6
USUAL_SHARE = 0.9
"""Bytes a second, and bytes of dump for each byte on the server's disk, of a first copy."""
OPTIONS = (
    "--single-transaction",
    "--quick",
    "--routines",
    "--events",
    "--triggers",
    "--hex-blob",
    "--skip-dump-date",
    "--order-by-primary",
    # While tables are locked no other is read, and a column's default may be the next value of a sequence.
    "--skip-add-locks",
    "--no-tablespaces",
    "--max-allowed-packet=1G",
    "--default-character-set=utf8mb4",
)


NO_DIGESTS = "Las huellas de las tablas: la copia se hizo sin ellas y no se puede comparar"


@dataclass(frozen=True)
class MariaDB:
    """One MariaDB or MySQL database; meets :class:`copias.database.contract.Driver`."""

    connection: Connection
    time_limit: float = 48 * 3600
    stall_limit: float = 15 * 60
    lock_wait: float = LOCK_WAIT
    digests: bool = True
    """Whether the tables are digested, as always but in a benchmark: without, no restore can be compared."""
    engine: str = "mariadb"

    def probe(self, last: DumpRecord | None = None) -> SourceFacts:
        """Look at the source and predict size and duration from the last dump, or from usual rates."""
        database = self.connection.database
        with closing(connect(self.connection)) as session, explained(str(self.connection)):
            require_reading(session, database, whose=str(self.connection))
            facts = read_facts(session, database)
            tables = list_tables(session, database)
        program = dump_program(whose=str(self.connection))
        size, seconds = predict_dump(facts.bytes, last, share=USUAL_SHARE, rate=USUAL_RATE)
        return SourceFacts(
            engine=self.engine,
            version=facts.version,
            major=facts.major,
            client_version=program.version,
            bytes=facts.bytes,
            tables=sum(table.has_rows for table in tables),
            encoding=facts.encoding,
            collation=facts.collation,
            ctype=facts.ctype,
            predicted_bytes=size,
            predicted_seconds=seconds,
            restorable=server_for(facts.major, mariadb=facts.mariadb) is not None,
        )

    def dump(self, sink: Sink, *, report: Report, least: int = 0) -> DumpRecord:
        """Dump and digest one moment of the database; see the contract."""
        started = datetime.now(UTC)
        program = dump_program(whose=str(self.connection))
        source = look(self.connection)
        reader = StreamReader()
        if self.digests:
            produced, tables, unsettled = self._dump_with_digests(program, source, reader, sink, report, least)
        else:
            produced = self._produce(program, reader, lambda: None, sink, report, least)
            tables, unsettled = (), (NO_DIGESTS,)
        look_again(self.connection, source)
        self._require_same_tables(source, reader)
        contents = Contents(
            method=METHOD if self.digests else NO_METHOD,
            tables=tables,
            sequences=self._counters(reader),
            schema=source.schema,
            schema_sha256=sum_of_schema(source.schema),
        )
        return self._record(contents, produced, source, program, started, unsettled)

    def scratch(self, record: DumpRecord, *, folder: Path | None = None) -> AbstractContextManager[Scratch]:
        """Return a private server of the dump's series or a newer one, not started yet."""
        return ScratchServer(
            record.major,
            folder=folder,
            room=int(record.source_bytes * 1.3) + OWN_ROOM,
            letter_case=0 if record.ctype.endswith("=0") else 1,
            mariadb="MariaDB" in record.version,
        )

    def restore(self, dump: Path, scratch: Scratch, record: DumpRecord, *, report: Report) -> Connection:
        """Restore into a new database of the scratch server."""
        return restore_dump(dump, scratch.connection, record, report=report, seconds=self.time_limit)

    def digest(self, restored: Connection, record: DumpRecord) -> Contents:
        """Digest a restored database."""
        require_method(record.method, whose=str(self.connection))
        return digest_restored(restored, record)

    def check(self, restored: Connection) -> tuple[str, ...]:
        """Check the restored tables and their indexes."""
        return check_tables(restored)

    def query(self, restored: Connection, sql: str, *, seconds: float = 60) -> tuple[Row, ...]:
        """Ask a restored database one question."""
        return ask_restored(restored, sql, seconds=seconds)

    def restore_unfinished(self, dump: Path, server: Connection, record: DumpRecord, *, report: Report) -> Connection:
        """Restore on a server that is not ours, into a database with a mark."""
        return restore_unfinished(dump, server, record, report=report, seconds=self.time_limit)

    def warn_of_restored(self, restored: Connection, record: DumpRecord) -> tuple[str, ...]:
        """Name the objects that reach into the database that was copied."""
        return warn_of_mentions(restored, record)

    def give_name(self, unfinished: Connection, name: str) -> Connection:
        """Take the mark off; it has had its name from the start."""
        if name != unfinished.database:
            raise ValueError(name)
        return give_name(unfinished)

    def drop_unfinished(self, unfinished: Connection) -> None:
        """Remove it."""
        drop_unfinished(unfinished)

    def _dump_with_digests(
        self, program: DumpProgram, source: Source, reader: StreamReader, sink: Sink, report: Report, least: int
    ) -> tuple[Produced, tuple[TableDigest, ...], tuple[str, ...]]:
        """Dump, digest the same moment, and say what that does not prove."""
        label = self.connection.database
        found = digest_all(self.connection, source.moving, label=label) if source.moving else {}
        with self._open_moment(source) as moment:
            reader.begun = moment.release
            with Digester(self.connection, moment.sessions, source.still, label) as digester:
                watch = _both(digester.check, moment.check)
                produced = self._produce(program, reader, watch, sink, report, least)
                moment.release()
                found |= digester.finish()
            tables = settle(found, found | self._digest_again(source, moment))
        moving = [table.name for table in source.moving]
        return produced, tables, say_unsettled(tables, moving, shared=moment.shared)

    def _open_moment(self, source: Source) -> AbstractContextManager[Moment]:
        facts = source.facts
        everywhere = facts.mariadb and facts.major >= GLOBAL_SINCE
        return open_moment(self.connection, source.tables, lock_wait=self.lock_wait, everywhere=everywhere)

    def _digest_again(self, source: Source, moment: Moment) -> dict[str, TableDigest]:
        """Digest once more what the moment does not hold still: before and after must agree."""
        label = self.connection.database
        found: dict[str, TableDigest] = {}
        if moment.later:
            with Digester(self.connection, moment.later, source.still, label) as digester:
                found = digester.finish()
        if source.moving:
            found |= digest_all(self.connection, source.moving, label=label)
        return found

    def _produce(
        self,
        dump: DumpProgram,
        reader: StreamReader,
        watch: t.Callable[[], None],
        sink: Sink,
        report: Report,
        least: int,
    ) -> Produced:
        def both(chunk: bytes) -> None:
            reader.feed(chunk)
            sink(chunk)

        shape = Shape(tail=TAIL, least=least)
        limits = Limits(self.time_limit, self.stall_limit)
        with self._program(dump) as program:
            try:
                produced = produce(program, both, report=report, limits=limits, shape=shape, watch=watch)
            except ProgramFailed as error:
                watch()  # a server that went down explains it better, and is worth a retry
                if meaning := explain_dump(error):
                    raise meaning from error
                raise
        if not reader.finish():
            raise CopyFailed("lo que produjo el programa de volcado no empieza como un volcado", whose=program.whose)
        return produced

    @contextmanager
    def _program(self, dump: DumpProgram) -> Iterator[Program]:
        with options_in_memory(self.connection) as (options, pass_fds, secrets):
            command = [str(dump.path), options, *OPTIONS, "--", self.connection.database]
            yield Program(command, child_environment(), str(self.connection), pass_fds, secrets)

    def _counters(self, reader: StreamReader) -> dict[str, str]:
        """Return the next values of sequences and counters as they are in the dump: no snapshot holds them."""
        label = self.connection.database
        counters = {f"{label}.{name}.{COUNTER}": str(value) for name, value in reader.counters.items() if value > 1}
        return {**counters, **{f"{label}.{name}": value for name, value in reader.sequences.items()}}

    def _record(
        self,
        contents: Contents,
        produced: Produced,
        source: Source,
        program: DumpProgram,
        started: datetime,
        unsettled: tuple[str, ...],
    ) -> DumpRecord:
        facts, accounts = source.facts, source.accounts
        return DumpRecord(
            **{field.name: getattr(contents, field.name) for field in dataclasses.fields(contents)},
            engine=self.engine,
            version=facts.version,
            major=facts.major,
            client_version=program.version,
            database=self.connection.database,
            encoding=facts.encoding,
            collation=facts.collation,
            ctype=facts.ctype,
            bytes=produced.bytes,
            sha256=produced.sha256,
            source_bytes=facts.bytes,
            started=started,
            finished=datetime.now(UTC),
            extensions={},
            roles=accounts.roles,
            left_out=(*say_left_out(source.tables), *unsettled, *accounts.missing),
            globals_sql=accounts.sql,
        )

    def _require_same_tables(self, source: Source, reader: StreamReader) -> None:
        """Raise unless the dump carries exactly the tables that were looked at."""
        odd = {table.name for table in source.tables} ^ set(reader.tables)
        if odd:
            raise CopyFailed(
                "el volcado y las huellas no cubren las mismas tablas; la copia se descartó",
                whose=str(self.connection),
                why=f"difieren en: {', '.join(sorted(odd)[:5])}",
                repair="avise al administrador del programa, con este mensaje",
            )


def _both(first: t.Callable[[], None], second: t.Callable[[], None]) -> t.Callable[[], None]:
    def watch() -> None:
        first()
        second()

    return watch
