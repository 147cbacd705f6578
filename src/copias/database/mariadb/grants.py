"""Check what an account may do before it copies, and write down the server's accounts without their passwords."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from pymysql import err

from copias.database.mariadb.session import ask, code_of, quoted, words_of
from copias.errors import NotReady

if t.TYPE_CHECKING:
    from copias.database.mariadb.session import Session

NEEDED = ("SELECT", "SHOW VIEW", "TRIGGER", "EVENT")
ALL = "ALL PRIVILEGES"
HEADER = "-- Cuentas sin contraseña, y por eso bloqueadas: póngale una antes de ACCOUNT UNLOCK.\n".encode()
NOT_IN_USE = {1133, 1141}
"""Accounts by a name of a host are in the table, but not in use, on a server that resolves no names."""
ROUTINES = "ver las rutinas"
SHOW_ROUTINES = frozenset({"SHOW CREATE ROUTINE", "SHOW_ROUTINE"})
_GRANT = re.compile(r"GRANT (.+?) ON (?:(\*)|`((?:[^`]|``)+)`)\.\* TO ", re.DOTALL)
_SECRET = re.compile(
    r" IDENTIFIED (?:BY (?:PASSWORD )?'(?:[^'\\]|''|\\.)*'"
    r"|(?:VIA|WITH) .*?(?= REQUIRE | WITH GRANT | WITH MAX_| PASSWORD | ACCOUNT | DEFAULT |$))",
    re.DOTALL,
)


@dataclass(frozen=True)
class Accounts:
    """The server's accounts: SQL that makes them anew without passwords, and who of them may do anything."""

    sql: bytes
    roles: dict[str, bool]
    missing: tuple[str, ...] = ()


def require_reading(session: Session, database: str, *, whose: str) -> None:
    """Raise unless the account may read the whole database: what it may not see is not even listed to it.

    Raises:
        NotReady: a privilege is missing; the statement that grants it is in the message.
    """
    held = held_in(database, (str(row[0]) for row in ask(session, "SHOW GRANTS")))
    missing = [name for name in NEEDED if name not in held and ALL not in held]
    if not missing and not _may_see_routines(session, held):
        missing.append(ROUTINES)
    if missing:
        account = str(ask(session, "SELECT CURRENT_USER()")[0][0])
        user, _, host = account.rpartition("@")
        raise NotReady(
            "el usuario no tiene permiso para leer toda la base de datos",
            whose=whose,
            why=f"a «{account}» le falta: {', '.join(missing)}",
            repair="; ".join(_grants(missing, database, f"{quoted(user)}@{quoted(host)}")),
        )


def _grants(missing: list[str], database: str, account: str) -> t.Iterator[str]:
    plain = [name for name in missing if name != ROUTINES]
    if plain:
        yield f"GRANT {', '.join(plain)} ON {quoted(database)}.* TO {account}"
    if ROUTINES in missing:
        yield f"GRANT SELECT ON mysql.proc TO {account} (en MySQL: GRANT SHOW_ROUTINE ON *.* TO {account})"


def held_in(database: str, grants: t.Iterable[str]) -> frozenset[str]:
    """Return what an account may in the whole of a database, by its own grants and those of its role."""
    held: set[str] = set()
    for line in grants:
        found = _GRANT.match(line)
        if found and (found[2] or _is_like(database, found[3].replace("``", "`"))):
            held.update(name.strip() for name in found[1].split(","))
    return frozenset(held)


def _is_like(name: str, pattern: str) -> bool:
    """Tell whether a name fits a pattern of LIKE, which is what a database is in a grant."""
    pieces = re.findall(r"\\.|.", pattern, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    return (
        re.fullmatch("".join(wild.get(piece) or re.escape(piece[-1]) for piece in pieces), name, re.DOTALL) is not None
    )


def _may_see_routines(session: Session, held: frozenset[str]) -> bool:
    """Tell whether all routines are listed to this account; who may not see them is not told that they are there."""
    if held & {*SHOW_ROUTINES, ALL}:
        return True
    try:
        ask(session, "SELECT 1 FROM mysql.proc LIMIT 0")
    except err.MySQLError as error:
        if code_of(error) in {1142, 1044, 1146}:
            return False
        raise
    return True


def read_accounts(session: Session) -> Accounts:
    """Write down users, roles and their grants as far as this account may see them."""
    lines: list[str] = []
    roles: dict[str, bool] = {}
    passed_over: list[str] = []
    try:
        for user, host, is_role, powerful in _list_accounts(session):
            name = quoted(user) if is_role else f"{quoted(user)}@{quoted(host)}"
            try:
                found = _describe_account(session, name, is_role=is_role)
            except err.MySQLError as error:
                if code_of(error) not in NOT_IN_USE:
                    raise
                passed_over.append(f"El usuario {user}@{host}, que está en la tabla y el servidor no usa")
                continue
            roles[user if is_role else f"{user}@{host}"] = powerful
            lines += found
    except err.MySQLError as error:
        if code_of(error) in {1142, 1044, 1227, 1143, 1141, 1146, 1054}:
            return Accounts(b"", {}, (f"Los usuarios del servidor: {words_of(error)}",))
        raise
    return Accounts(HEADER + "".join(f"{line};\n" for line in lines).encode(), roles, tuple(passed_over))


def _describe_account(session: Session, name: str, *, is_role: bool) -> list[str]:
    made = f"CREATE ROLE {name}" if is_role else _created(session, name)
    return [made, *(without_secrets(str(row[0])) for row in ask(session, f"SHOW GRANTS FOR {name}"))]


def without_secrets(statement: str) -> str:
    """Take the password's hash, or whatever stands for it, out of a statement."""
    return _SECRET.sub("", statement)


def _list_accounts(session: Session) -> t.Iterator[tuple[str, str, bool, bool]]:
    columns = {str(row[0]).lower() for row in ask(session, "SHOW COLUMNS FROM mysql.user")}
    role = "is_role" if "is_role" in columns else "'N'"
    for user, host, is_role, powerful in ask(
        session,
        f"SELECT User, Host, {role}, Super_priv FROM mysql.user ORDER BY {role} DESC, User, Host",  # noqa: S608 - ours
    ):
        if user not in {"mariadb.sys", "mysql.sys", "mysql.session", "mysql.infoschema", "PUBLIC"}:
            yield user, host, is_role == "Y", powerful == "Y"


def _created(session: Session, name: str) -> str:
    """Return what makes an account anew: locked, because without its password anybody could enter as it."""
    statement = without_secrets(str(ask(session, f"SHOW CREATE USER {name}")[0][0]))
    return statement if "ACCOUNT LOCK" in statement else f"{statement} ACCOUNT LOCK"
