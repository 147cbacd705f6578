"""A night whose NAS is away from its beginning to its end says so of everything, and the next one makes all good."""

from __future__ import annotations

import typing as t
from pathlib import Path

import orjson
import pytest
import yaml

from copias.findings import list_findings
from tests.chaos.test_night_sigkill import empty_town, new_repository, night, require_all_nights_told, server
from tests.integration.night.conftest import DATABASE, Town
from tests.integration.night.test_playbook import call

__all__ = ["empty_town", "new_repository", "night", "server"]


def nas_of(town: Town) -> Path:
    return Path(yaml.safe_load(town.config.read_text())["stores"]["nas"]["path"])


def outcomes(told: dict[str, t.Any]) -> dict[str, str]:
    """Return what came of each thing of a night, by its name."""
    things = {**told["databases"], **told["stores"], **told["steps"]}
    return {name: thing["outcome"] for name, thing in things.items()}


@pytest.mark.slow
def test_nas_that_is_away_all_night_is_told_of_everything_and_the_next_night_is_whole(night: Town) -> None:
    places = [nas_of(night), night.nas]
    away = [place.rename(place.with_name(f"{place.name}.desmontado")) for place in places]

    failed = call(night, "copias", "nightly", "--json")
    written = [place for place in places if place.exists()]
    for place, hidden in zip(places, away, strict=True):
        hidden.rename(place)
    open_findings = list_findings(night.office.book.ledger.events())
    mended = call(night, "copias", "nightly", "--json")

    told = orjson.loads(failed.stdout)
    assert failed.returncode != 0
    assert not written, "nothing is written where the NAS was not"
    assert outcomes(told)[DATABASE] == "failed", told
    assert "good" not in {came for name, came in outcomes(told).items() if name.startswith("nas")}, told
    assert any(DATABASE in finding.about for finding in open_findings)
    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert orjson.loads(mended.stdout)["databases"][DATABASE]["status"] == "read"
    assert not list_findings(night.office.book.ledger.events())
    require_all_nights_told(night)
