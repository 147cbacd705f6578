"""What a night of many mailboxes costs, all of it: the verb, its supervisor, ansible-runner, Ansible and the mirrors.

Nights of several sizes tell what a night costs however many mailboxes there are, and what each of them adds. The target
is that of a night in which nothing changed; one in which every mailbox got a message has a report by host for each.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import threading
import time
import typing as t
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import yaml

from copias.google.directory import SCOPES
from copias.google.scopes import GMAIL_READ
from copias.package import generate_key
from copias.people import read_identity
from copias_sandbox import control
from copias_sandbox.admin.client import AdminClient
from copias_sandbox.home import Running
from copias_sandbox.oauth.keys import CLIENT_ID

FULL = os.environ.get("COPIAS_BENCH") == "full"
SIZES = (100, 1_000, 5_000) if FULL else (60, 300)
BUSY = 1_000 if FULL else 60
"""Mailboxes of the night in which each of them got a message."""
MESSAGES = 5
DOMAIN = "alcaldia.example"
ADMINISTRATOR = f"noche.0000@{DOMAIN}"
ROUNDS = """
import json, resource, sys
from pathlib import Path
from copias.mailbox.night_rounds import mirror_night
from copias.office import open_office

done = mirror_night(open_office(Path(sys.argv[1])), json.loads(sys.stdin.read()), whole=True)
used = resource.getrusage(resource.RUSAGE_SELF)
changed, failed = sum(one.changed for one in done.values()), sum(one.error is not None for one in done.values())
print(json.dumps({"cpu": used.ru_utime + used.ru_stime, "changed": changed, "failed": failed}))
"""
"""The mirrors' part of the night, without Ansible."""
NIGHT = """
import ctypes, json, os, resource, subprocess, sys

ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # what the verb leaves behind becomes this process's: its CPU counts too
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
try:
    while True:
        os.wait()
except ChildProcessError:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
mailboxes = [one["outcome"] for one in json.loads(done.stdout)["mailboxes"].values()]
outcomes = {name: mailboxes.count(name) for name in set(mailboxes)}
print(json.dumps({"code": done.returncode, "cpu": used.ru_utime + used.ru_stime, "outcomes": outcomes}))
"""
"""A night as cron starts it, and the CPU of all its processes."""


@dataclasses.dataclass(frozen=True)
class Night:
    """What a night came to: seconds, CPU seconds of all its processes, MB of the largest of them."""

    count: int
    outcomes: dict[str, int]
    wall: float
    cpu: float
    peak: float

    @property
    def each(self) -> float:
        """CPU milliseconds a mailbox."""
        return 1000 * self.cpu / self.count


