"""How tables are cut, and the SQL that digests them."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copias.database.postgresql.catalog import Relation
from copias.database.postgresql.digest import METHODS, PAGE, cut, method_for, query

TABLE = Relation(1, "s", "t", True, "", ("a", "b"), 0, 0)


def sized(main: int, total: int, **changes: object) -> Relation:
    return dataclasses.replace(TABLE, main_bytes=main, all_bytes=total, **changes)


@given(pages=st.integers(0, 5000), toast=st.integers(0, 10**9), part=st.integers(1, 10**8))
def test_parts_cover_every_page_once_and_the_last_has_no_end(pages: int, toast: int, part: int) -> None:
    parts = cut([sized(pages * PAGE, pages * PAGE + toast)], by_pages=True, part_bytes=part)

    edges = sorted((p.first, p.last) for p in parts if p.last is not None)
    assert [p.last for p in parts].count(None) == 1
    assert parts
    assert min(p.first for p in parts) == 0
    open_end = next(p.first for p in parts if p.last is None)
    assert [first for first, _ in edges] + [open_end] == [0, *(last for _, last in edges)]
    assert all(first < last for first, last in edges)


def test_biggest_parts_come_first() -> None:
    small, big = sized(PAGE, PAGE), sized(100 * PAGE, 100 * PAGE, oid=2)

    assert [part.relation.oid for part in cut([small, big], by_pages=True, part_bytes=10**9)] == [2, 1]


def test_parents_of_partitions_have_nothing_to_digest() -> None:
    assert cut([sized(0, 0, has_rows=False)], by_pages=True) == ()


def test_old_servers_and_conditions_are_not_cut() -> None:
    big = sized(10**6 * PAGE, 10**6 * PAGE)

    assert len(cut([big], by_pages=False)) == 1
    assert len(cut([dataclasses.replace(big, condition="WHERE a")], by_pages=True)) == 1


@pytest.mark.parametrize(
    ("number", "method"),
    [
        (90600, "md5-sum-sum"),
        (100023, "md5-sum-sum"),
        (110000, "hashtextextended-sum-sum"),
        (130014, "hashtextextended-sum-sum"),
        (140000, "hashtextextended-xor-sum"),
        (180006, "hashtextextended-xor-sum"),
    ],
)
def test_each_version_gets_a_method_that_it_knows(number: int, method: str) -> None:
    assert method_for(number) == method
    assert method in METHODS


def test_names_and_conditions_cannot_break_out_of_the_query() -> None:
    evil = dataclasses.replace(
        TABLE, schema='a"; DROP', table='b"."c', columns=('x"', "{}", "%s"), condition="WHERE d LIKE '{%s'"
    )
    (part,) = cut([evil], by_pages=True)

    text = query(part, "md5-sum-sum").as_string()

    assert 'FROM ONLY "a""; DROP"."b"".""c" t WHERE d LIKE \'{%s\'' in text
    assert 'ROW("t"."x""", "t"."{}", "t"."%s")::text' in text
