"""PostgreSQL's driver: pg_dump's stream, with the digests of the same moment taken beside it."""

from __future__ import annotations

import dataclasses
import time
import typing as t
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from copias.database.contract import Connection, Contents, DumpRecord, Row, Sink, SourceFacts
from copias.database.postgresql.archive import MAGIC, Archive, HeadReader
from copias.database.postgresql.catalog import Facts, list_relations, read_facts
from copias.database.postgresql.creating import warn_of_order
from copias.database.postgresql.digest import NO_METHOD, Digester, NoDigester, method_for, require_method
from copias.database.postgresql.new_database import drop_unfinished, give_name, restore_unfinished
from copias.database.postgresql.passwords import password_in_memory
from copias.database.postgresql.question import ask
from copias.database.postgresql.restore import check_indexes, digest_restored, restore_dump
from copias.database.postgresql.roles import RolesReader
from copias.database.postgresql.scratch import ScratchServer
from copias.database.postgresql.session import connect, conninfo, encoding_of, explained
from copias.database.postgresql.snapshot import Snapshot, open_snapshot, require_held
from copias.database.postgresql.tools import Tools, client_for, server_for
from copias.database.postgresql.wording import fixed
from copias.database.prediction import predict_dump
from copias.database.producer import Limits, Produced, Program, ProgramFailed, Shape, produce
from copias.database.scratch_server import Scratch
from copias.errors import CopyFailed, SourceUnavailable
from copias.progress import Report

if t.TYPE_CHECKING:
    from collections.abc import Iterator

LOCK_WAIT = 30.0
"""Seconds to come by all locks at once, ours and pg_dump's."""
DUMP_LOCK_WAIT = 2.0
"""Seconds that pg_dump waits for its own locks. Whoever queued between ours and its own waits for us, so it
would wait for ever: better let that one through and start over."""
NO_DIGESTS = "Las huellas de las tablas y de los objetos grandes: la copia se hizo sin ellas y no se puede comparar"
USUAL_RATE = 60e6
USUAL_SHARE = 0.8
"""Bytes a second, and bytes of dump for each byte on the server's disk, of a first copy."""


