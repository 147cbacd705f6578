"""What planning the retention costs, of ten thousand snapshots and a hundred thousand packages."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import typing as t
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from copias.ledger import GENESIS, Event
from copias.repository.program import find_restic
from tests.bench.conftest import FULL, Figures
from tests.integration.retention.conftest import PASSWORD, Nights, empty_repository, make_office  # noqa: F401
from tests.integration.retention.forge import Forge

SNAPSHOTS = 10_000 if FULL else 1_000
PACKAGES = 100_000 if FULL else 10_000
EXPIRED = PACKAGES // 100
SECONDS, MEGABYTES = 3.0, 150.0
OPTIONS = ["--keep-daily=7", "--keep-weekly=5", "--keep-monthly=12", "--keep-yearly=10"]

PROGRAM = """
import io, sys, time
from contextlib import redirect_stdout
from copias.cli.app import app
begun = time.perf_counter()
with redirect_stdout(io.TextIOWrapper(open("/dev/null", "wb"))):
    app(["retention", "plan", "--json", "--config", sys.argv[1]], standalone_mode=False)
seconds = time.perf_counter() - begun
# Of this process alone: ru_maxrss is, after a fork, the parent's.
print(seconds, int(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0]) / 1024)
"""


class Writer:
    """Writes a ledger's events as fast as a disk takes them, in a chain that verifies."""

    def __init__(self, path: Path) -> None:
        self._stream = path.open("wb")
        self._n, self._previous = 0, GENESIS
        self._actor = {"account": "alucia", "proof": "sesión", "name": "Ana Lucía Prueba", "role": "agent"}

    def add(self, moment: datetime, event: str, data: dict[str, t.Any], case: str | None = None) -> None:
        self._n += 1
        time_of = moment.isoformat(timespec="microseconds")
        line = Event(self._n, time_of, event, case, None, self._actor, data, self._previous).to_line()
        self._previous = hashlib.sha256(line).hexdigest()
        self._stream.write(line + b"\n")

    def close(self) -> None:
        self._stream.close()


@pytest.fixture(scope="module")
def place(empty_repository: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Nights:  # noqa: F811
    """An office with years of nights and packages."""
    template, tree = empty_repository
    folder = shutil.copytree(template, tmp_path_factory.mktemp("bench") / "place")
    nights = Nights(make_office(folder), folder, Forge(folder / "nas", PASSWORD, tree=tree))
    made = next(event for event in nights.office.book.ledger.events() if event.event == "repository.made")
    writer = Writer(nights.office.deployment.ledger)
    writer.add(made.when, made.event, made.data)
    add_packages(writer, nights.now)
    add_nights(writer, nights)
    writer.close()
    nights.office.book.ledger.verify()
    nights.write_config()
    return nights


def add_packages(writer: Writer, now: datetime) -> None:
    for number in range(PACKAGES):
        age = timedelta(days=6 * 366) if number < EXPIRED else timedelta(days=1800 * (PACKAGES - number) // PACKAGES)
        moment, subject = now - age, f"persona{number % 5000}@valleclaro.example"
        case, copy = str(number), f"mailbox-{subject}-{number}"
        made = {
            "copy": copy,
            "generation": 1,
            "kind": "mailbox",
            "subject": subject,
            "record_series": "Correo electrónico institucional",
            "store": "nas",
            "package": f"correo/{subject}/{copy}.zip",
            "parts": [f"{copy}.zip"],
            "bytes": 3_000_000,
            "sha256": hashlib.sha256(copy.encode()).hexdigest(),
            "messages": 12_000,
            "message_bytes": 4_000_000,
            "started": moment.isoformat(),
            "finished": moment.isoformat(),
        }
        writer.add(moment, "case.started", {"kind": "mailbox", "subject": subject}, case)
        writer.add(moment, "copy.made", made, case)
        writer.add(moment, "copy.stored", {"copy": copy, "store": "nas", "files": 1, "ranges": 8}, case)
        writer.add(moment, "copy.verified", {"copy": copy, "messages": 12_000, "seconds": 8.1}, case)


def add_nights(writer: Writer, nights: Nights) -> None:
    """Two databases, a night a day for as long as it takes."""
    count = SNAPSHOTS // 2
    for day in range(count):
        for database in ("hacienda", "nomina"):
            moment = nights.now - timedelta(hours=3, days=count - 1 - day)
            name = f"noche-{database}-{moment:%Y%m%dT%H%M%SZ}"
            path = f"/{database}.dump"
            snapshot = nights.forge.add(moment, host=database, path=path, tags=(f"run={name}", "engine=postgresql"))
            made = {"copy": name, "database": database, "repository": "nas", "snapshot": snapshot, "path": path}
            facts = {"bytes": 10**9, "sha256": "ab" * 32, "tables": 40, "rows": 10**7}
            times = {"started": moment.isoformat(), "finished": (moment + timedelta(minutes=5)).isoformat()}
            writer.add(moment, "night.made", {**made, **facts, **times})
            writer.add(moment, "night.verified", {"copy": name, "level": "read", "seconds": 11.0})


def best(act: t.Callable[[], t.Any], times: int = 3) -> tuple[float, t.Any]:
    """Wall seconds of an act, warm: the least of some, and its last answer."""
    act()
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        answer = act()
        found.append(time.perf_counter() - begun)
    return min(found), answer


def test_plan_costs_little_beyond_restic_itself(place: Nights, figures: Figures) -> None:
    config = place.folder / "inventory" / "copias.yml"
    cache = place.office.deployment.state / "repositories" / "cache"
    environment = {**os.environ, "RESTIC_REPOSITORY": str(place.folder / "nas"), "RESTIC_PASSWORD": PASSWORD}
    command = [
        find_restic(),
        f"--cache-dir={cache}",
        "--json",
        "forget",
        "--dry-run",
        "--group-by=host,paths",
        *OPTIONS,
    ]

    def ask_restic() -> bytes:
        return subprocess.run(command, env=environment, capture_output=True, check=True).stdout

    def plan() -> list[float]:
        done = subprocess.run([sys.executable, "-c", PROGRAM, str(config)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return [float(part) for part in done.stdout.split()]

    bare, answer = best(ask_restic)
    ours, (_, megabytes) = best(plan)

    groups = json.loads(answer)
    assert sum(len(group["keep"]) + len(group["remove"] or ()) for group in groups) == SNAPSHOTS
    size = f"{SNAPSHOTS:,} snapshots, {PACKAGES:,} packages"
    figures.add(
        f"retention plan, {size}", f"<= {SECONDS} s beyond restic", f"{ours - bare:.2f} s (restic {bare:.2f} s)"
    )
    figures.add("its peak memory", f"<= {MEGABYTES:.0f} MB", f"{megabytes:.0f} MB")
    assert ours - bare <= SECONDS
    assert megabytes <= MEGABYTES


def test_expired_packages_are_found_among_all(place: Nights) -> None:
    from copias.retention.expiry import plan_office

    found = plan_office(place.office, datetime.now(UTC).date())

    assert len(found.removable) == EXPIRED
    assert found.kept == PACKAGES - EXPIRED
