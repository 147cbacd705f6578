"""What belongs to a database as a whole: its settings, those of roles in it, its privileges, its comment.

A dump has them for the name that the source had, so pg_restore leaves them out where the database has another one. A
program that finds its tables by ``ALTER DATABASE … SET search_path`` would find nothing in what was restored.
"""

from __future__ import annotations

import re
import typing as t
from contextlib import closing

from psycopg import sql

from copias.database.children import run_tool
from copias.database.postgresql.session import connect, explained

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from copias.database.contract import Connection, DumpRecord
    from copias.database.postgresql.tools import Tools

_BLOCK: t.Final = re.compile(
    rb"^--\n-- Name: [^\n]*; Type: (?:DATABASE PROPERTIES|ACL|COMMENT); Schema: -; Owner: [^\n]*\n--\n"
    rb"(.*?)(?=^--\n-- Name: |^\\|\Z)",
    re.MULTILINE | re.DOTALL,
)
_STATEMENT: t.Final = re.compile(rb"(?:[^;'\"]|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")++;", re.DOTALL)
_NAME: t.Final = rb"(?:\"(?:[^\"]|\"\")*\"|[\w$]+)"
_OF_DATABASE: t.Final = re.compile(
    rb"(ALTER DATABASE |ALTER ROLE %(name)b IN DATABASE |COMMENT ON DATABASE |(?:GRANT|REVOKE) [A-Z, ]+ ON DATABASE )"
    rb"%(name)b( (?:SET |CONNECTION LIMIT |IS |TO |FROM ).+)" % {b"name": _NAME},
    re.DOTALL,
)
"""Whatever database a statement names, it is only ever run on the one that was restored."""


def restore_properties(dump: Path, target: Connection, record: DumpRecord, *, tools: Tools) -> None:
    """Give a restored database what its source had as a whole; who owns it is left as it is.

    Args:
        dump: the file that was restored.
        target: the database; its account owns it.
        record: of the dump.
        tools: of the server's version.

    Raises:
        NotReady: the account may not set one of them.
    """
    command = [tools["pg_restore"], "--create", "--schema-only", "--file=-", str(dump)]
    text = run_tool(command, whose=str(target), what="leer las opciones de la base de datos")
    statements = [*find_properties(text)]
    if not statements:
        return
    with closing(connect(target)) as session, explained(str(target)):
        session.execute("SELECT set_config('client_encoding', %s, false)", (record.encoding,))
        name = sql.Identifier(target.database).as_string(session).encode()
        for before, after in statements:
            session.execute(before + name + after)


def find_properties(text: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the statements about the database in a dump's SQL, each as what stands before its name, and after it."""
    for block in _BLOCK.finditer(text):
        for statement in _STATEMENT.finditer(block[1]):
            found = _OF_DATABASE.fullmatch(statement[0].strip())
            if found:
                yield found[1], found[2]
