"""The whole copy of a database, against what its parts cost at the least on this machine."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from copias.database.children import child_environment
from copias.package import generate_key
from copias.store import StoreSettings, open_store
from copias_sandbox import sinfa

FULL = os.environ.get("COPIAS_BENCH") == "full"
MEGABYTES = int(os.environ.get("COPIAS_BENCH_MB", "1000" if FULL else "100"))
SLACK = 1.0 if FULL else 1.6
"""A short run is mostly start-up, so it only catches what is badly wrong; the targets hold for the full size."""
MEMORY = 150 << 20

COPY = """
import json, resource, sys, time
from pathlib import Path
from copias.database import Connection, driver_for
from copias.package import load_key
from copias.sinfa.copying import pack_dump
from copias.store import StoreSettings, open_store
from tests_draft import draft

facts = json.loads(sys.argv[1])
connection = Connection(**{**facts["connection"], "password_file": Path(facts["connection"]["password_file"])})
store = open_store(StoreSettings(kind="folder", path=facts["store"]), name="nas")
begun = time.perf_counter()
packed = pack_dump(
    driver_for("postgresql", connection), store, facts["name"], draft=draft, key=load_key(Path(facts["key"])),
    least=0, report=lambda _: None,
)
wall = time.perf_counter() - begun
own = resource.getrusage(resource.RUSAGE_SELF)
children = resource.getrusage(resource.RUSAGE_CHILDREN)
# Of this process alone: ru_maxrss is, after a fork, the parent's.
peak = int(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0]) * 1024
print(json.dumps({
    "wall": wall, "peak": peak, "bytes": packed.record.bytes, "stored": packed.package.bytes,
    "cpu": own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime,
}))
"""

PACKAGE = """
import json, sys, time
from datetime import datetime
from pathlib import Path
from copias.database import Connection, driver_for
from copias.database.postgresql.snapshot import open_snapshot
from copias.database.postgresql.tools import client_for
from copias.database.producer import Limits, Shape, produce
from copias.package.dump_entry import DumpEntry
from copias.package.writer import PackageWriter
from copias.store import StoreSettings, open_store

