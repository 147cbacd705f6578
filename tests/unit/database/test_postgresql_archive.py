"""Reading what a dump says of itself, with names that lie."""

from __future__ import annotations

from copias.database.postgresql import archive
from copias.database.postgresql.archive import parse_schema, sum_of_schema

SCHEMA = """--
-- PostgreSQL database dump
--

\\restrict {word}

-- Dumped from database version {version}

SET statement_timeout = 0;

--
-- Name: asiento; Type: TABLE; Schema: contabilidad; Owner: ana
--

SET default_tablespace = {space};

CREATE TABLE contabilidad.asiento (
    id bigint
);


ALTER TABLE contabilidad.asiento OWNER TO ana;

--
-- Name: TABLE asiento; Type: ACL; Schema: contabilidad; Owner: ana
--

{grants}

--
-- Name: balance_anual; Type: MATERIALIZED VIEW DATA; Schema: contabilidad; Owner: ana
--

REFRESH MATERIALIZED VIEW contabilidad.balance_anual;


--
-- Name: asiento_idx; Type: INDEX; Schema: contabilidad; Owner: ana
--

CREATE INDEX asiento_idx ON contabilidad.asiento USING btree (id);


--
-- PostgreSQL database dump complete
--

\\unrestrict {word}

"""
GRANTS = ["GRANT SELECT ON TABLE contabilidad.asiento TO beto;", "GRANT ALL ON TABLE contabilidad.asiento TO caro;"]


def text(**changes: str) -> str:
    values = {"word": "abc", "version": "15.1", "space": "''", "grants": "\n".join(GRANTS)}
    return SCHEMA.format(**{**values, **changes})


def test_each_object_has_its_name() -> None:
    assert list(parse_schema(text())) == [
        "TABLE contabilidad.asiento",
        "ACL contabilidad.TABLE asiento",
        "INDEX contabilidad.asiento_idx",
    ]


def test_what_changes_by_itself_is_no_difference() -> None:
    again = text(word="xyz", version="15.18", space="rapido", grants="\n".join(reversed(GRANTS)))

    assert parse_schema(again) == parse_schema(text())


def test_any_change_of_a_definition_changes_its_object_and_the_sum() -> None:
    before = parse_schema(text())
    after = parse_schema(text().replace("id bigint", "id int"))

    assert [name for name in before if before[name] != after[name]] == ["TABLE contabilidad.asiento"]
    assert sum_of_schema(before) != sum_of_schema(after)


def test_owner_is_part_of_a_definition() -> None:
    assert parse_schema(text()) != parse_schema(text().replace("Owner: ana", "Owner: beto"))


def test_objects_of_one_name_are_kept_apart() -> None:
    twice = text() + text()

    assert len(parse_schema(twice)) == 6


def test_body_that_looks_like_a_header_only_adds_an_object() -> None:
    lie = "--\n-- Name: x; Type: TABLE; Schema: y; Owner: z\n--\nDROP"
    before = parse_schema(text())
    after = parse_schema(text().replace("    id bigint\n", f"    id bigint\n{lie}\n"))

    assert after.keys() > before.keys()
    assert sum_of_schema(before) != sum_of_schema(after)


def test_only_rows_count_as_tables_with_rows() -> None:
    listing = (
        b";\n; Archive created at 2026\n;\n"
        b"215; 1259 16390 TABLE DATA x ana\n"  # a table called x in a schema called DATA
        b"3344; 0 16390 TABLE DATA contabilidad asiento ana\n"
        b"3345; 0 16397 TABLE DATA a 3346; 0 99999 TABLE DATA b c ana\n"
        b"3346; 0 0 SEQUENCE SET public s ana\n"
        b"3347; 0 16400 MATERIALIZED VIEW DATA public v ana\n"
    )

    assert archive._tables_with_rows(listing) == {16390, 16397}


def test_names_of_sequences_survive_their_quotes() -> None:
    assert archive._split("public.s") == ("public", "s")
    assert archive._split('"Año 2026"."s.""x"""') == ("Año 2026", 's.""x""'.replace('""', '"'))
    assert archive._split("\"it''s\".b") == ("it's", "b")
    assert archive._split('"".""""') == ("", '"')


def test_values_of_sequences_are_read_whatever_their_names() -> None:
    sql = (
        "SELECT pg_catalog.setval('public.s', -5, true);\n"
        "SELECT pg_catalog.setval('\"a\nb''c\".\"d\"', 9223372036854775807, false);\n"
    )

    found = [match.groups() for match in archive._SETVAL.finditer(sql)]

    assert found == [("public.s", "-5", "true"), ('"a\nb\'\'c"."d"', "9223372036854775807", "false")]
