"""A plain dump is cut where its statements and rows begin and end, and a command of psql is never passed on."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copias.database.postgresql.sql_lines import PsqlCommand, Rows, Statements, split_dump
from copias.errors import BadInput


def cut(text: bytes) -> list[Statements | Rows]:
    return list(split_dump(io.BytesIO(text)))


def sent(text: bytes) -> bytes:
    return b"".join(piece.content for piece in cut(text))


COPY = b'COPY public."Tabla; rara" (a, "con\nsalto") FROM stdin;\nuno\t1\nd\\\\os\t2\n\\.\n'


def test_rows_follow_their_statement_and_end_at_their_mark() -> None:
    before, rows, after = cut(b"SET x = 1;\n" + COPY + b"SELECT 1;\n")

    assert before == Statements(b"SET x = 1;\n" + COPY[: COPY.index(b"uno")], begins_rows=True, size=before.size)
    assert rows == Rows(b"uno\t1\nd\\\\os\t2\n", last=True, size=rows.size)
    assert after == Statements(b"SELECT 1;\n", begins_rows=False, size=10)
    assert before.size + rows.size + after.size == len(b"SET x = 1;\n" + COPY + b"SELECT 1;\n")


def test_copy_within_a_body_or_a_text_is_no_copy() -> None:
    text = (
        b"CREATE FUNCTION f() RETURNS void AS $_$\nCOPY t FROM stdin;\n\\!\n$_$ LANGUAGE sql;\n"
        b"INSERT INTO t VALUES ('a\nCOPY t FROM stdin;\n\\! id\n');\n"
        b"INSERT INTO t VALUES (E'it\\'s;\nCOPY t FROM stdin;\n');\n"
        b"/* it's\nCOPY t FROM stdin;\n*/ SELECT 1;\n-- it's\nSELECT 2;\n"
    )

    (piece,) = cut(text)

    assert piece == Statements(text, begins_rows=False, size=len(text))


@pytest.mark.parametrize("command", [b"\\! id", b"\\connect otra", b"\\i /etc/passwd", b"\\copy t from program 'id'"])
def test_command_of_psql_is_refused_wherever_a_statement_may_begin(command: bytes) -> None:
    for text in (command + b"\n", b"SELECT 1;\n" + command + b"\n", b"SELECT 1\n" + command + b"\n;\n"):
        with pytest.raises(PsqlCommand):
            cut(text)


def test_what_pg_dump_writes_for_psql_and_for_owners_is_left_out() -> None:
    text = (
        b"\\restrict abcDEF123\n\nALTER TABLE public.t OWNER TO nadie;\nGRANT SELECT ON TABLE public.t TO nadie;\n"
        b"SET default_tablespace = '';\nCREATE TABLE t (a int);\n\n\\unrestrict abcDEF123\n"
    )

    assert sent(text).strip() == b"CREATE TABLE t (a int);"


def test_statement_without_an_end_is_sent_for_the_server_to_refuse() -> None:
    assert sent(b"INSERT INTO t VALUES ('abierto\n") == b"INSERT INTO t VALUES ('abierto\n"


@given(
    st.lists(
        st.sampled_from(
            [b"'", b'"', b"$$", b"--", b"/*", b"*/", b";", b"\n", b"a", b"\\", b"E'", b"COPY t FROM stdin;\n"]
        )
    )
)
def test_any_text_is_cut_or_refused_and_no_line_of_psql_is_sent_first(parts: list[bytes]) -> None:
    try:
        pieces = cut(b"".join(parts))
    except BadInput:
        return

    first = next((piece.content for piece in pieces if isinstance(piece, Statements)), b"")
    assert not first.startswith(b"\\")
