"""Every kind of difference is found and named; equality is silent."""

from __future__ import annotations

import dataclasses

import pytest

from copias.database import Contents, LargeObjects, TableDigest, compare, table_results
from copias.database.comparison import say_uncompared

ASIENTO = TableDigest("contabilidad", "asiento", 3, "17", "-42")
PAGO = TableDigest("nomina", "pago", 1, "5", "6")
SOURCE = Contents(
    method="prueba",
    tables=(ASIENTO, PAGO),
    sequences={"nomina.pago_id_seq": "7,true"},
    schema={"INDEX contabilidad.asiento_cuenta": "aa", "TABLE contabilidad.asiento": "bb"},
    schema_sha256="cc",
    large_objects=LargeObjects(2, "9"),
)


def changed(**fields: object) -> Contents:
    return dataclasses.replace(SOURCE, **fields)


def test_equal_contents_have_no_difference_whatever_their_order() -> None:
    assert compare(SOURCE, SOURCE) == ()
    assert compare(SOURCE, changed(tables=(PAGO, ASIENTO))) == ()


@pytest.mark.parametrize(
    ("found", "kind", "words"),
    [
        (changed(tables=(ASIENTO,)), "table", "Falta la tabla «nomina.pago»"),
        (changed(tables=(ASIENTO, PAGO, TableDigest("x", "y", 0, "0", "0"))), "table", "Sobra la tabla «x.y»"),
        (changed(tables=(ASIENTO, dataclasses.replace(PAGO, rows=2))), "rows", "tiene 2 filas y en el origen tenía 1"),
        (changed(tables=(ASIENTO, dataclasses.replace(PAGO, xor="4"))), "content", "el contenido es distinto"),
        (changed(tables=(ASIENTO, dataclasses.replace(PAGO, total="4"))), "content", "el contenido es distinto"),
        (changed(sequences={"nomina.pago_id_seq": "8,true"}), "sequence", "vale 8,true y en el volcado 7,true"),
        (changed(sequences={}), "sequence", "vale (no está)"),
        (changed(sequences={**SOURCE.sequences, "otra": "1,true"}), "sequence", "en el volcado (no está)"),
        (changed(schema={"TABLE contabilidad.asiento": "bb"}, schema_sha256="d"), "schema", "asiento_cuenta» falta"),
        (changed(schema={**SOURCE.schema, "VIEW v": "1"}, schema_sha256="d"), "schema", "«VIEW v» sobra"),
        (
            changed(schema={**SOURCE.schema, "TABLE contabilidad.asiento": "x"}, schema_sha256="d"),
            "schema",
            "otra definición",
        ),
        (changed(schema_sha256="d"), "schema", "La definición de la base de datos es distinta"),
        (changed(large_objects=LargeObjects(1, "9")), "large_objects", "Hay 1 objetos grandes"),
        (changed(large_objects=LargeObjects(2, "8")), "large_objects", "contenido de los 2 objetos grandes"),
        (changed(method="otra"), "method", "no son comparables"),
    ],
)
def test_each_difference_is_named(found: Contents, kind: str, words: str) -> None:
    differences = compare(SOURCE, found)

    assert [difference.kind for difference in differences] == [kind]
    assert words in str(differences[0])


def test_two_equal_changes_are_two_differences() -> None:
    twice = changed(
        tables=(dataclasses.replace(ASIENTO, xor="1"), dataclasses.replace(PAGO, xor="1")), large_objects=LargeObjects()
    )

    assert len(compare(SOURCE, twice)) == 3


def test_results_list_each_table_of_either_side_once() -> None:
    results = table_results(SOURCE, changed(tables=(PAGO, TableDigest("z", "nueva", 1, "1", "1"))))

    assert [(result.name, result.equal) for result in results] == [
        ("contabilidad.asiento", False),
        ("nomina.pago", True),
        ("z.nueva", False),
    ]


def test_names_with_dots_are_not_mixed_up() -> None:
    one = changed(tables=(TableDigest("a.b", "c", 1, "1", "1"),))
    other = changed(tables=(TableDigest("a", "b.c", 1, "1", "1"),))

    assert len(compare(one, other)) == 2


def test_table_whose_content_is_not_known_is_neither_equal_nor_a_difference() -> None:
    unknown = dataclasses.replace(PAGO, xor="", total="")
    expected = changed(tables=(ASIENTO, unknown))

    differences = compare(expected, changed(tables=(ASIENTO, dataclasses.replace(PAGO, rows=9))))
    results = table_results(expected, expected)

    assert differences == ()
    assert [(result.compared, result.equal) for result in results] == [(True, True), (False, False)]
    assert [difference.kind for difference in compare(expected, changed(tables=(ASIENTO,)))] == ["table"]


def test_tables_that_had_nothing_to_be_compared_with_are_counted_and_named() -> None:
    unknown = changed(tables=(ASIENTO, dataclasses.replace(PAGO, xor="", total="")))

    (told,) = say_uncompared(table_results(unknown, unknown))

    assert told.startswith("1 tablas")
    assert told.endswith("nomina.pago")
    assert say_uncompared(table_results(SOURCE, SOURCE)) == ()
