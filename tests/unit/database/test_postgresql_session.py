"""What a refused connection means: libpq gives words only, in the language of the server."""

from __future__ import annotations

import psycopg
import pytest

from copias.database import Connection
from copias.database.postgresql.session import conninfo, explained, refusal
from copias.errors import BackupError, BadConfiguration, CopyFailed, NotReady, SourceUnavailable

WHERE = Connection("10.1.2.3", 5432, "sinfa", "lector")


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ('FATAL:  password authentication failed for user "lector"', NotReady),
        ("FATAL:  la autentificación password falló para el usuario «lector»", NotReady),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "lector"', NotReady),
        ("FATAL:  no existe el rol «lector»", NotReady),
        ('FATAL:  database "sinfa" does not exist', BadConfiguration),
        ("FATAL:  no existe la base de datos «sinfa»", BadConfiguration),
        ("FATAL:  sorry, too many clients already", SourceUnavailable),
        ("FATAL:  lo siento, ya tenemos demasiados clientes", SourceUnavailable),
        ("FATAL:  the database system is starting up", SourceUnavailable),
        ("FATAL:  el sistema de base de datos se está iniciando", SourceUnavailable),
        ("FATAL:  the database system is shutting down", SourceUnavailable),
        ("connection to server at 10.1.2.3 failed: Connection refused", SourceUnavailable),
        ("connection to server at 10.1.2.3 failed: timeout expired", SourceUnavailable),
        ('could not translate host name "sinfa.invalid" to address', SourceUnavailable),
    ],
)
def test_refusals_are_told_apart(words: str, kind: type[BackupError]) -> None:
    error = refusal(psycopg.OperationalError(words), WHERE, None)

    assert type(error) is kind
    assert words.split(":", maxsplit=1)[0] in error.why
    assert error.repair


def test_password_in_the_words_is_blotted_out() -> None:
    error = refusal(psycopg.OperationalError("FATAL: password s3creta is wrong"), WHERE, "s3creta")

    assert "s3creta" not in str(error)


def test_hostile_names_stay_names() -> None:
    evil = Connection("/tmp/una carpeta", 5432, "host=mal dbname='x", "postgresql://u:p@otro/db")

    parsed = psycopg.conninfo.conninfo_to_dict(conninfo(evil))

    assert parsed["dbname"] == evil.database
    assert parsed["user"] == evil.user
    assert parsed["host"] == evil.host
    assert "password" not in parsed


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (psycopg.errors.InsufficientPrivilege("permission denied for table pago"), NotReady),
        (psycopg.errors.OutOfMemory("out of shared memory"), NotReady),
        (psycopg.errors.AdminShutdown("terminating connection"), SourceUnavailable),
        (psycopg.OperationalError("server closed the connection unexpectedly"), SourceUnavailable),
        (psycopg.errors.DataCorrupted("invalid page in block 7"), CopyFailed),
        (psycopg.errors.DiskFull("could not write"), CopyFailed),
    ],
)
def test_errors_of_a_session_become_ours(raised: psycopg.Error, kind: type[BackupError]) -> None:
    with pytest.raises(kind, match=str(raised)), explained("base"):
        raise raised
