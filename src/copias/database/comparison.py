"""Compare what a dump should hold with what its restored copy holds."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from copias.database.contract import Contents, TableDigest

if t.TYPE_CHECKING:
    from collections.abc import Iterable

_NAMED: t.Final = 20
"""Tables that a sentence names."""


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it was. ``kind`` is one word for programs, ``text`` is Spanish for people."""

    kind: t.Literal["table", "rows", "content", "sequence", "schema", "large_objects", "method"]
    name: str
    text: str

    def __str__(self) -> str:
        """Return the sentence."""
        return self.text


@dataclass(frozen=True)
class TableResult:
    """One line of the evidence: a table as it was in the source and as it was restored."""

    name: str
    expected: TableDigest | None
    found: TableDigest | None

    @property
    def equal(self) -> bool:
        """Return whether rows and both sums agree; what is not known is equal to nothing."""
        return self.expected is not None and self.expected.known and self.expected == self.found

    @property
    def compared(self) -> bool:
        """Return whether there was anything to compare with: ``left_out`` names the tables that have nothing."""
        return self.expected is None or self.expected.known


def compare_nothing(tables: Iterable[TableResult]) -> bool:
    """Tell whether there are tables and not one could be compared: then nothing was proven, whatever did not differ."""
    results = tuple(tables)
    return bool(results) and not any(result.compared for result in results)


def table_results(expected: Contents, found: Contents) -> tuple[TableResult, ...]:
    """Return one result for each table of either side, by name."""
    before = {(table.schema, table.table): table for table in expected.tables}
    after = {(table.schema, table.table): table for table in found.tables}
    return tuple(
        TableResult(f"{key[0]}.{key[1]}", before.get(key), after.get(key)) for key in sorted(before.keys() | after)
    )


def say_uncompared(results: Iterable[TableResult]) -> tuple[str, ...]:
    """Return what a person must know of tables that were restored and had nothing to be compared with; else nothing."""
    names = [result.name for result in results if not result.compared]
    if not names:
        return ()
    shown = ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
    return (
        f"{len(names)} tablas cambiaban mientras se copiaban: están, y no se pudieron comparar con el origen: {shown}",
    )


def compare(expected: Contents, found: Contents) -> tuple[Difference, ...]:
    """Return every difference, each named; an empty result is the proof of equality."""
    if expected.method != found.method:
        text = f"Las huellas no son comparables: una es «{expected.method}» y la otra «{found.method}»."
        return (Difference("method", found.method, text),)
    return (
        *_tables(expected, found),
        *_sequences(expected.sequences, found.sequences),
        *_schema(expected, found),
        *_large_objects(expected, found),
    )


def _tables(expected: Contents, found: Contents) -> t.Iterator[Difference]:
    for result in table_results(expected, found):
        if result.found is None:
            yield Difference("table", result.name, f"Falta la tabla «{result.name}».")
        elif result.expected is None:
            yield Difference("table", result.name, f"Sobra la tabla «{result.name}», que no estaba en el origen.")
        elif not result.compared:
            continue
        elif result.expected.rows != result.found.rows:
            text = (
                f"La tabla «{result.name}» tiene {result.found.rows} filas y en el origen tenía {result.expected.rows}."
            )
            yield Difference("rows", result.name, text)
        elif not result.equal:
            text = (
                f"La tabla «{result.name}» tiene las mismas {result.found.rows} filas, pero el contenido es distinto."
            )
            yield Difference("content", result.name, text)


def _sequences(expected: dict[str, str], found: dict[str, str]) -> t.Iterator[Difference]:
    for name in sorted(expected.keys() | found):
        before, after = expected.get(name), found.get(name)
        if before != after:
            text = f"La secuencia «{name}» vale {after or '(no está)'} y en el volcado {before or '(no está)'}."
            yield Difference("sequence", name, text)


def _schema(expected: Contents, found: Contents) -> t.Iterator[Difference]:
    if expected.schema_sha256 == found.schema_sha256:
        return
    named = False
    for name in sorted(expected.schema.keys() | found.schema):
        before, after = expected.schema.get(name), found.schema.get(name)
        if before == after:
            continue
        named = True
        fate = "falta" if after is None else "sobra" if before is None else "tiene otra definición"
        yield Difference("schema", name, f"El objeto «{name}» {fate}.")
    if not named:
        yield Difference("schema", "", "La definición de la base de datos es distinta.")


def _large_objects(expected: Contents, found: Contents) -> t.Iterator[Difference]:
    before, after = expected.large_objects, found.large_objects
    if before.count != after.count:
        text = f"Hay {after.count} objetos grandes y en el origen había {before.count}."
        yield Difference("large_objects", "", text)
    elif before.digest != after.digest:
        yield Difference("large_objects", "", f"El contenido de los {before.count} objetos grandes es distinto.")
