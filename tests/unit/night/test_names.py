"""A nightly copy has a name of its own, also when the clock does not go on between two."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from copias.night.catalogue import VOIDED, name_copy
from copias.office import Office
from tests.unit.night.conftest import forge_copy

NOW = datetime(2026, 11, 26, 8, 0, 0, 250_000, tzinfo=UTC)


def test_second_copy_of_a_second_takes_the_next_free_name(office: Office) -> None:
    first = forge_copy(office, "hacienda", NOW)
    second = forge_copy(office, "hacienda", NOW + timedelta(seconds=1))

    third = name_copy("hacienda", NOW, office.book.ledger.events())

    assert [first, second, third] == [f"noche-hacienda-20261126T08000{second}Z" for second in range(3)]


def test_name_of_a_copy_that_was_voided_before_it_was_recorded_is_not_given_again(office: Office) -> None:
    office.record(VOIDED, {"copy": "noche-hacienda-20261126T080000Z", "why": "cortado"})

    name = name_copy("hacienda", NOW, office.book.ledger.events())

    assert name == "noche-hacienda-20261126T080001Z"


def test_another_database_may_have_the_same_second(office: Office) -> None:
    forge_copy(office, "nomina", NOW)

    assert name_copy("hacienda", NOW, office.book.ledger.events()) == "noche-hacienda-20261126T080000Z"