@dataclasses.dataclass
class Hall:
    """An installation whose only work are the mirrors of mailboxes."""

    config: Path
    accounts: list[str]
    admin: AdminClient

    def night(self) -> Night:
        """Do a night."""
        verb = str(Path(sys.executable).with_name("copias"))
        command = [sys.executable, "-c", NIGHT, verb, "nightly", "--json", "--config", str(self.config)]
        begun = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            peak = Peak(process.pid)
            output = process.communicate()[0]
        wall = time.perf_counter() - begun
        assert process.returncode == 0, output[-3000:]
        told = json.loads(output)
        assert told["code"] == 0, told
        return Night(len(self.accounts), told["outcomes"], wall, told["cpu"], peak.stop() / 2**20)

    def rounds(self) -> dict[str, t.Any]:
        """Do the same rounds without Ansible; return their CPU seconds, and how many mirrors changed and failed."""
        done = subprocess.run(
            [sys.executable, "-c", ROUNDS, str(self.config)],
            input=json.dumps(self.accounts),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        found: dict[str, t.Any] = json.loads(done.stdout)
        assert found["failed"] == 0
        return found


class Peak:
    """Looks several times a second how large the largest process of a tree is."""

    def __init__(self, pid: int) -> None:
        self._process, self._most, self._done = psutil.Process(pid), 0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._done.wait(0.3):
            with suppress(psutil.Error):
                for process in (self._process, *self._process.children(recursive=True)):
                    with suppress(psutil.Error):
                        self._most = max(self._most, process.memory_info().rss)

    def stop(self) -> int:
        """Return the bytes."""
        self._done.set()
        self._thread.join()
        return self._most


@contextmanager
def open_hall(folder: Path, count: int) -> Iterator[Hall]:
    """Make an installation with so many mailboxes, and their first copies."""
    running = control.start(folder / "google", cases=0)
    try:
        admin = control.admin(folder / "google")
        admin.request("POST", "/delegation", {"client_id": CLIENT_ID, "scopes": [GMAIL_READ, *SCOPES]})
        accounts = [f"noche.{number:04}@{DOMAIN}" for number in range(count)]
        for number, account in enumerate(accounts):
            name = {"givenName": "Noche", "familyName": "Noche", "fullName": account}
            admin.user(account, isMailboxSetup=True, name=name, isAdmin=number == 0)
            admin.mailbox(account, count=MESSAGES, mean_bytes=900, seed=number)
        hall = make_hall(folder, running, accounts, admin)
        assert hall.rounds()["changed"] == count
        yield hall
    finally:
        control.stop(folder / "google")


def make_hall(folder: Path, running: Running, accounts: list[str], admin: AdminClient) -> Hall:
    """Write an installation's files, and return it without any mirror."""
    act = {"authoriser": "Mariela Ejemplo", "post": "Secretaria General", "document": "Resolución 100 de 2026"}
    standing = {**act, "motive": "Custodia", "until": "2099-12-31", "accounts": accounts}
    content = {
        "plugin": "funza.copias.workspace",
        "entity": "Alcaldía de Valle Claro",
        "state": str(folder / "state"),
        "people": str(folder / "people.yml"),
        "account_filter": "familyName=Noche",
        "google": {"key_file": str(running.key), "endpoint": running.url},
        "help_desk": {"spreadsheet": "s", "requests_tab": "S", "control_spreadsheet": "c", "control_tab": "C"},
        "stores": {},
        "mailboxes": {"domains": [DOMAIN], "administrator": ADMINISTRATOR, "store": "nas", "standing": standing},
    }
    config = folder / "inventory" / "copias.yml"
    config.parent.mkdir()
    config.write_text(yaml.safe_dump(content, allow_unicode=True))
    people = {"people": {read_identity().account: {"name": "Ana Prueba", "role": "administrator"}}}
    (folder / "people.yml").write_text(yaml.safe_dump(people))
    generate_key(folder / "state" / "keys" / "signing.pem")
    return Hall(config, accounts, admin)


def test_a_night_costs_little_for_each_unchanged_mailbox_and_no_more_of_it_the_more_there_are(
    tmp_path: Path, figures: t.Any
) -> None:
    nights = list[Night]()

    for count in SIZES:
        with open_hall(tmp_path / str(count), count) as hall:
            night, alone = hall.night(), hall.rounds()["cpu"]
        nights.append(night)
        figures.add(
            f"night of {count} unchanged mailboxes, all of it",
            "1,000: ≤ 90 s, ≤ 80 ms CPU each, ≤ 300 MB; 5,000: ≤ 1.3 times the CPU each",
            f"{night.wall:.0f} s, CPU {night.each:.1f} ms each, of it the rounds {1000 * alone / count:.1f} ms and "
            f"{1 - alone / night.cpu:.0%} Ansible's and the verb's; largest process {night.peak:.0f} MB",
        )
        assert night.outcomes == {"unchanged": count}
        assert alone <= 0.025 * count + 3  # start-up, which is the same for any number, is most of a short run

    small, large = nights[0], nights[-1]
    slope = 1000 * (large.cpu - small.cpu) / (large.count - small.count)
    fixed = small.cpu - small.count * slope / 1000
    figures.add(
        f"what a mailbox adds to a night, from {small.count} to {large.count}",
        "≤ 80 ms CPU",
        f"{slope:.1f} ms CPU, beside {fixed:.1f} s of every night",
    )
    assert max(night.peak for night in nights) <= 300
    assert slope <= 80
    if FULL:
        thousand = next(night for night in nights if night.count == 1_000)
        assert thousand.each <= 80
        assert thousand.wall <= 90
        assert large.each <= 1.3 * thousand.each


def test_a_night_in_which_every_mailbox_got_a_message_tells_each_by_its_host(tmp_path: Path, figures: t.Any) -> None:
    with open_hall(tmp_path / "noche", BUSY) as hall:
        for account in hall.accounts:
            hall.admin.deliver(account)

        night = hall.night()

    figures.add(
        f"night of {BUSY} mailboxes with a new message each, all of it",
        "none",
        f"{night.wall:.0f} s, CPU {night.each:.1f} ms each; largest process {night.peak:.0f} MB",
    )
    assert night.outcomes == {"done": BUSY}
    assert night.peak <= 300
