"""What a night of MariaDB costs beside the bare dump tool into the same sink, and what its digests and proof add.

``COPIAS_BENCH_MB`` is the database's size; without it 400 in a full run and 60 in a short one.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from copias.database import Connection, verify
from copias.database.children import child_environment
from copias.database.mariadb import MariaDB
from copias.database.mariadb.driver import OPTIONS
from copias.database.mariadb.session import options_in_memory
from copias.progress import ignore
from copias_sandbox import sinfa, sinfa_mariadb
from tests.bench.conftest import timed

FULL = os.environ.get("COPIAS_BENCH") == "full"
MEGABYTES = int(os.environ.get("COPIAS_BENCH_MB", "400" if FULL else "60"))
TRIES = 5
BUSY = 1.35
SLACK = 1.0 if FULL else BUSY
"""A short run, on CI's machine, is allowed this much beyond each target; the printed figure is what counts."""
FIXED = 0.0 if FULL else 0.3
"""Seconds that no size changes (two looks at the catalogue): much of what a small database takes."""


@pytest.fixture(scope="module")
def server() -> Iterator[sinfa.Sinfa]:
    with tempfile.TemporaryDirectory(prefix="copias-bench-", ignore_cleanup_errors=True) as place:
        Path(place).chmod(0o755)
        with sinfa_mariadb.serve(Path(place) / "sinfa", megabytes=MEGABYTES) as started:
            yield started


def bare_dump(connection: Connection, sink: Path) -> None:
    """Run the tool by itself, its output straight into the file: nobody counts, hashes or looks."""
    with options_in_memory(connection) as (option, descriptors, _), sink.open("wb") as stream:
        command = ["mariadb-dump", option, *OPTIONS, "--", connection.database]
        subprocess.run(command, env=child_environment(), pass_fds=descriptors, stdout=stream, check=True)


def our_dump(driver: MariaDB, sink: Path) -> None:
    with sink.open("wb") as stream:
        driver.dump(stream.write, report=ignore)


def test_night_without_digests_costs_little_more_than_the_bare_tool(server: sinfa.Sinfa, tmp_path: Path) -> None:
    bare, ours, whole = [], [], []
    bare_dump(server.reader, tmp_path / "warm.sql")  # the first reader pays for the server's cold pages
    for _ in range(TRIES):  # in turns: what others take of the machine meanwhile is taken of each
        bare.append(timed(lambda: bare_dump(server.reader, tmp_path / "a.sql")))
        ours.append(timed(lambda: our_dump(MariaDB(server.reader, digests=False), tmp_path / "b.sql")))
        whole.append(timed(lambda: our_dump(MariaDB(server.reader), tmp_path / "c.sql")))

    size = (tmp_path / "a.sql").stat().st_size
    ratios = [mine / floor for mine, floor in zip(ours, bare, strict=True)]
    print(
        f"\n{size / 1e6:.0f} MB into a file: mariadb-dump {min(bare):.2f} s · ours without digests {min(ours):.2f} s,"
        f" ratio {min(ours) / min(bare):.2f} (target 1.15; each {', '.join(f'{ratio:.2f}' for ratio in ratios)})"
        f" · with digests of the same moment {min(whole):.2f} s"
    )
    assert (tmp_path / "a.sql").read_bytes() == (tmp_path / "c.sql").read_bytes()
    assert min(ours) <= 1.15 * SLACK * min(bare) + FIXED


def test_proof_beside_a_bare_restore(server: sinfa.Sinfa, tmp_path: Path) -> None:
    driver = MariaDB(server.reader)
    with (tmp_path / "sinfa.sql").open("wb") as stream:
        record = driver.dump(stream.write, report=ignore)

    proof = verify(driver, tmp_path / "sinfa.sql", record)

    print(
        f"\n{record.rows / 1e6:.1f} M rows: server up {proof.start_seconds:.2f} s"
        f" · restore {proof.restore_seconds:.2f} s · comparison {proof.compare_seconds:.2f} s"
    )
    assert proof.equal
    assert proof.compare_seconds <= proof.restore_seconds * BUSY + 2