@dataclass(frozen=True)
class PostgreSQL:
    """One PostgreSQL database; meets :class:`copias.database.contract.Driver`."""

    connection: Connection
    time_limit: float = 48 * 3600
    stall_limit: float = 15 * 60
    lock_wait: float = LOCK_WAIT
    dump_lock_wait: float = DUMP_LOCK_WAIT
    digests: bool = True
    """Whether the tables are digested, as always but in a benchmark: without, no restore can be compared."""
    engine: t.ClassVar[str] = "postgresql"

    def probe(self, last: DumpRecord | None = None) -> SourceFacts:
        """Look at the source and predict size and duration from the last dump, or from usual rates."""
        with connect(self.connection) as session, explained(str(self.connection)):
            facts = read_facts(session)
            relations = list_relations(session)
        tools = client_for(facts.major, whose=str(self.connection))
        size, seconds = predict_dump(facts.bytes, last, share=USUAL_SHARE, rate=USUAL_RATE)
        return SourceFacts(
            engine=self.engine,
            version=facts.version,
            major=facts.major,
            client_version=tools.version,
            bytes=facts.bytes,
            tables=sum(relation.has_rows for relation in relations),
            encoding=facts.encoding,
            collation=facts.collation,
            ctype=facts.ctype,
            predicted_bytes=size,
            predicted_seconds=seconds,
            restorable=server_for(facts.major) is not None,
        )

    def dump(self, sink: Sink, *, report: Report, least: int = 0) -> DumpRecord:
        """Dump and digest one moment of the database; see the contract."""
        deadline = time.monotonic() + self.lock_wait
        while True:
            try:
                with open_snapshot(self.connection, lock_wait=self.lock_wait) as snapshot:
                    return self._dump(snapshot, sink, report, least)
            except ProgramFailed as error:
                # Before the first byte nothing is lost: somebody's lock came between ours and pg_dump's.
                if error.count or "LOCK TABLE" not in error.words:
                    raise
                if time.monotonic() > deadline:
                    raise self._locked_out(error) from error

    def scratch(self, record: DumpRecord, *, folder: Path | None = None) -> AbstractContextManager[Scratch]:
        """Return a private server of the dump's version, not started yet."""
        return ScratchServer(record.major, folder=folder, room=int(record.source_bytes * 1.3))

    def restore(self, dump: Path, scratch: Scratch, record: DumpRecord, *, report: Report) -> Connection:
        """Restore into a new database of the scratch server."""
        return restore_dump(dump, scratch.connection, record, report=report, seconds=self.time_limit)

    def digest(self, restored: Connection, record: DumpRecord) -> Contents:
        """Digest a restored database."""
        require_method(record.method, whose=str(self.connection))
        return digest_restored(restored, record)

    def check(self, restored: Connection) -> tuple[str, ...]:
        """Check the restored indexes and pages."""
        return check_indexes(restored)

    def query(self, restored: Connection, sql: str, *, seconds: float = 60) -> tuple[Row, ...]:
        """Ask a restored database one question."""
        return ask(restored, sql, seconds=seconds)

    def restore_unfinished(self, dump: Path, server: Connection, record: DumpRecord, *, report: Report) -> Connection:
        """Restore on a server that is not ours, under a passing name."""
        return restore_unfinished(dump, server, record, report=report, seconds=self.time_limit)

    def warn_of_restored(self, restored: Connection, record: DumpRecord) -> tuple[str, ...]:
        """Say so when the server sorts text in another way than the source's."""
        return warn_of_order(restored, record)

    def give_name(self, unfinished: Connection, name: str) -> Connection:
        """Give a database that was restored the name it was wanted under."""
        return give_name(unfinished, name)

    def drop_unfinished(self, unfinished: Connection) -> None:
        """Remove it."""
        drop_unfinished(unfinished)

    def _dump(self, snapshot: Snapshot, sink: Sink, report: Report, least: int) -> DumpRecord:
        started = datetime.now(UTC)
        whose = str(self.connection)
        number = snapshot.session.info.server_version
        tools = client_for(number // 10000, whose=whose)
        method = method_for(number) if self.digests else NO_METHOD
        with (
            self._digester(snapshot, method) as digester,
            HeadReader(tools, whose, encoding_of(snapshot.session)) as head,
            RolesReader(self.connection, tools) as roles,
            self._program(tools, snapshot) as program,
        ):
            passed_on = _tee(head.feed, roles.feed, sink)
            produced = self._produce(program, snapshot, passed_on, report, digester.check, least)
            archive = head.finish()
            self._require_same_tables(archive, snapshot)
            tables, large_objects = digester.finish()
            globals_sql, missing = roles.finish()
        with explained(whose):  # last: were the locks' session lost, nothing that was read could be trusted
            facts = read_facts(snapshot.session)
        contents = Contents(
            method=method,
            tables=tables,
            sequences=archive.sequences,
            schema=archive.schema,
            schema_sha256=archive.schema_sha256,
            large_objects=large_objects,
        )
        record = self._record(contents, produced, facts, tools, started)
        return dataclasses.replace(record, globals_sql=globals_sql, left_out=(*record.left_out, *missing))

    def _digester(self, snapshot: Snapshot, method: str) -> Digester | NoDigester:
        if not self.digests:
            return NoDigester()
        return Digester(self.connection, snapshot.relations, method, snapshot)

    def _produce(
        self,
        program: Program,
        snapshot: Snapshot,
        sink: Sink,
        report: Report,
        watch: t.Callable[[], None],
        least: int,
    ) -> Produced:
        limits = Limits(self.time_limit, self.stall_limit)
        shape = Shape(head=MAGIC, least=least)
        try:
            return produce(program, sink, report=report, limits=limits, shape=shape, watch=watch)
        except ProgramFailed:
            require_held(snapshot, program.whose)  # a server that went down explains it better, and is worth a retry
            raise

    @contextmanager
    def _program(self, tools: Tools, snapshot: Snapshot) -> Iterator[Program]:
        with ExitStack() as opened:
            environment, pass_fds, secrets = opened.enter_context(password_in_memory(self.connection))
            yield Program(
                [
                    tools["pg_dump"],
                    "--format=custom",
                    "--compress=0",
                    "--no-password",
                    f"--snapshot={snapshot.id}",
                    f"--lock-wait-timeout={int(self.dump_lock_wait * 1000)}",
                    f"--encoding={encoding_of(snapshot.session)}",
                    f"--dbname={conninfo(self.connection)}",
                ],
                fixed(environment),
                str(self.connection),
                pass_fds,
                secrets,
            )

    def _record(
        self, contents: Contents, produced: Produced, facts: Facts, tools: Tools, started: datetime
    ) -> DumpRecord:
        return DumpRecord(
            **{field.name: getattr(contents, field.name) for field in dataclasses.fields(contents)},
            engine=self.engine,
            version=facts.version,
            major=facts.major,
            client_version=tools.version,
            database=self.connection.database,
            encoding=facts.encoding,
            collation=facts.collation,
            ctype=facts.ctype,
            bytes=produced.bytes,
            sha256=produced.sha256,
            source_bytes=facts.bytes,
            started=started,
            finished=datetime.now(UTC),
            extensions=facts.extensions,
            roles=facts.roles,
            left_out=(*facts.left_out(), *(() if self.digests else (NO_DIGESTS,))),
        )

    def _require_same_tables(self, archive: Archive, snapshot: Snapshot) -> None:
        """Raise unless the dump carries the rows of exactly the tables that are digested."""
        digested = {relation.oid: relation.name for relation in snapshot.relations if relation.has_rows}
        odd = archive.tables ^ digested.keys()
        if odd:
            names = ", ".join(sorted(digested.get(oid, f"oid {oid}") for oid in odd)[:5])
            raise CopyFailed(
                "el volcado y las huellas no cubren las mismas tablas; la copia se descartó",
                whose=str(self.connection),
                why=f"difieren en: {names}",
                repair="avise al administrador del programa, con este mensaje",
            )

    def _locked_out(self, error: ProgramFailed) -> SourceUnavailable:
        return SourceUnavailable(
            "las tablas están ocupadas por otro proceso y no se pueden copiar",
            whose=str(self.connection),
            why=error.words,
            repair="espere a que termine el proceso que modifica las tablas y repita el caso",
        )


def _tee(*sinks: t.Callable[[bytes], object]) -> Sink:
    def all_of_them(chunk: bytes) -> None:
        for sink in sinks:
            sink(chunk)

    return all_of_them
