"""The options of ``copias audit``, as an administrator types them: each reaches what it is for."""

from __future__ import annotations

import json
import typing as t
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from copias.cli.app import app
from copias.local_time import day_of
from tests.unit.audit.conftest import NOW, Place


def call(place: Place, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["audit", *arguments, "--config", str(place.write_config())])


def told(place: Place, *arguments: str) -> t.Any:
    done = call(place, *arguments, "--json")
    assert done.exit_code in {0, 1}, done.output
    return json.loads(done.stdout)


def days_ago(days: int) -> str:
    return f"{day_of(NOW - timedelta(days=days)):%d/%m/%Y}"


@pytest.fixture
def cases(place: Place) -> Place:
    """Two resolved cases, one of forty days ago, one of yesterday."""
    for number, days in (("77", 40), ("88", 1)):
        place.add("case.assigned", {}, case=number, ago=24 * days)
        copy = place.add_package(number, ago=24 * days)
        place.add("case.resolved", {"copy": copy}, case=number, ago=24 * days)
    return place


def test_since_leaves_out_what_ran_before(cases: Place) -> None:
    everything = told(cases, "runs", "--since", days_ago(50))
    lately = told(cases, "runs", "--since", days_ago(2))
    whole = told(cases, "--since", days_ago(2))

    assert [row["what"] for row in everything["rows"]] == ["caso 88", "caso 77"]
    assert [row["what"] for row in lately["rows"]] == ["caso 88"]
    assert whole["runs"]["rows"] == lately["rows"]


def test_a_seed_draws_the_same_and_days_choose_among_whom(cases: Place) -> None:
    first = told(cases, "sample", "--n", "1", "--seed", "auditor-7")
    again = told(cases, "sample", "--n", "1", "--seed", "auditor-7")
    lately = told(cases, "sample", "--n", "5", "--from", days_ago(2), "--to", days_ago(0))

    assert (first["seed"], first["drawn"]) == (again["seed"], again["drawn"])
    assert (first["population"], lately["population"], lately["drawn"]) == (2, 1, ["88"])


def test_a_pack_is_written_where_it_is_asked_for(cases: Place, tmp_path: Path) -> None:
    target = tmp_path / "para-el-auditor.zip"

    done = told(cases, "pack", "88", "--output", str(target))

    assert done["file"] == str(target)
    assert done["bytes"] == target.stat().st_size > 0


def test_a_snapshot_is_taken_and_its_review_kept_with_what_was_seen(place: Place) -> None:
    done = call(place, "inventory", "--record", "--review", "Vi que nómina es nueva, oficio 12")

    assert done.exit_code in {0, 1}, done.output
    events = {event.event: event.data for event in place.office.book.ledger.events()}
    assert "inventory.seen" in events
    assert "Vi que nómina es nueva, oficio 12" in str(events["inventory.reviewed"])


@pytest.mark.parametrize("option", ["--since", "--from", "--to"])
def test_a_day_that_is_none_is_usage_and_says_how_it_is_written(place: Place, option: str) -> None:
    verb = ["runs"] if option == "--since" else ["inventory"]

    done = call(place, *verb, option, "31/12/9999")

    assert done.exit_code == 2
    assert "31/12/2026" in done.output
