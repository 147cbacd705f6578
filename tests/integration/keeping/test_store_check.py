"""``copias store check``, as an administrator calls it."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from copias.cli.app import app
from tests.integration.keeping.conftest import Place


def test_check_says_what_the_store_can_do_and_leaves_it_as_it_was(place: Place) -> None:
    before = sorted(path.relative_to(place.old) for path in place.old.rglob("*"))

    said = CliRunner().invoke(app, ["store", "check", "nas", "--config", str(place.config)])
    told = CliRunner().invoke(app, ["store", "check", "nas", "--json", "--config", str(place.config)])

    assert said.exit_code == 0, said.output
    assert "escribe, devuelve lo escrito y renombra" in said.output
    assert "La cuenta puede borrar" in said.output
    assert json.loads(told.stdout)["removes"] is True
    assert sorted(path.relative_to(place.old) for path in place.old.rglob("*")) == before


def test_check_of_a_store_that_is_not_mounted_says_so(place: Place) -> None:
    (place.old / ".copias-store").unlink()

    said = CliRunner().invoke(app, ["store", "check", "nas", "--config", str(place.config)])

    assert said.exit_code != 0
    assert "copias store init nas" in said.stderr
