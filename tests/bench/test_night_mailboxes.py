"""What a night of many unchanged mailboxes costs, all of Ansible included, and what of it is Ansible's."""

from __future__ import annotations

import dataclasses
import json
import os
import resource
import subprocess
import sys
import threading
import time
import typing as t
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import yaml

from copias.google.directory import SCOPES
from copias.google.scopes import GMAIL_READ
from copias.package import generate_key
from copias.people import read_identity
from copias_sandbox import control
from copias_sandbox.oauth.keys import CLIENT_ID

PROJECT = Path(__file__).parents[2]
FULL = os.environ.get("COPIAS_BENCH") == "full"
COUNTS = (1_000, 5_000) if FULL else (60,)
MESSAGES = 5
DOMAIN = "alcaldia.example"
ADMINISTRATOR = f"noche.0000@{DOMAIN}"
ALONE = """
import json, resource, sys
from pathlib import Path
from copias.mailbox.night_rounds import mirror_night
from copias.office import open_office

done = mirror_night(open_office(Path(sys.argv[1])), json.loads(sys.stdin.read()), whole=True)
assert not any(one.error or one.changed for one in done.values())
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_utime + used.ru_stime)
"""
"""The mirrors' part of the night without Ansible."""


@dataclasses.dataclass
class Hall:
    """An installation whose only work are the mirrors of mailboxes."""

    config: Path
    accounts: list[str]

    def night(self) -> dict[str, float]:
        """Run the playbook; return seconds, CPU seconds of the whole tree of processes, MB of the largest of them."""
        command = [
            str(Path(sys.executable).with_name("ansible-playbook")),
            "-i",
            str(self.config),
            "playbooks/nightly.yml",
        ]
        before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        with subprocess.Popen(command, cwd=PROJECT, env=self.environment, stdout=subprocess.PIPE, text=True) as process:
            peak = Peak(process.pid)
            output = process.communicate()[0]
        wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
        assert process.returncode == 0, output[-3000:]
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return {"wall": wall, "cpu": cpu, "peak": peak.stop() / 2**20}

    def alone(self) -> float:
        """Return the CPU seconds of the same rounds without Ansible."""
        done = subprocess.run(
            [sys.executable, "-c", ALONE, str(self.config)],
            input=json.dumps(self.accounts),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return float(done.stdout)

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "COPIAS_CONFIG": str(self.config), "ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg")}


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


@pytest.fixture(scope="module", params=COUNTS)
def hall(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    folder = tmp_path_factory.mktemp("noche")
    running = control.start(folder / "google", cases=0)
    try:
        admin = control.admin(folder / "google")
        admin.request("POST", "/delegation", {"client_id": CLIENT_ID, "scopes": [GMAIL_READ, *SCOPES]})
        accounts = [f"noche.{number:04}@{DOMAIN}" for number in range(request.param)]
        for number, account in enumerate(accounts):
            name = {"givenName": "Noche", "familyName": "Noche", "fullName": account}
            admin.request(
                "POST",
                "/user",
                {"primaryEmail": account, "isMailboxSetup": True, "name": name, "isAdmin": number == 0},
            )
            admin.mailbox(account, count=MESSAGES, mean_bytes=900, seed=number)
        yield make_hall(folder, running, accounts)
    finally:
        control.stop(folder / "google")


def make_hall(folder: Path, running: t.Any, accounts: list[str]) -> Hall:
    """Write an installation's files; its mirrors are still to be made."""
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
    return Hall(config, accounts)


def test_a_night_of_unchanged_mailboxes_costs_little_more_than_ansible(hall: Hall, figures: t.Any) -> None:
    count = len(hall.accounts)
    hall.night()  # the first copies

    night, alone = hall.night(), hall.alone()

    each = 1000 * night["cpu"] / count
    figures.add(
        f"night of {count} unchanged mailboxes, Ansible included",
        "1,000: ≤ 90 s, ≤ 80 ms CPU each, ≤ 300 MB; 5,000: ≤ 1.3 times the CPU each",
        f"{night['wall']:.0f} s, CPU {each:.1f} ms each, of it {1 - alone / night['cpu']:.0%} Ansible's "
        f"(without it {1000 * alone / count:.1f} ms); largest process {night['peak']:.0f} MB",
    )
    assert night["peak"] <= 300
    if FULL:
        assert each <= 80 * (1.3 if count > 1000 else 1.0)
        assert night["wall"] <= 0.09 * count
    else:
        # Start-up, which is the same for any number, is most of a short run.
        assert alone <= 0.05 * count + 3
