"""What a night of Firebird costs beside bare gbak into the same sink, and what its digests and proof add.

``COPIAS_BENCH_MB`` is the database's size; without it 340 in a full run, which makes a dump of more than 200 MB, and
40 in a short one.
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
from copias.database.firebird import Firebird
from copias.database.firebird.restore import entrance, services
from copias.database.firebird.tools import require_client
from copias.progress import ignore
from copias_sandbox import sinfa, sinfa_firebird
from tests.bench.conftest import timed

FULL = os.environ.get("COPIAS_BENCH") == "full"
MEGABYTES = int(os.environ.get("COPIAS_BENCH_MB", "340" if FULL else "40"))
TRIES = 3
BUSY = 1.35
SLACK = 1.0 if FULL else BUSY
"""A short run, on CI's machine, is allowed this much beyond each target; the printed figure is what counts."""
FIXED = 0.0 if FULL else 0.3
"""Seconds that no size changes (two looks at the catalogue): much of what a small database takes."""


@pytest.fixture(scope="module")
def server() -> Iterator[sinfa.Sinfa]:
    with tempfile.TemporaryDirectory(prefix="copias-bench-", ignore_cleanup_errors=True) as place:
        Path(place).chmod(0o755)
        with sinfa_firebird.serve(Path(place) / "sinfa", megabytes=MEGABYTES) as started:
            yield started


def bare_dump(connection: Connection, sink: Path) -> None:
    """Run the tool by itself, its output straight into the file: nobody counts, hashes or looks."""
    tools = require_client(whose="bench")
    with entrance(connection) as (options, descriptors, _), sink.open("wb") as stream:
        place = ["-se", services(connection), *options, "-role", "RDB$ADMIN", connection.database, "stdout"]
        command = [tools["gbak"], "-b", "-g", "-nodbtriggers", *place]
        subprocess.run(command, env=child_environment(), pass_fds=descriptors, stdout=stream, check=True)


def our_dump(driver: Firebird, sink: Path) -> None:
    with sink.open("wb") as stream:
        driver.dump(stream.write, report=ignore)


def test_night_without_digests_costs_little_more_than_the_bare_tool(server: sinfa.Sinfa, tmp_path: Path) -> None:
    bare, ours, whole = [], [], []
    bare_dump(server.reader, tmp_path / "warm.fbk")  # the first reader pays for the server's cold pages
    for _ in range(TRIES):  # in turns: what others take of the machine meanwhile is taken of each
        bare.append(timed(lambda: bare_dump(server.reader, tmp_path / "a.fbk")))
        ours.append(timed(lambda: our_dump(Firebird(server.reader, digests=False), tmp_path / "b.fbk")))
        whole.append(timed(lambda: our_dump(Firebird(server.reader), tmp_path / "c.fbk")))

    size = (tmp_path / "a.fbk").stat().st_size
    ratios = [mine / floor for mine, floor in zip(ours, bare, strict=True)]
    print(
        f"\n{size / 1e6:.0f} MB into a file: gbak {min(bare):.2f} s · ours without digests {min(ours):.2f} s,"
        f" ratio {min(ours) / min(bare):.2f} (target 1.15; each {', '.join(f'{ratio:.2f}' for ratio in ratios)})"
        f" · with digests of the same moment {min(whole):.2f} s"
    )
    assert abs((tmp_path / "b.fbk").stat().st_size - size) <= 1024
    assert min(ours) <= 1.15 * SLACK * min(bare) + FIXED


def test_proof_beside_its_restore(server: sinfa.Sinfa, tmp_path: Path) -> None:
    driver = Firebird(server.reader)
    with (tmp_path / "sinfa.fbk").open("wb") as stream:
        record = driver.dump(stream.write, report=ignore)

    proof = verify(driver, tmp_path / "sinfa.fbk", record)

    print(
        f"\n{record.rows / 1e6:.1f} M rows: server up {proof.start_seconds:.2f} s"
        f" · restore {proof.restore_seconds:.2f} s · comparison {proof.compare_seconds:.2f} s"
    )
    assert proof.equal
    assert proof.compare_seconds <= proof.restore_seconds * BUSY + 2
