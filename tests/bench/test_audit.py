"""What the whole audit costs, of 5,000 accounts and a ledger of a million events: one pass, in little memory."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import typing as t
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
import yaml

from copias.audit.inventory import Inventory, SeenAccount, snapshot_file
from copias.mailbox.mirror import Mirror
from copias.mailbox.mirror.layout import INDEX
from copias.package.canonical import to_canonical
from copias.package.signing import SigningKey
from copias.people import read_identity
from tests.bench.conftest import FULL, Figures
from tests.bench.test_retention import Writer
from tests.deployment import PERSON
from tests.unit.audit.conftest import Place, describe, make_place

EVENTS = 1_000_000 if FULL else 50_000
ACCOUNTS = 5_000 if FULL else 250
DATABASES = 10
SECONDS, MEGABYTES = 60.0, 300.0
DOMAIN = "valleclaro.example"

PROGRAM = """
import io, sys, time
from contextlib import redirect_stdout, redirect_stderr
from copias.cli.app import app
begun = time.perf_counter()
answer = io.StringIO()
with redirect_stdout(answer), redirect_stderr(io.StringIO()):
    code = app(["audit", "--html", sys.argv[2], "--query", "[red, ledger.count, length(coverage.rows)]",
                "--config", sys.argv[1]], standalone_mode=False)
print(time.perf_counter() - begun, int(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0]) / 1024)
print(answer.getvalue())
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """An installation that has worked for years: nights of ten databases and of everybody's mirrors, and cases."""
    made = make_place(tmp_path_factory.mktemp("audit"))
    write_config(made)
    writer = Writer(_ledger(made))
    now = datetime.now(UTC).replace(microsecond=0)
    add_inventory(made, writer, now)
    # Three events in five are of the nights, the others of cases: 21 events each, as a real case leaves.
    cases = EVENTS * 2 // 5 // CASE_EVENTS
    add_cases(made, writer, now, cases)
    add_nights(made, writer, now, EVENTS - cases * CASE_EVENTS - 1)
    writer.close()
    make_mirrors(made)
    assert made.office.book.ledger.head().count == EVENTS
    return made


CASE_EVENTS = 21


def _ledger(made: Place) -> Path:
    made.ledger.parent.mkdir(parents=True, exist_ok=True)
    return made.ledger


def account(number: int) -> str:
    return f"persona{number}@{DOMAIN}"


def write_config(made: Place) -> None:
    """Write a deployment that mirrors everybody, of a Directory that is down."""
    content = describe(made.folder)
    (base, _) = content["databases"].values()
    content["databases"] = {f"base{number}": base for number in range(DATABASES)}
    content["policies"] = {"diaria": {"databases": list(content["databases"])}}
    standing = {
        "authoriser": "M",
        "post": "P",
        "document": "Resolución 1",
        "motive": "R",
        "until": "2099-12-31",
        "departments": [f"Secretaría {number}" for number in range(12)],
    }
    key = made.folder / "key.json"
    content["google"] = {"key_file": str(key)}
    content["mailboxes"] = {
        "domains": [DOMAIN],
        "administrator": f"admin@{DOMAIN}",
        "store": "nas",
        "record_series": "Correo",
        "standing": standing,
    }
    people = {"people": {read_identity().account: {"name": PERSON.name, "role": "administrator"}}}
    (made.folder / "people.yml").write_text(yaml.safe_dump(people, allow_unicode=True))
    (made.folder / "copias.yml").write_text(yaml.safe_dump(content, allow_unicode=True))


def add_inventory(made: Place, writer: Writer, now: datetime) -> None:
    """Leave a snapshot of everybody."""
    import gzip

    found = [SeenAccount(account(n), f"Secretaría {n % 12}", f"/U{n % 12}", "active", True) for n in range(ACCOUNTS)]
    content = Inventory(accounts=tuple(found)).to_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    path = snapshot_file(made.office.deployment, sha256)
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(content))
    writer.add(now, "inventory.seen", {"sha256": sha256, "accounts": ACCOUNTS, "databases": DATABASES})


def make_mirrors(made: Place) -> None:
    """Give everybody a mirror that is up to date: the same file under each name."""
    root = made.office.deployment.state / "mirrors"
    first = root / account(0)
    first.mkdir(parents=True)
    with Mirror.open(first, account=account(0)) as mirror:
        mirror.set_state(history_id=1, messages_total=0, full=True)
        mirror.commit()
        with mirror.view() as reader:
            reader.copy_index(root / "index")
    for number in range(ACCOUNTS):
        folder = root / account(number)
        folder.mkdir(exist_ok=True)
        (folder / INDEX).unlink(missing_ok=True)
        os.link(root / "index", folder / INDEX)
    (root / "index").unlink()


def seal(key: SigningKey, content: dict[str, t.Any], name: str, folder: Path) -> None:
    """Keep a signed manifest."""
    signature = {"algorithm": "Ed25519", "key_id": key.key_id, "value": key.sign(to_canonical(content))}
    folder.mkdir(parents=True)
    sealed = {**content, "signature": signature} if name == "manifest.json" else None
    (folder / name).write_bytes(json.dumps(sealed or {"manifest": content, "signature": signature}).encode())


