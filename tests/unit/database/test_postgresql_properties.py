"""What belongs to a database as a whole is found in its dump, whatever else looks like it."""

from __future__ import annotations

from copias.database.postgresql.properties import find_properties

HEAD = b"--\n-- Name: %b; Type: %b; Schema: -; Owner: dueno\n--\n\n"
SETTING = b"ALTER DATABASE sinfa SET search_path TO 'contabilidad', 'public';\n"


def block(kind: bytes, statements: bytes, name: bytes = b"sinfa") -> bytes:
    return HEAD % (name, kind) + statements + b"\n\n"


def found(text: bytes) -> list[bytes]:
    return [before + b"nueva" + after for before, after in find_properties(text)]


def test_settings_privileges_and_comment_are_for_the_new_database() -> None:
    text = (
        block(b"COMMENT", b"COMMENT ON DATABASE \"Sin fa\" IS 'la de; siempre''';\n", b'DATABASE "Sin fa"')
        + block(b"DATABASE PROPERTIES", SETTING + b"ALTER ROLE \"j;e\" IN DATABASE sinfa SET work_mem TO '8MB';\n")
        + block(b"ACL", b"REVOKE ALL ON DATABASE sinfa FROM PUBLIC;\nGRANT CONNECT,TEMPORARY ON DATABASE sinfa TO x;\n")
        + b"\\connect sinfa\n"
    )

    assert found(text) == [
        b"COMMENT ON DATABASE nueva IS 'la de; siempre''';",
        b"ALTER DATABASE nueva SET search_path TO 'contabilidad', 'public';",
        b"ALTER ROLE \"j;e\" IN DATABASE nueva SET work_mem TO '8MB';",
        b"REVOKE ALL ON DATABASE nueva FROM PUBLIC;",
        b"GRANT CONNECT,TEMPORARY ON DATABASE nueva TO x;",
    ]


def test_owner_and_being_a_template_are_left_as_they_are() -> None:
    assert found(block(b"DATABASE PROPERTIES", b"ALTER DATABASE sinfa IS_TEMPLATE = true;\n")) == []
    assert found(block(b"DATABASE", b"ALTER DATABASE sinfa OWNER TO otro;\n" + SETTING)) == []


def test_statement_that_is_about_something_else_is_never_run() -> None:
    text = block(b"ACL", b"GRANT ALL ON TABLE t TO x;\nDROP DATABASE sinfa;\nALTER ROLE x SUPERUSER;\n")

    assert found(text + block(b"COMMENT", b"COMMENT ON TABLE t IS 'ALTER DATABASE sinfa SET a TO b;';\n")) == []
