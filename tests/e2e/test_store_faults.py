"""The place that keeps the copies is full or not there. What it does in the middle of a run: tests/chaos/faults."""

from __future__ import annotations

import shutil

from tests.e2e.town import CASE


def test_a_store_without_room_is_told_before_anything_starts(town):
    town.configure(stores__nas_principal__least_free=1 << 60)

    call = town.run_case(CASE, "--json")

    assert call.code == 3, call.text
    assert "destino" in call.json["why"]
    assert "espacio" in call.json["repair"]
    assert town.ledger() == []


def test_a_store_that_is_not_mounted_is_told_before_anything_starts(town):
    shutil.rmtree(town.world.nas)
    town.world.nas.mkdir()

    call = town.run_case(CASE, "--json")

    assert call.code == 3, call.text
    assert "copias store init" in call.json["repair"]
    assert town.stored() == []
