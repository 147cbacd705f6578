"""An office without any Google, and ledgers that are forged as years would have left them: the chain holds."""

from __future__ import annotations

import hashlib
import json
import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from copias.case.copy_folder import CopyFolder
from copias.config import Deployment
from copias.ledger import GENESIS, Event
from copias.office import Office
from copias.package.canonical import to_canonical
from copias.package.signing import SigningKey, generate_key
from copias.people import Actor, Identity
from tests.deployment import PERSON, describe_deployment, write_deployment

NOW = datetime.now(UTC).replace(microsecond=0)


def describe(folder: Path) -> dict[str, t.Any]:
    """Return what the deployment's file says: one database with nights, and one without."""
    database = {
        "engine": "postgresql",
        "host": "127.0.0.1",
        "database": "x",
        "user": "x",
        "department": "Hacienda",
        "record_series": "Contabilidad",
    }
    return describe_deployment(
        folder,
        help_desk={"spreadsheet": "s", "requests_tab": "Solicitudes", "responses_tab": "Respuestas"},
        policies={"diaria": {"databases": ["hacienda"], "drill_every": "P7D"}},
        databases={"hacienda": database, "archivo": database},
    )


@dataclass
class Place:
    """An office whose ledger is forged line by line."""

    office: Office
    folder: Path
    key: SigningKey

    @property
    def ledger(self) -> Path:
        return self.office.deployment.ledger

    def lines(self) -> list[bytes]:
        return self.ledger.read_bytes().splitlines() if self.ledger.exists() else []

    def add(
        self, event: str, data: dict[str, t.Any], *, case: str | None = None, run: str | None = None, ago: float = 0
    ) -> None:
        """Add an event of some hours ago."""
        lines = self.lines()
        previous = hashlib.sha256(lines[-1]).hexdigest() if lines else GENESIS
        moment = (NOW - timedelta(hours=ago)).isoformat(timespec="microseconds")
        actor = self.office.actor.to_event()
        line = Event(len(lines) + 1, moment, event, case, run, actor, data, previous).to_line()
        self.ledger.parent.mkdir(parents=True, exist_ok=True)
        with self.ledger.open("ab") as stream:
            stream.write(line + b"\n")

    def add_night(
        self, *, ago: float = 1, database: str = "hacienda", verified: bool = True, signed: bool = True
    ) -> str:
        """Add a night's copy, its manifest too; return its name."""
        moment = NOW - timedelta(hours=ago)
        name = f"noche-{database}-{moment:%Y%m%dT%H%M%SZ}"
        data = {
            "copy": name,
            "database": database,
            "repository": "nas",
            "snapshot": name.encode().hex(),
            "path": f"/{database}.dump",
            "bytes": 1000,
            "sha256": "ab" * 32,
            "tables": 3,
            "rows": 30,
            "started": moment.isoformat(),
            "finished": moment.isoformat(),
        }
        self.add("night.made", data, ago=ago)
        if verified:
            self.add("night.verified", {"copy": name, "level": "read"}, ago=ago)
        if signed:
            content = {"format": "copias-night-1", "copy": data}
            signature = {"key_id": self.key.key_id, "value": self.key.sign(to_canonical(content))}
            folder = CopyFolder(self.office.deployment, name)
            folder.write_bytes("night.json", orjson.dumps({"manifest": content, "signature": signature}))
        return name

    def add_package(
        self, number: str = "1234", *, subject: str = "hacienda", kind: str = "sinfa", ago: float = 1
    ) -> str:
        """Add a case with a proven package, its manifest too; return the copy's id."""
        copy = f"{kind}-{subject}-{number}"
        moment = (NOW - timedelta(hours=ago)).isoformat()
        sha256 = hashlib.sha256(copy.encode()).hexdigest()
        made = {
            "copy": copy,
            "generation": 1,
            "kind": kind,
            "subject": subject,
            "record_series": "S",
            "store": "nas",
            "package": f"{kind}/{copy}.zip",
            "bytes": 10,
            "sha256": sha256,
            "started": moment,
            "finished": moment,
        }
        grant = {"authoriser": "M", "post": "P", "document": "D", "motive": "R"}
        started = {"kind": kind, "subject": subject, "authorisation": grant}
        self.add("case.started", started, case=number, run=f"{number}-20261126t000000-abcdef", ago=ago)
        self.add("copy.made", made, case=number, run=f"{number}-20261126t000000-abcdef", ago=ago)
        self.add("copy.stored", {"copy": copy, "store": "nas"}, case=number, ago=ago)
        self.add("copy.verified", {"copy": copy, "level": "restored"}, case=number, ago=ago)
        content = {"case": {"number": number}, "package": {"sha256": sha256}}
        signature = {"key_id": self.key.key_id, "value": self.key.sign(to_canonical(content))}
        sealed = json.dumps({**content, "signature": signature}).encode()
        CopyFolder(self.office.deployment, copy).write_bytes("manifest.json", sealed)
        return copy

    def add_drill(self, *, ago: float = 1, passed: bool = True, seconds: float = 10.0, copy: str = "") -> None:
        """Add a drill of the database with nights; of a copy of the hour before, unless another is named."""
        copy = copy or self.add_night(ago=ago + 1, signed=False)
        phases = {"fetch": seconds / 2, "start": 0.0, "restore": seconds / 2}
        data = {
            "database": "hacienda",
            "copy": copy,
            "seconds": phases,
            "problems": [] if passed else ["falta una fila"],
        }
        self.add("drill.passed" if passed else "drill.failed", data, ago=ago)

    def alter(self, line: int, old: bytes, new: bytes) -> None:
        """Change a line, from 1, as somebody with an editor would."""
        lines = self.lines()
        assert old in lines[line - 1]
        lines[line - 1] = lines[line - 1].replace(old, new)
        self.ledger.write_bytes(b"".join(one + b"\n" for one in lines))

    def write_config(self) -> Path:
        """Write the deployment's file, for the command line."""
        config = self.folder / "copias.yml"
        write_deployment(config, describe(self.folder))
        return config


def make_place(folder: Path) -> Place:
    deployment = Deployment.model_validate(describe(folder), context={"folder": folder})
    key = generate_key(deployment.signing_key)
    return Place(Office(deployment, Actor(Identity("alucia", "sesión"), PERSON)), folder, key)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return make_place(tmp_path)
