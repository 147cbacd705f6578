"""A night as cron runs it: alone, one at a time, stopped cleanly or by its limit, without the directory."""

from __future__ import annotations

import subprocess
import typing as t
from contextlib import suppress
from pathlib import Path

import orjson
import psutil
import pytest
import yaml

from copias.case.claim import NIGHT
from copias.database import Connection
from copias.night.report import FINISHED, STARTED, NightReport, read_report
from tests.integration.night.conftest import DATABASE, Town, big_database, new_repository, server, town
from tests.integration.night.test_playbook import PATIENCE, PROGRAMS, call
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

__all__ = ["big_database", "new_repository", "server", "town"]


@pytest.fixture
def alone(town: Town, big_database: Connection) -> Town:
    """An installation whose dump can be caught in the middle, and whose store is prepared."""
    content = yaml.safe_load(town.config.read_text())
    content["directory"] = False
    content["databases"][DATABASE]["database"] = big_database.database
    content["databases"][DATABASE]["user"] = big_database.user
    content["databases"][DATABASE]["password_file"] = str(big_database.password_file)
    Path(content["stores"]["nas"]["path"]).mkdir()
    town.office.open_store("nas").prepare()
    town.config.write_text(yaml.safe_dump(content, allow_unicode=True))
    return town


def last_report(town: Town) -> NightReport:
    *_, finished = town.office.book.ledger.events_of({FINISHED})
    return read_report(town.office.deployment, finished.data["run"], finished.data["report"])


def hold_dump(town: Town) -> psutil.Process:
    """Wait until the dump of the detached night has begun, and hold it."""

    def find() -> psutil.Process | None:
        claim = town.office.claims.active(NIGHT)
        if claim is None:
            return None
        with suppress(psutil.NoSuchProcess):
            # Below its own supervisor alone: other workers dump databases of this name at the same time.
            for one in psutil.Process(claim.holder.pid).children(recursive=True):
                if is_dump(one):
                    return one
        return None

    def is_dump(process: psutil.Process) -> bool:
        with suppress(psutil.NoSuchProcess):
            told = process.cmdline()
            return process.name() == "pg_dump" and "--version" not in told and "grande" in " ".join(told)
        return False

    dump: psutil.Process = wait_until(find, 150)
    dump.suspend()
    return dump


def as_cron(town: Town, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the verb as cron does: no home, the shortest path, no terminal, the C locale."""
    bare = {"PATH": "/usr/bin:/bin", "LANG": "C", "LC_ALL": "C", "LOGNAME": "copias", "SHELL": "/bin/sh"}
    return subprocess.run(
        [PROGRAMS / "copias", "nightly", "--config", str(town.config), *arguments],
        env=bare,
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_night_that_is_stopped_tells_what_it_did_not_do_and_the_next_one_under_cron_does_it(alone: Town) -> None:
    started = orjson.loads(call(alone, "copias", "nightly", "--detach", "--json").stdout)
    dump = hold_dump(alone)

    second = call(alone, "copias", "nightly")
    looked = call(alone, "copias", "nightly", "--check", "--json")
    stopped = call(alone, "copias", "nightly", "--stop")
    report = last_report(alone)
    after = as_cron(alone, "--json")

    assert second.returncode == 4
    assert started["run"] in second.stderr
    assert "copias nightly --follow" in second.stderr
    assert orjson.loads(looked.stdout)["databases"][DATABASE]["changed"], "a look needs no claim"
    assert stopped.returncode == 0, stopped.stderr
    assert "fue detenida" in stopped.stdout
    assert not dump.is_running()
    assert (report.run, report.ended) == (started["run"], "stopped")
    assert {item.outcome for item in report.items if item.name != "nas"} == {"postponed"}
    assert after.returncode == 0, after.stdout + after.stderr
    assert orjson.loads(after.stdout)["databases"][DATABASE]["status"] == "read"
    assert alone.events().count("night.made") == 1
    alone.office.book.ledger.verify()


def test_night_past_its_time_limit_ends_by_itself_and_is_late(alone: Town) -> None:
    content = yaml.safe_load(alone.config.read_text())
    content["night"] = {"time_limit": "PT8S"}
    alone.config.write_text(yaml.safe_dump(content, allow_unicode=True))
    call(alone, "copias", "nightly", "--detach")
    hold_dump(alone)

    done = call(alone, "copias", "nightly", "--follow", "--json")

    told = orjson.loads(done.stdout)
    assert told["ended"] == "late"
    assert done.returncode == 75
    assert told["databases"][DATABASE]["outcome"] == "postponed"
    assert told["steps"]["nas-check"]["outcome"] == "postponed"
    assert alone.office.claims.active(NIGHT) is None
    assert alone.events().count(FINISHED) == 1


def test_night_without_the_directory_copies_its_databases_and_tells(alone: Town, tmp_path: Path) -> None:
    content = yaml.safe_load(alone.config.read_text())
    content["directory"] = True
    content["mailboxes"] = {"domains": ["example.test"], "administrator": "admin@example.test", "store": "nas"}
    alone.config.write_text(yaml.safe_dump(content, allow_unicode=True))

    done = call(alone, "copias", "nightly", "--json")

    told: dict[str, t.Any] = orjson.loads(done.stdout)
    assert told["databases"][DATABASE]["status"] == "read", done.stdout + done.stderr
    assert told["steps"]["directory"]["outcome"] == "failed"
    assert done.returncode != 0
    assert alone.events().count(STARTED) == alone.events().count(FINISHED) == 1
