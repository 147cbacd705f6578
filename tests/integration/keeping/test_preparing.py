"""``copias store init``: a place is marked once, and an empty folder is not taken for the store that lay there."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from copias.cli.app import app
from copias.errors import NotReady
from copias.keeping.preparing import prepare_store
from tests.integration.keeping.conftest import Place

MARK = ".copias-store"


@pytest.fixture
def unmounted(place: Place) -> Place:
    """The store's place as it is while the NAS is not mounted: an empty folder."""
    place.old.rename(place.old.with_name("nas-apagada"))
    place.old.mkdir()
    return place


def test_empty_folder_in_the_place_of_a_store_is_not_marked(unmounted: Place) -> None:
    with pytest.raises(NotReady, match="la bitácora dice que guarda 1 copia; falta la marca"):
        prepare_store(unmounted.office, "nas")

    assert list(unmounted.old.iterdir()) == []


def test_folder_that_is_gone_is_not_made_anew_where_copies_should_be(unmounted: Place) -> None:
    unmounted.old.rmdir()

    with pytest.raises(NotReady, match="monte la unidad"):
        prepare_store(unmounted.office, "nas")

    assert not unmounted.old.exists()


def test_who_knows_that_all_is_lost_may_begin_anew(unmounted: Place) -> None:
    done = CliRunner().invoke(app, ["store", "init", "nas", "--anyway", "--config", str(unmounted.config)])

    assert done.exit_code == 0, done.output
    assert (unmounted.old / MARK).exists()


def test_store_that_keeps_its_mark_is_prepared_again_without_a_word(place: Place) -> None:
    before = (place.old / MARK).read_bytes()

    prepare_store(place.office, "nas")

    assert (place.old / MARK).read_bytes() == before


def test_store_without_copies_is_marked(place: Place) -> None:
    (place.new / MARK).unlink()

    prepare_store(place.office, "nueva")

    assert (place.new / MARK).exists()
