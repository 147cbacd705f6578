"""What a dump, its digests and its proof cost, beside PostgreSQL's own tools and the CPU that there is.

``COPIAS_BENCH_MB`` is the database's size; without it 1000 in a full run and 100 in a short one. Two cores are assumed:
work of N CPU seconds cannot take less than N / 2. What other programs took of the cores meanwhile is discounted.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from copias.database import Connection, DumpRecord, driver_for
from copias.database.children import child_environment
from copias.database.postgresql import ScratchServer
from copias.database.postgresql.catalog import list_relations
from copias.database.postgresql.digest import HASH_XOR_SUM, Digester
from copias.database.postgresql.driver import PostgreSQL
from copias.database.postgresql.passwords import password_in_memory
from copias.database.postgresql.session import connect, conninfo
from copias.database.postgresql.tools import client_for
from copias.progress import ignore
from copias_sandbox import sinfa
from tests.bench.conftest import timed

FULL = os.environ.get("COPIAS_BENCH") == "full"
MEGABYTES = int(os.environ.get("COPIAS_BENCH_MB", "1000" if FULL else "100"))
TRIES = 3
SLACK = 1.35
"""A busy machine is allowed this much beyond each target; the printed figure is what counts."""
MEMORY = 150 << 20
CORES = 2
"""At most this many are kept busy by one dump."""

ONLY_DUMP = """
import json, resource, sys, time
from pathlib import Path
from copias.database import Connection, driver_for
host, port, database, user, password_file = sys.argv[1:]
driver = driver_for("postgresql", Connection(host, int(port), database, user, Path(password_file)))
begun = time.perf_counter()
record = driver.dump(lambda chunk: None, report=lambda count: None)
wall = time.perf_counter() - begun
own = resource.getrusage(resource.RUSAGE_SELF)
tools = resource.getrusage(resource.RUSAGE_CHILDREN)
cpu = own.ru_utime + own.ru_stime + tools.ru_utime + tools.ru_stime
# Of this process alone: ru_maxrss is, after a fork, the parent's.
peak = int(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0]) * 1024
print(json.dumps({"wall": wall, "cpu": cpu, "peak": peak, "bytes": record.bytes, "rows": record.rows}))
"""


@pytest.fixture(scope="module")
def server() -> Iterator[sinfa.Sinfa]:
    with tempfile.TemporaryDirectory(prefix="copias-bench-", ignore_cleanup_errors=True) as place:
        Path(place).chmod(0o755)
        yield sinfa.start(Path(place) / "sinfa", megabytes=MEGABYTES)
        sinfa.remove(Path(place) / "sinfa")


def server_cpu(pid: int) -> float:
    """CPU seconds of a server so far, with its processes, those that ended included."""
    postmaster = psutil.Process(pid)
    times = postmaster.cpu_times()
    total = times.user + times.system + times.children_user + times.children_system
    for process in postmaster.children():
        try:
            own = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += own.user + own.system
    return float(total)


def busy() -> float:
    """CPU seconds that all programs of this machine have taken, on average over its cores times two."""
    times = psutil.cpu_times()
    used = sum(times) - times.idle - times.iowait - getattr(times, "guest", 0) - getattr(times, "guest_nice", 0)
    return float(used) * CORES / (psutil.cpu_count() or CORES)


def best(work: Callable[[], float]) -> float:
    return min(work() for _ in range(TRIES))


def null_dump(connection: Connection) -> float:
    with (
        closing(connect(connection)) as session,
        password_in_memory(connection) as (environment, pass_fds, _),
        open(os.devnull, "wb") as null,
    ):
        tools = client_for(session.info.server_version // 10000, whose="")
        command = [tools["pg_dump"], "-Fc", "-Z0", "-w", f"--dbname={conninfo(connection)}"]
        return timed(
            lambda: subprocess.run(command, env=environment, pass_fds=pass_fds, stdout=null, check=True),
        )


def in_a_process_of_its_own(connection: Connection) -> dict[str, float]:
    arguments = [connection.host, str(connection.port), connection.database, connection.user]
    command = [sys.executable, "-c", ONLY_DUMP, *arguments, str(connection.password_file)]
    told = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return {name: float(value) for name, value in told.items()}


def test_dump_with_digests_keeps_both_cores_busy_and_memory_flat(server: sinfa.Sinfa) -> None:
    null = best(lambda: null_dump(server.reader))
    runs = []
    for _ in range(TRIES):
        before, busy_before = server_cpu(server.pid), busy()
        told = in_a_process_of_its_own(server.reader)
        told["cpu"] += server_cpu(server.pid) - before
        others = max(0.0, busy() - busy_before - told["cpu"])
        told["alone"] = told["wall"] - others / CORES
        runs.append(told)
    told = min(runs, key=lambda run: run["alone"] / run["cpu"])
    bound = told["cpu"] / CORES

    print(
        f"\n{told['bytes'] / 1e6:.0f} MB, {told['rows'] / 1e6:.1f} M rows: null dump {null:.2f} s"
        f" · dump + SHA-256 + digests {told['wall']:.2f} s, {told['alone']:.2f} s without what others took,"
        f" CPU / {CORES} {bound:.2f} s, ratio {told['alone'] / bound:.2f} (target 1.15)"
        f" · peak memory {told['peak'] / (1 << 20):.0f} MiB"
    )
    fixed = 0.5  # connecting, starting programs, reading the catalogue: what a small database is mostly made of
    assert told["alone"] <= 1.15 * SLACK * bound + fixed
    assert told["peak"] <= MEMORY


def test_passing_the_dump_on_costs_no_time(server: sinfa.Sinfa) -> None:
    from copias.database.postgresql.snapshot import open_snapshot
    from copias.database.producer import Limits, Shape, produce

    driver = PostgreSQL(server.reader)

    def produced() -> float:
        with open_snapshot(server.reader) as snapshot:
            tools = client_for(snapshot.session.info.server_version // 10000, whose="")
            with driver._program(tools, snapshot) as program:
                return timed(lambda: produce(program, ignore_bytes, report=ignore, limits=Limits(), shape=Shape()))

    null = best(lambda: null_dump(server.reader))
    ours = best(produced)

    print(f"\nnull dump {null:.2f} s · counted, hashed and passed on {ours:.2f} s, ratio {ours / null:.2f}")
    assert ours <= 1.1 * SLACK * null + 0.2


def test_proof_costs_little_more_than_a_bare_restore_and_the_digest_query(server: sinfa.Sinfa, tmp_path: Path) -> None:
    driver = driver_for("postgresql", server.reader)
    dump = tmp_path / "sinfa.dump"
    with dump.open("wb") as stream:
        record = driver.dump(stream.write, report=ignore)

    floors, ours = [], []
    for _ in range(2 if FULL else TRIES):  # in turns: what one leaves to be written to the disk slows the next
        ours.append(our_proof(dump, record, server.reader))
        floors.append(bare_proof(dump, record))
    floor, own = min(floors, key=sum), min(ours, key=sum)

    print(
        f"\nbare pg_restore -j2 {floor[0]:.2f} s + digest query at 2 workers {floor[1]:.2f} s"
        f" · restore {own[0]:.2f} s + comparison with schema and sequences {own[1]:.2f} s,"
        f" ratio {sum(own) / sum(floor):.2f} (target 1.25)"
    )
    assert sum(own) <= 1.25 * SLACK * sum(floor) + 1.5


def bare_proof(dump: Path, record: DumpRecord) -> tuple[float, float]:
    """Restore without owners into a new server and digest it: no more than a person at a prompt would do."""
    with ScratchServer(record.major) as scratch:
        database = dataclasses.replace(scratch.connection, database="template1")
        tools = client_for(record.major, whose="")
        command = [tools["pg_restore"], "-j2", "-O", "-x", f"--dbname={conninfo(database)}", str(dump)]
        restore = timed(lambda: subprocess.run(command, env=child_environment(), check=True))
        with closing(connect(database)) as session:
            relations = list_relations(session, sized=True)

        def digest() -> None:
            with Digester(database, relations, HASH_XOR_SUM) as digester:
                digester.finish()

        return restore, timed(digest)


def our_proof(dump: Path, record: DumpRecord, source: Connection) -> tuple[float, float]:
    from copias.database import verify

    proof = verify(driver_for("postgresql", source), dump, record)
    assert proof.equal
    return proof.restore_seconds, proof.compare_seconds


def ignore_bytes(_: bytes) -> None:
    pass
