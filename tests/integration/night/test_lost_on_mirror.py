"""Copies of the mirrors of mailboxes and of the state that are lost, spoilt beside others, or held."""

from __future__ import annotations

from pathlib import Path

import pytest

from copias.errors import Altered
from copias.night import mirrors_view
from copias.night.checking import CheckPlan
from copias.night.mirrors_view import name_of
from copias.night.state_copy import KEPT, StatePlan
from copias.office import Office
from copias.repository.opening import open_repository
from copias.repository.settings import MirrorSettings
from copias.repository.snapshots import forget
from copias.retention.applying import apply_repository
from copias.retention.holds import hold_copies
from copias.retention.night_model import STATE
from copias.retention.overview import plan_all
from copias.store import StoreSettings
from tests.integration.night.test_damage import cut, largest, packs_of
from tests.integration.night.test_mirrors_copy import Hall, hall, made
from tests.integration.retention.forge import make_quick

__all__ = ["hall", "made"]


@pytest.fixture
def mirrored(hall: Hall, tmp_path: Path) -> Hall:
    make_quick(hall.folder / "nas", "clave de prueba")
    deployment = hall.office.deployment
    settings = deployment.repository("nas").model_copy(update={"mirror": MirrorSettings(store="lejos")})
    stores = {**deployment.stores, "lejos": StoreSettings(kind="folder", path=tmp_path / "lejos", least_free=0)}
    changes = {"stores": stores, "repositories": {"nas": settings}}
    hall.office = Office(deployment.model_copy(update=changes), hall.office.actor)
    hall.office.open_store("lejos").prepare()
    return hall


@pytest.mark.parametrize("of", ["mirrors", "state"])
def test_copy_of_mirrors_or_of_the_state_that_was_lost_stays_on_the_mirror(mirrored: Hall, of: str) -> None:
    mirrored.night()
    StatePlan(mirrored.office, "nas").run()
    CheckPlan(mirrored.office, "nas").run()
    (kept,) = mirrored.events(mirrors_view.KEPT if of == "mirrors" else KEPT)
    forget(open_repository(mirrored.office, "nas"), [kept["snapshot"]])
    with pytest.raises(Altered, match="faltan copias"):
        CheckPlan(mirrored.office, "nas", force=True).run()
    outcome = apply_repository(mirrored.office, "nas")
    assert len(outcome.lost) == 1

    CheckPlan(mirrored.office, "nas", force=True).run()

    there = {file.name.rpartition("/")[2] for file in mirrored.office.open_store("lejos").list("restic/nas/snapshots/")}
    assert kept["snapshot"] in there


def test_damage_does_not_call_good_what_nobody_read(hall: Hall) -> None:
    make_quick(hall.folder / "nas", "clave de prueba")
    hall.night()
    (kept,) = hall.events(mirrors_view.KEPT)
    cut(largest(packs_of(hall.folder / "nas")))

    with pytest.raises(Altered, match="dañado") as caught:
        CheckPlan(hall.office, "nas").run()

    assert "ninguna copia de base de datos está alterada" in caught.value.why
    assert f"no se releyeron las de los buzones ni las del estado: {name_of(kept['snapshot'])}" in caught.value.why


@pytest.mark.parametrize("of", ["mirrors", "state"])
def test_copy_of_mirrors_or_of_the_state_can_be_held_by_the_name_that_the_plan_gives_it(hall: Hall, of: str) -> None:
    make_quick(hall.folder / "nas", "clave de prueba")
    hall.night()
    StatePlan(hall.office, "nas").run()
    database = {"mirrors": mirrors_view.HOST, "state": STATE}[of]
    (plan,) = plan_all(hall.office).plans
    (name,) = [one.copy for one in plan.decisions if one.database == database]

    hold_copies(hall.office, copy=name, reason="Requerimiento")

    (plan,) = plan_all(hall.office).plans
    assert "está retenida: R-1, Requerimiento" in next(one.floors for one in plan.decisions if one.copy == name)