def add_cases(made: Place, writer: Writer, now: datetime, count: int) -> None:
    grant = {"authoriser": "Mariela Ejemplo", "post": "Secretaria", "document": "Oficio 1", "motive": "Retiro"}
    for number in range(count):
        moment = now - timedelta(days=1500 * (count - number) / count)
        case, subject = str(number + 1), account(number % ACCOUNTS)
        copy, key = f"mailbox-{subject}-{case}", f"copias-{case}-1"
        sha256 = hashlib.sha256(copy.encode()).hexdigest()
        of = {"kind": "mailbox", "subject": subject}
        package = {"package": f"correo/{subject}/{copy}.zip", "bytes": 3_000_000, "sha256": sha256, "store": "nas"}
        made_data = {
            "copy": copy,
            "generation": 1,
            **of,
            "record_series": "Correo",
            **package,
            "messages": 12_000,
            "started": moment.isoformat(),
            "finished": moment.isoformat(),
        }
        row = {"kind": "control", "number": case, "department": "Secretaría 1", "subject": subject, **package}
        told: list[tuple[str, dict[str, t.Any]]] = [
            ("case.assigned", {"agent": "Ana"}),
            ("case.classified", {**of, "mode": "remote"}),
            ("case.authorised", {**grant, "of": of}),
            ("case.started", {**of, "authorisation": grant}),
            ("outbox.queued", {"key": f"{key}-in_progress", "kind": "response", "number": case, "done": "x" * 120}),
            ("outbox.attempted", {"key": f"{key}-in_progress"}),
            ("outbox.delivered", {"key": f"{key}-in_progress", "range": "Respuestas!A2:G2"}),
            ("copy.made", made_data),
            ("copy.stored", {"copy": copy, "store": "nas", "files": 1}),
            ("copy.verified", {"copy": copy, "level": "restored", "seconds": 8.1}),
            ("outbox.queued", {"key": f"{key}-control", **row, "ledger_count": 7, "ledger_hash": sha256}),
            ("outbox.attempted", {"key": f"{key}-control"}),
            ("outbox.delivered", {"key": f"{key}-control", "range": "Control!A2:G2"}),
            ("outbox.queued", {"key": f"{key}-resolved", "kind": "response", "number": case, "done": "x" * 120}),
            ("outbox.attempted", {"key": f"{key}-resolved"}),
            ("outbox.delivered", {"key": f"{key}-resolved", "range": "Respuestas!A3:G3"}),
            ("case.resolved", {}),
            *[("copy.checked", {"copy": copy, "store": "nas", "outcome": "good"})] * 4,
        ]
        for name, data in told:
            writer.add(moment, name, data, case)
        seal(
            made.key,
            {"case": {"number": case}, "facts": "x" * 2500, "package": {"sha256": sha256}},
            "manifest.json",
            made.office.deployment.copies / copy,
        )


def add_nights(made: Place, writer: Writer, now: datetime, left: int) -> None:
    """Add nights, the last of them last night, until no event is left."""
    leave = {"case": "", "document": "Resolución 1", "authoriser": "M"}
    counts = {"changed": True, "full": False, "fetched": 12, "bytes": 90_000, "relabelled": 3, "deleted": 1}
    each = 2 + 4 * DATABASES + ACCOUNTS // 2
    days = -(-left // each)
    for day in range(days, 0, -1):
        moment = now - timedelta(days=day - 1, hours=5)
        events: list[tuple[str, dict[str, t.Any]]] = []
        for number in range(DATABASES):
            copy = f"noche-base{number}-{moment:%Y%m%dT%H%M%SZ}"
            data = {
                "copy": copy,
                "database": f"base{number}",
                "repository": "nas",
                "snapshot": "ab" * 32,
                "path": "/x.dump",
                "bytes": 10**9,
                "sha256": "cd" * 32,
                "tables": 40,
                "rows": 10**7,
                "started": moment.isoformat(),
                "finished": moment.isoformat(),
            }
            events += [("night.made", data), ("night.verified", {"copy": copy, "level": "read"})]
            seconds = {"fetch": 1.0, "start": 1.0, "restore": 9.0}
            passed = {"database": f"base{number}", "copy": copy, "seconds": seconds}
            events.append(("drill.passed", passed) if day % 7 == 1 else ("repository.checked", {"repository": "nas"}))
            events.append(("night.removed", {"copy": copy, "why": "retención"}) if day > 34 else ("store.measured", {}))
            if day <= 34:
                content = {"format": "copias-night-1", "copy": data}
                seal(made.key, content, "night.json", made.office.deployment.copies / copy)
        for number in range(day % 2, ACCOUNTS, 2):
            events.append(("mirror.synced", {"account": account(number), **counts, "leave": leave}))
        events.append(("night.started", {"run": f"night-{day}", "only": []}))
        events.append(("night.finished", {"run": f"night-{day}", "ended": "finished", "counts": {}, "failed": []}))
        # The first night is cut short, so that there are as many events as were asked for.
        skip = each * days - left if day == days else 0
        for name, data in events[skip:]:
            writer.add(moment, name, data)


def audit(place: Place) -> tuple[float, float, list[int]]:
    """Audit everything in a process of its own: seconds, megabytes, and what it counted."""
    page, config = place.folder / "auditoria.html", place.folder / "copias.yml"
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(config), str(page)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    figures, _, answer = done.stdout.partition("\n")
    seconds, megabytes = map(float, figures.split())
    return seconds, megabytes, orjson.loads(answer)


def test_the_whole_audit_of_a_million_events_is_a_minute_and_little_memory(place: Place, figures: Figures) -> None:
    seconds, megabytes, (red, count, rows) = audit(place)

    size = f"{ACCOUNTS:,} accounts, {EVENTS:,} events"
    figures.add(f"whole audit with its page, {size}", f"<= {SECONDS:.0f} s", f"{seconds:.1f} s")
    figures.add("its peak memory", f"<= {MEGABYTES:.0f} MB", f"{megabytes:.0f} MB")
    assert red == 1  # the repository of the forged nights, which nobody made: told once
    assert (count, rows) == (EVENTS, ACCOUNTS + DATABASES)
    assert seconds <= SECONDS
    assert megabytes <= MEGABYTES
