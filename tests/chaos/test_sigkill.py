"""A run is killed anywhere, in one of several ways, and run again: the promise holds as if nothing had happened.

``COPIAS_CHAOS_POINTS`` says at how many points; ``COPIAS_CHAOS_SEED`` moves them. A point is a moment of the run (an
event of the ledger, a program that starts), some milliseconds after it, and who is killed.
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass

import psutil
import pytest

from copias.run.folder import latest_run
from copias_sandbox import world
from tests.e2e.town import CASE, CONTROL, RESPONSES, Town

POINTS = int(os.environ.get("COPIAS_CHAOS_POINTS", "1"))
SEED = int(os.environ.get("COPIAS_CHAOS_SEED", "20261"))

MOMENTS = (
    "program pg_dump",
    "program pg_restore",
    "event outbox.queued 3",
    "event case.started 1",
    "event copy.made 1",
    "event outbox.attempted 1",
    "event copy.stored 1",
    "program AnsiballZ_package_store",
    "event outbox.attempted 2",
    "event copy.verified 1",
    "program AnsiballZ_database_verify",
    "event outbox.delivered 2",
    "program ansible-playbook",
    "event outbox.attempted 3",
    "program AnsiballZ_database_dump",
)
"""Ordered so that the first points of a short run hit the dump, the restore and the closing."""
VICTIMS = ("everything", "supervisor", "playbook", "module")
LONGEST_DELAY = 0.4


@dataclass(frozen=True)
class Point:
    """When and whom."""

    number: int
    moment: str
    delay: float
    victim: str

    def __str__(self) -> str:
        return f"{self.number}-{self.moment.replace(' ', '_')}-{self.delay * 1000:.0f}ms-{self.victim}"


def points() -> list[Point]:
    """Return the points of this seed: all moments in turn, with all victims in turn, after delays by chance."""
    chance = random.Random(SEED)
    found = []
    for number in range(POINTS):
        lap, place = divmod(number, len(MOMENTS))
        delay = chance.choice([0.0, chance.uniform(0, 0.05), chance.uniform(0, LONGEST_DELAY)])
        found.append(Point(number + 1, MOMENTS[place], delay, VICTIMS[(place + lap) % len(VICTIMS)]))
    return found


def wait_for(town: Town, moment: str) -> None:
    """Wait for a moment of the run; a run that ends before it ever comes has to be hit another time."""
    kind, name, *times = moment.split()
    if kind == "program":
        town.wait(lambda: town.find_process(name), moment, pause=0)
    else:
        town.wait(lambda: town.count(name) >= int(times[0]), moment, pause=0.002)


def kill(town: Town, victim: str) -> None:
    """Kill, as the kernel does when memory runs out or somebody types ``kill -9``."""
    supervisor = latest_run(town.world.state / "runs", CASE).supervisor
    assert supervisor is not None
    if victim == "everything":
        targets = [psutil.Process(supervisor.pid), *town.processes()] if supervisor.is_alive() else town.processes()
        for process in targets:
            with suppress(psutil.Error):
                process.kill()
        return
    if victim == "supervisor":
        with suppress(ProcessLookupError):
            os.killpg(supervisor.pid, signal.SIGKILL)
        return
    name = "AnsiballZ_" if victim == "module" else "ansible-playbook"
    process = town.find_process(name) or town.find_process("ansible-playbook")
    if process is not None:
        with suppress(psutil.Error):
            process.kill()


@pytest.mark.slow
@pytest.mark.parametrize("point", points(), ids=str)
def test_a_killed_run_is_mended_by_the_next(town: Town, point: Point) -> None:
    town.detach()
    wait_for(town, point.moment)
    time.sleep(point.delay)

    kill(town, point.victim)
    if point.victim in {"playbook", "module"}:
        town.follow()  # the supervisor lives and writes what came of it; a module may have ended just before
    town.require_quiet()
    again = town.run_case(CASE, "--json")

    assert again.code == 0, again.text
    assert again.json["state"] == "resolved"
    require_one_copy(town)
    require_each_row_once(town)
    require_intact_ledger(town)
    town.require_nothing_left()


def require_one_copy(town: Town) -> None:
    """One published copy, verified, and it is the one that the ledger speaks of."""
    name = f"sinfa-hacienda-{CASE}"
    endings = (".constancia.html", ".prueba.json", ".zip", ".zip.manifest.json")
    assert [path.name for path in town.stored()] == [name + ending for ending in endings]
    copies = town.copias("show", CASE, "--query", "copies").json
    assert [copy["status"] for copy in copies] == ["verified"]
    package = town.stored("*.zip")[0]
    assert hashlib.sha256(package.read_bytes()).hexdigest() == copies[0]["data"]["sha256"]
    script, key = world.PROJECT / "scripts" / "verify_package.py", town.world.state / "keys" / "signing.pem.pub"
    checked = subprocess.run([sys.executable, script, package, "--key", key], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def require_each_row_once(town: Town) -> None:
    assert town.answers() == ["En proceso", "Solucionado"]
    keys = Counter(row["Clave de evento"] for tab in (RESPONSES, CONTROL) for row in town.ours(tab))
    assert set(keys.values()) == {1}, keys
    assert len(town.ours(CONTROL)) == 1


def require_intact_ledger(town: Town) -> None:
    row = town.ours(CONTROL)[0]
    witness = f"{row['Bitácora (evento)']}:{row['Bitácora (hash)']}"
    audit = town.copias("audit", "ledger", "--witness", witness)
    assert audit.code == 0, audit.text
    for event in ("copy.made", "copy.stored", "copy.verified", "case.resolved"):
        assert town.count(event) == 1, event
