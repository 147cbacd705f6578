"""When a copy that was drilled today is not drilled again: only while that drill is the last word on what is there."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from copias.drill.drilling import plan_drill
from copias.drill.history import FAILED, PASSED, Drill
from copias.night.day import NOON
from copias.office import Office
from copias.sinfa.check_settings import LatestDate
from tests.unit.night.conftest import forge_copy, open_forged


def drill(office: Office, copy: str, event: str = PASSED, **changes: t.Any) -> None:
    """Write into the ledger that a copy was drilled just now."""
    facts = Drill(database="hacienda", copy=copy, source="night", place="principal", outcome="passed")
    office.record(event, {**facts.to_event(), **changes})


@pytest.fixture
def copy(office: Office) -> str:
    """The only copy of a database."""
    return forge_copy(office, "hacienda", datetime.now(UTC) - NOON)


def test_passed_drill_of_today_is_enough(office: Office, copy: str) -> None:
    drill(office, copy)

    assert not plan_drill(office, "hacienda").changes


def test_drill_that_failed_since_is_done_again(office: Office, copy: str) -> None:
    drill(office, copy)
    drill(office, copy, FAILED)

    assert plan_drill(office, "hacienda").changes


def test_drill_of_another_place_is_none_of_this_one(office: Office, copy: str) -> None:
    drill(office, copy, place="nas_vieja")

    assert plan_drill(office, "hacienda").changes


def test_question_that_was_not_asked_is_asked(tmp_path: Path) -> None:
    office = open_forged(tmp_path)
    drill(office, forge_copy(office, "hacienda", datetime.now(UTC) - timedelta(hours=1)))
    question = LatestDate(kind="latest_date", name="último asiento", sql="SELECT 1", days=3)
    databases = dict(office.deployment.databases)
    databases["hacienda"] = databases["hacienda"].model_copy(update={"checks": (question,)})

    asked = Office(office.deployment.model_copy(update={"databases": databases}), office.actor)

    assert not plan_drill(office, "hacienda").changes
    assert plan_drill(asked, "hacienda").changes
