"""A definition is the same whatever the words; a name is what it is in its database's encoding."""

from __future__ import annotations

import pytest

from copias.database.postgresql.creating import find_order
from copias.database.postgresql.wording import FIXED, OLD_STRINGS, find_wording, fixed, readable

HEAD = "--\n-- Name: sinfa; Type: DATABASE; Schema: -; Owner: dueno\n--\n\n"
WRITTEN = {"TABLE a": "uno", "VIEW b": "dos"}


@pytest.mark.parametrize("settings", [FIXED, OLD_STRINGS, {}], ids=["fixed", "old-strings", "as-before"])
def test_copy_is_equal_in_whatever_words_its_source_was_recorded(settings: dict[str, str]) -> None:
    found = find_wording(WRITTEN, 15, lambda asked: WRITTEN if asked == settings else {**WRITTEN, "VIEW b": "otro"})

    assert found == WRITTEN


def test_copy_that_differs_in_all_words_is_told_by_the_least_of_them() -> None:
    answers = {len(FIXED): {"TABLE a": "uno"}, len(OLD_STRINGS): {}, 0: {"TABLE a": "cero"}}

    found = find_wording(WRITTEN, 15, lambda asked: answers[len(asked)])

    assert found == {"TABLE a": "uno"}


def test_copy_of_which_nothing_is_recorded_is_read_once() -> None:
    asked: list[dict[str, str]] = []

    find_wording({}, 15, lambda settings: asked.append(settings) or WRITTEN)

    assert asked == [FIXED]


def test_server_that_knows_no_old_strings_is_not_asked_for_them() -> None:
    asked: list[dict[str, str]] = []

    find_wording(WRITTEN, 19, lambda settings: asked.append(settings) or {})

    assert asked == [FIXED, {}]


def test_settings_reach_the_dump_program_beside_the_rest() -> None:
    assert fixed({"PGPASSFILE": "x"}, {"a": "1", "b": "2"}) == {"PGPASSFILE": "x", "PGOPTIONS": "-c a=1 -c b=2"}


@pytest.mark.parametrize(
    ("stored", "encoding"),
    [
        ("año".encode(), "UTF8"),
        ("año".encode("latin-1"), "LATIN1"),
        ("año €".encode("cp1252"), "WIN1252"),
        ("año".encode("latin-1"), "SQL_ASCII"),
    ],
    ids=["UTF8", "LATIN1", "WIN1252", "SQL_ASCII"],
)
def test_name_of_any_encoding_can_be_read_and_written_down(stored: bytes, encoding: str) -> None:
    name = readable(stored.decode("utf-8", "surrogateescape"), encoding)

    assert name.startswith("año")
    assert name.encode()


@pytest.mark.parametrize(
    ("created", "order"),
    [
        ("CREATE DATABASE sinfa WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE = 'es_CO.UTF-8';\n", ""),
        (
            "CREATE DATABASE sinfa WITH ENCODING = 'UTF8' LOCALE_PROVIDER = icu LOCALE = 'C' ICU_LOCALE = 'es''CO';\n",
            " LOCALE_PROVIDER = icu ICU_LOCALE = 'es''CO'",
        ),
        (
            "CREATE DATABASE sinfa WITH LOCALE_PROVIDER = builtin LOCALE = 'C' BUILTIN_LOCALE = 'C.UTF-8';\n",
            " LOCALE_PROVIDER = builtin BUILTIN_LOCALE = 'C.UTF-8'",
        ),
        ("CREATE DATABASE sinfa WITH ENCODING = 'UTF8' LOCALE_PROVIDER = libc LOCALE = 'C';\n", ""),
    ],
    ids=["before-15", "icu", "builtin", "system"],
)
def test_who_sorts_a_database_is_read_from_its_dump(created: str, order: str) -> None:
    assert find_order(f"{HEAD}{created}ALTER DATABASE sinfa OWNER TO dueno;\n") == order


def test_what_only_looks_like_the_making_of_a_database_says_nothing_of_its_order() -> None:
    body = "CREATE FUNCTION f() AS $$ CREATE DATABASE x LOCALE_PROVIDER = icu ICU_LOCALE = 'a'; $$;\n"

    assert find_order(f"--\n-- Name: f; Type: FUNCTION; Schema: public; Owner: dueno\n--\n\n{body}") == ""
