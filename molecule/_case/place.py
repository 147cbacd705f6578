"""An installation on the test hosts: help desk on control, store on the NAS by SFTP, database on its server by network.

Each scenario has its own, named for it: a folder of the run, a folder of the NAS, a database. Usage::

    place.py up NAME      make it; what is there already is kept
    place.py look NAME    print, as JSON, what a case left: read without the product
    place.py ask NAME     ask the provider of the case, and have it wait
    place.py age NAME     let what was done so far have been done on the last night of the month before
    place.py choose NAME  make the other case one that gives all of a copied mailbox, or a copied database, back
    place.py down NAME    end its help desk
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import typing as t
import zipfile
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import yaml
from deployment import ACCOUNT, DELIVERED, MIRRORED, NAS, RUN, STORE, SUBJECT, Databases, describe

from copias.authorisation import Authorisation
from copias.case.deciding import authorise, classify
from copias.case.intake import read_case
from copias.case.starting import plan_start
from copias.files import make_private_directory, write_atomically
from copias.ledger import GENESIS, Ledger
from copias.mailbox.restore.planning import Order, draft_restore
from copias.mailbox.restore.search import Query
from copias.night.day import tonight
from copias.office import Office, open_office
from copias.package import generate_key
from copias.people import read_identity
from copias.provider.asking import plan_request
from copias.sinfa.recovery import draft_recovery
from copias_sandbox import control
from copias_sandbox.home import Running
from copias_sandbox.rooms.sheets.storage import WorkbookStore
from copias_sandbox.state import State

MANUAL, MANUAL_CASE = "manual_copy", "1235"
RESTORED, RESTORE_CASE = "sinfa_restore", "1235"
CASE = RECOVERY_CASE = "1234"
CASES = 40


@dataclass(frozen=True)
class Place:
    """One scenario's installation."""

    name: str

    @property
    def home(self) -> Path:
        """Return its folder."""
        return RUN / "places" / self.name

    @property
    def config(self) -> Path:
        """Return the deployment's file, of which playbooks get the path."""
        return self.home / "copias.yml"

    def up(self) -> None:
        """Make everything that an administrator makes once, and start the help desk."""
        make_private_directory(self.home)
        Databases(self.name).fill()
        self._write_files(control.start(self.home / "google", cases=CASES))
        office = open_office(self.config)
        if not office.deployment.signing_key.exists():
            make_private_directory(office.deployment.signing_key.parent)
            generate_key(office.deployment.signing_key)
        office.open_store(STORE).prepare()
        if self.name == MANUAL:
            self._deliver(office)
        if self.name == DELIVERED:
            classify(office, CASE, kind="sinfa", subject=SUBJECT, mode="remote")

    def down(self) -> None:
        """End the help desk."""
        control.stop(self.home / "google")

    def choose(self) -> None:
        """Say that a case is a recovery, and plan to give back everything."""
        office = open_office(self.config)
        if self.name == RESTORED:
            leave = Authorisation(authoriser="Mariela Ejemplo", post="Secretaria", document="Oficio 9", motive="Ensayo")
            classify(office, RESTORE_CASE, kind="recovery", subject=SUBJECT, mode=None)
            authorise(office, RESTORE_CASE, leave)
            copy_id, to = f"sinfa-{SUBJECT}-{CASE}", f"{self.home / 'volcado'}/"
            draft_recovery(office, RESTORE_CASE, copy_id=copy_id, to=to, motive="Ensayo").record()
            return
        classify(office, RECOVERY_CASE, kind="recovery", subject=MIRRORED[0], mode=None)
        draft_restore(office, read_case(office, RECOVERY_CASE), Order(query=Query())).record()

    def age(self) -> None:
        """Write the ledger anew, each event so many days earlier that its night is the last one of another month."""
        earlier, previous, lines = timedelta(days=tonight().day), GENESIS, list[bytes]()
        ledger = open_office(self.config).deployment.ledger
        for event in Ledger(ledger).events():
            dates: dict[str, str] = {
                name: _shift(event.data[name], earlier) for name in ("started", "finished") if name in event.data
            }
            line = replace(event, time=_shift(event.time, earlier), data={**event.data, **dates}, previous=previous)
            lines.append(line.to_line() + b"\n")
            previous = hashlib.sha256(line.to_line()).hexdigest()
        write_atomically(ledger, b"".join(lines))

    def ask(self) -> None:
        """Ask the provider, as the first run of the case does, and let the case go as when that run has ended."""
        office = open_office(self.config)
        plan_start(office, CASE).run()
        plan_request(office, CASE).run()
        claim = office.claims.read(CASE)
        if claim is not None:
            office.claims.release(CASE, claim.run)

    def look(self) -> dict[str, t.Any]:
        """Return the ledger's events, the NAS's files, and the rows with a key of ours, none of it by the product."""
        settings = yaml.safe_load(self.config.read_text(encoding="utf-8"))["help_desk"]
        return {
            "events": [event["event"] for event in self._ledger()],
            "ledger": self._ledger(),
            "nas": self._list_nas(),
            "answers": self._rows(settings["spreadsheet"], settings["responses_tab"], "Estado"),
            "control": self._rows(settings["control_spreadsheet"], settings["control_tab"], "Archivo"),
            "recovered": self._recovered(),
        }

    def _deliver(self, office: Office) -> None:
        """Put a Takeout of three messages into the folder of the case, and say that the case is of it."""
        folder = self.home / "entregas" / MANUAL_CASE
        if folder.is_dir():
            return
        make_private_directory(folder)
        with zipfile.ZipFile(folder / "takeout-20261120T101112Z-001.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("Takeout/Correo/Todo el correo.mbox", "".join(map(_takeout_message, range(3))))
        classify(office, MANUAL_CASE, kind="manual", subject=MIRRORED[0], mode=None)

    def _write_files(self, google: Running) -> None:
        person = {"name": "Ana Lucía Prueba", "role": "administrator"}
        people = {"people": {read_identity().account: person}}
        for path, content in ((self.home / "people.yml", people), (self.config, describe(self.name, google))):
            write_atomically(path, yaml.safe_dump(content, allow_unicode=True).encode())

    def _ledger(self) -> list[dict[str, t.Any]]:
        path = self.home / "state" / "ledger.jsonl"
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []

    def _recovered(self) -> list[str]:
        """Return the ids of the messages under the label of the recovery, as the mailbox has them."""
        mail = control.admin(self.home / "google").mail(MIRRORED[0])
        return [message["id"] for message in mail if f"Recuperado caso {RECOVERY_CASE}" in message["labels"]]

    def _list_nas(self) -> list[str]:
        """Return the names of files by the NAS's own SFTP, as its account sees them."""
        options = ["-i", str(RUN / "keys" / "copias"), f"-oUserKnownHostsFile={RUN / 'known_hosts'}", "-oBatchMode=yes"]
        found: list[str] = []
        folders = [f"/copias/{self.name}"]
        while folders:
            folder = folders.pop()
            listed = subprocess.run(
                ["sftp", "-q", "-b", "-", *options, f"{ACCOUNT}@{NAS}"],
                input=f'ls -ln "{folder}"\n',
                capture_output=True,
                check=True,
                text=True,
            )
            for line in listed.stdout.splitlines():
                if line.startswith(("d", "-")):
                    path = line.split(maxsplit=8)[8]
                    (folders if line.startswith("d") else found).append(path)
        return sorted(path.removeprefix(f"/copias/{self.name}/") for path in found)

    def _rows(self, spreadsheet: str, tab: str, header: str) -> list[str]:
        """Return a column of the rows that carry a key of ours, from the help desk's own file."""
        state = State(self.home / "google" / "state.sqlite")
        try:
            book = WorkbookStore(state).load(spreadsheet)
        finally:
            state.connection.close()
        headers, *rows = next(sheet for sheet in book.sheets if sheet.title == tab).grid.rows
        key, wanted = headers.index("Clave de evento"), headers.index(header)
        return [str(row[wanted]) for row in rows if len(row) > key and str(row[key] or "").startswith("copias-")]


def _shift(moment: str, earlier: timedelta) -> str:
    return (datetime.fromisoformat(moment) - earlier).isoformat()


def _takeout_message(number: int) -> str:
    head = f"From {1828754568043628583 + number}@xxx Mon Apr 07 14:31:02 +0000 2025\r\n"
    return f"{head}X-GM-THRID: 1\r\nX-Gmail-Labels: Inbox\r\nSubject: acta {number}\r\n\r\nHola\r\n\r\n"


def main(arguments: list[str]) -> None:
    """Do one verb for one place."""
    verb, name = arguments
    place = Place(name)
    if verb == "up":
        place.up()
    elif verb == "age":
        place.age()
    elif verb == "ask":
        place.ask()
    elif verb == "choose":
        place.choose()
    elif verb == "down":
        place.down()
    else:
        sys.stdout.write(json.dumps(place.look()))


if __name__ == "__main__":
    main(sys.argv[1:])
