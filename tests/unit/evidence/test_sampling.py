"""A draw that nobody can choose, and that anybody can repeat."""

from __future__ import annotations

import hashlib

import pytest

from copias.errors import BadInput, NotReady
from copias.evidence.sampling import POPULATION, SAMPLED, draw, draw_sample
from copias.office import Office
from tests.unit.evidence.conftest import make_office


def test_draw_is_repeated_by_hand_from_the_ledger_alone(office: Office) -> None:
    sample = draw_sample(office, 1)

    (population,) = office.book.ledger.events_of({POPULATION})
    (sampled,) = office.book.ledger.events_of({SAMPLED})
    ranks = {
        hashlib.sha256(f"{sampled.data['seed']}:{one}".encode()).hexdigest(): one for one in population.data["cases"]
    }
    assert sample.drawn == (ranks[min(ranks)],)
    assert population.n < sampled.n
    assert sampled.data["population"] == population.n


def test_same_seed_draws_the_same_and_says_how_often_it_was_drawn(office: Office) -> None:
    first = draw_sample(office, 2, seed="auditor-7")

    second = draw_sample(office, 2, seed="auditor-7")

    assert second.drawn == first.drawn
    assert (first.earlier, second.earlier) == (0, 1)


def test_every_case_is_drawn_about_equally_often() -> None:
    numbers = [str(number) for number in range(20)]

    drawn = [number for seed in range(2000) for number in draw(str(seed), numbers, 5)]

    assert all(400 < drawn.count(number) < 600 for number in numbers)


def test_reopened_case_is_not_in_the_population(office: Office) -> None:
    office.book.record("1235", "case.reopened", {"reason": "otra vez"})

    assert draw_sample(office, 5).drawn == ("1234",)


def test_without_cases_nothing_is_recorded(tmp_path) -> None:
    office = make_office(tmp_path)

    with pytest.raises(NotReady):
        draw_sample(office, 5)

    assert office.book.ledger.head().count == 0


@pytest.mark.parametrize(("count", "seed"), [(0, None), (1, ""), (1, "a b"), (1, "x" * 65)])
def test_seed_or_count_that_cannot_be_repeated_is_refused(office: Office, count, seed) -> None:
    with pytest.raises(BadInput):
        draw_sample(office, count, seed=seed)
