"""A night is killed anywhere, all of its processes at once, and the next one does what was left, once.

``COPIAS_CHAOS_POINTS`` says at how many points; ``COPIAS_CHAOS_SEED`` moves them.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from contextlib import suppress
from pathlib import Path

import orjson
import psutil
import pytest
import yaml

from copias.case.claim import NIGHT
from copias.night.report import FINISHED, STARTED, read_report
from copias.run.folder import RunFolder
from tests.integration.night.conftest import DATABASE, Town, new_repository, server
from tests.integration.night.conftest import town as empty_town
from tests.integration.night.test_playbook import call
from tests.waiting import wait_until

__all__ = ["empty_town", "new_repository", "server"]
POINTS = int(os.environ.get("COPIAS_CHAOS_POINTS", "3"))
SEED = int(os.environ.get("COPIAS_CHAOS_SEED", "20261"))
MOMENTS = ("night.made", "night.started", "night.verified", "night.state", "begun", "repository.checked", FINISHED)
"""Events of the night after which it is killed; ``begun`` is before the first of them."""
LONGEST_DELAY = 1.5


def points() -> list[tuple[str, float]]:
    """Return moments in turn, and the seconds after each, by chance."""
    chance = random.Random(SEED)
    return [(MOMENTS[number % len(MOMENTS)], chance.uniform(0, LONGEST_DELAY)) for number in range(POINTS)]


@pytest.fixture
def night(empty_town: Town) -> Town:
    """An installation of one database, whose store is prepared."""
    content = yaml.safe_load(empty_town.config.read_text())
    content["directory"] = False
    Path(content["stores"]["nas"]["path"]).mkdir()
    empty_town.office.open_store("nas").prepare()
    empty_town.config.write_text(yaml.safe_dump(content, allow_unicode=True))
    return empty_town


def kill(town: Town) -> None:
    """Kill the supervisor and all below it, as a power cut does."""
    claim = town.office.claims.read(NIGHT)
    if claim is None:
        return  # it ended before
    with suppress(psutil.NoSuchProcess):
        supervisor = psutil.Process(claim.holder.pid)
        for process in (supervisor, *supervisor.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                process.kill()


@pytest.mark.slow
@pytest.mark.parametrize(("moment", "delay"), points(), ids=lambda value: str(value)[:12])
def test_night_that_was_killed_is_mended_by_the_next_one(night: Town, moment: str, delay: float) -> None:
    run = orjson.loads(call(night, "copias", "nightly", "--detach", "--json").stdout)["run"]
    folder = RunFolder(night.office.deployment.runs / run)
    wait_until(lambda: moment == "begun" or moment in night.events() or not folder.is_alive(), 90)
    with suppress(AssertionError):  # a while after it, unless it ends before
        wait_until(lambda: not folder.is_alive(), delay)

    kill(night)
    wait_until(lambda: not folder.is_alive(), 20)
    after = call(night, "copias", "nightly", "--json")

    told = orjson.loads(after.stdout)
    assert after.returncode == 0, after.stdout + after.stderr
    assert told["databases"][DATABASE]["status"] == "read"
    require_nothing_twice(night)
    require_all_nights_told(night)
    assert night.office.claims.active(NIGHT) is None


def require_nothing_twice(town: Town) -> None:
    events = Counter(town.events())
    for name in ("night.made", "night.verified", "night.state", "repository.checked"):
        assert events[name] == 1, events
    assert len([one for one in town.snapshots() if one.run]) == 1
    assert town.restic("check").returncode == 0


def require_all_nights_told(town: Town) -> None:
    """Each night has one end, also one killed before it began, and its report is the ledger's; the chain holds."""
    ledger = town.office.book.ledger
    started = {event.data["run"] for event in ledger.events_of({STARTED})}
    finished = [(event.data["run"], event.data["report"]) for event in ledger.events_of({FINISHED})]
    asked = [path.name for path in town.office.deployment.runs.glob("night-*")]
    assert started <= set(asked)
    assert sorted(asked) == sorted(run for run, _ in finished)
    for run, sha256 in finished:
        read_report(town.office.deployment, run, sha256)
    ledger.verify()