facts = json.loads(sys.argv[1])
connection = Connection(**{**facts["connection"], "password_file": Path(facts["connection"]["password_file"])})
store = open_store(StoreSettings(kind="folder", path=facts["store"]), name="nas")
driver = driver_for("postgresql", connection)
begun = time.perf_counter()
with open_snapshot(connection) as snapshot, store.create(facts["name"]) as upload:
    package = PackageWriter(upload.write, when=datetime(2026, 11, 20))
    entry = DumpEntry(package.open_entry("sinfa.dump.zst"))
    tools = client_for(snapshot.session.info.server_version // 10000, whose="")
    with driver._program(tools, snapshot) as program:
        produce(program, entry.write, report=lambda _: None, limits=Limits(), shape=Shape())
    entry.close()
    package.close()
    upload.finish()
print(json.dumps({"wall": time.perf_counter() - begun}))
"""

DRAFT = '''
from datetime import UTC, datetime
from copias.package import Manifest, Proof, ProofLevel
from copias.package.facts import Agent, AuthorisationFacts, CaseFacts, DumpFacts, Scope, SourceFacts, Times, Versions


def draft(record):
    """Return the manifest of a copy that no case asked for."""
    return Manifest(
        entity="Banco de pruebas",
        case=CaseFacts(number=None, kind="sinfa", mode="on_site", subject="sinfa", department="TIC", record_series="-"),
        authorisation=AuthorisationFacts(authoriser="-", post="-", document="-", motive="-"),
        source=SourceFacts(system=record.engine, version=record.version, host="local", name="sinfa"),
        scope=Scope(included=("todo",), excluded=()),
        counts={}, dump=DumpFacts.model_validate(record.to_dict()), store="nas",
        versions=Versions(tool="bench", procedure="-", work_instruction="-"),
        times=Times(started=record.started, sealed=datetime.now(UTC)), agent=Agent(account="-", name="-"), run="",
        previous_ledger_hash="0" * 64, proof=Proof.at(ProofLevel.PENDING),
    )
'''


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sinfa.Sinfa]:
    folder = tmp_path_factory.mktemp("sinfa")
    for parent in (folder, *folder.parents):
        if parent.owner() != "root" or parent.stat().st_mode & 0o007 == 0:
            parent.chmod(parent.stat().st_mode | 0o011)
    running = sinfa.start(folder / "server", megabytes=MEGABYTES)
    yield running
    sinfa.remove(folder / "server")


def server_cpu(server: sinfa.Sinfa) -> float:
    """CPU seconds of the server, with the backends that have ended."""
    postmaster = psutil.Process(server.pid)
    own = postmaster.cpu_times()
    ended = own.children_user + own.children_system
    living = sum(sum(child.cpu_times()[:2]) for child in postmaster.children(recursive=True))
    return own.user + own.system + ended + living


def run_counted(server: sinfa.Sinfa, command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Run a command; return its wall seconds, and its CPU seconds with the server's."""
    before, children = server_cpu(server), resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    wall = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - children.ru_utime - children.ru_stime
    return wall, used + server_cpu(server) - before


@pytest.mark.slow
def test_copy_is_bound_by_the_dump_or_by_the_processors(server: sinfa.Sinfa, tmp_path: Path) -> None:
    connection = server.reader
    passfile = tmp_path / "pgpass"
    passfile.write_text(f"*:*:*:*:{connection.password()}\n")
    passfile.chmod(0o600)
    dump_file = tmp_path / "plain.dump"
    environment = child_environment(PGPASSFILE=str(passfile))
    dump = ["pg_dump", "-Fc", "-Z0", "-h", connection.host, "-p", str(connection.port), "-U", connection.user]
    run_counted(server, [*dump, connection.database], environment)  # warms the server's cache

    null_wall, null_cpu = run_counted(server, [*dump, connection.database], environment)
    run_counted(server, [*dump, "-f", str(dump_file), connection.database], environment)
    _, packing_cpu = run_counted(
        server, ["bash", "-c", f"zstd -q -3 -T1 <{dump_file} >/dev/null; sha256sum {dump_file} >/dev/null"], environment
    )
    dump_file.unlink()
    bare, _ = copy(server, tmp_path / "bare", PACKAGE)
    ours, server_used = copy(server, tmp_path / "whole", COPY)

    floor = max(null_wall, (null_cpu + packing_cpu) / 2)
    whole = (ours["cpu"] + server_used) / 2
    print(
        f"\n{ours['bytes'] / 1e6:.0f} MB dump, {ours['stored'] / 1e6:.0f} MB package, peak {ours['peak'] / 1e6:.0f} MB"
        f"\n  null dump {null_wall:.1f} s, (dump + zstd + sha256 CPU) / 2 {(null_cpu + packing_cpu) / 2:.1f} s"
        f"\n  ours without digests {bare['wall']:.1f} s, ratio {bare['wall'] / floor:.2f} (target 1.25)"
        f"\n  with digests {ours['wall']:.1f} s, (CPU of all) / 2 {whole:.1f} s, "
        f"ratio {ours['wall'] / whole:.2f} (target 1.15)"
    )
    assert bare["wall"] <= 1.25 * SLACK * floor
    assert ours["wall"] <= 1.15 * SLACK * whole
    assert ours["peak"] <= MEMORY


def copy(server: sinfa.Sinfa, folder: Path, program: str) -> tuple[dict[str, float], float]:
    """Make a copy in a process of its own; return its figures and the server's CPU seconds."""
    folder.mkdir()
    generate_key(folder / "key.pem")
    open_store(StoreSettings(kind="folder", path=folder / "nas"), name="nas").prepare()
    (folder / "tests_draft.py").write_text(DRAFT)
    reader = server.reader
    facts = {
        "connection": {**vars(reader), "password_file": str(reader.password_file)},
        "store": str(folder / "nas"),
        "key": str(folder / "key.pem"),
        "name": "sinfa.zip",
    }
    before = server_cpu(server)
    done = subprocess.run(
        [sys.executable, "-c", program, json.dumps(facts)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(folder)},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), server_cpu(server) - before
