"""A night that is stopped or late: what is under way is asked to end, and only a playbook that hangs is killed."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest

from copias.run import night_clock
from copias.run.folder import RunFolder, new_run
from copias.run.night_clock import NightClock
from copias.run.supervise import Supervisor
from tests.unit.night.conftest import describe

SLEEP = "import sys, time; print('up', flush=True); time.sleep(60)"


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path)


@contextmanager
def module(folder: Path, name: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run what looks like a module of Ansible's until it is ended."""
    script = folder / f"AnsiballZ_{name}.py"
    script.write_text(SLEEP)
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield process
        finally:
            process.kill()


def limit(folder: RunFolder, seconds: float) -> None:
    (folder.path / "night.json").write_bytes(orjson.dumps({"limit": seconds}))


def test_night_within_its_time_is_left_alone(folder: RunFolder) -> None:
    limit(folder, 3600)

    with module(folder.path, "database_snapshot") as work:
        assert NightClock(folder, 3600)() is False

        assert work.poll() is None
    assert not folder.late_mark.exists()


def test_late_night_ends_what_is_under_way_and_lets_its_own_end_go_on(folder: RunFolder) -> None:
    limit(folder, 0)
    clock = NightClock(folder, 3600)
    clock()
    time.sleep(0.01)

    with module(folder.path, "database_snapshot") as work, module(folder.path, "night_closing") as closing:
        killed = clock()

        assert work.wait(10) != 0
        assert closing.poll() is None
    assert killed is False
    assert folder.late_mark.exists()


def test_stopped_night_that_does_not_end_by_itself_is_killed(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(night_clock, "STOP_GRACE", 0.0)
    clock = NightClock(folder, 3600)
    folder.stop_mark.touch()

    first = clock()
    time.sleep(0.01)

    assert (first, clock()) == (False, True)
    assert not folder.late_mark.exists()


def test_night_that_waits_for_a_killed_worker_is_ended_once_what_that_one_began_is_done(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(night_clock, "LOST_GRACE", 0.0)
    limit(folder, 3600)
    clock = NightClock(folder, 3600)
    with module(folder.path, "database_snapshot"):  # ours, as an orphan is, and not the playbook's
        during = [clock(), clock()]

    quiet = clock()
    time.sleep(0.01)

    assert (during, quiet, clock()) == ([False, False], False, True)
    assert not folder.asked_to_end


def test_night_between_two_modules_of_its_playbook_is_left_alone(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(night_clock, "LOST_GRACE", 0.0)
    limit(folder, 3600)
    clock = NightClock(folder, 3600)

    looks = [clock(), clock()]

    assert looks == [False, False]


def test_night_whose_inventory_hangs_before_it_begins_ends_at_its_limit_too(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(night_clock, "LATE_GRACE", 0.0)
    clock = NightClock(folder, 0)
    time.sleep(0.01)

    first = clock()
    time.sleep(0.01)

    assert (first, clock()) == (False, True)
    assert folder.late_mark.exists()


def test_night_that_began_has_all_its_time_from_then_on(folder: RunFolder) -> None:
    clock = NightClock(folder, 0)
    limit(folder, 3600)
    time.sleep(0.01)

    assert clock() is False
    assert not folder.late_mark.exists()


@pytest.mark.parametrize(("written", "hours"), [("PT3H", 3), ("nunca", 8)])
def test_limit_of_a_night_that_has_not_begun_is_the_deployments(tmp_path: Path, written: str, hours: int) -> None:
    config = tmp_path / "copias.yml"
    config.write_bytes(orjson.dumps(describe(tmp_path, night={"time_limit": written})))
    folder = new_run(tmp_path, playbook="nightly.yml", case="", config=config, check=False, account="a")

    assert Supervisor(folder)._read_limit() == hours * 3600
