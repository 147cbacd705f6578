"""How fast a dump becomes a durable package, beside the plain tools doing the same work."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SIZE = (1 << 30) if os.environ.get("COPIAS_BENCH") == "full" else (128 << 20)
LIMIT = 1.25
MEMORY = 150 << 20

OURS = """
import hashlib, json, sys, time
from datetime import datetime
from pathlib import Path
from copias.package.dump_entry import DumpEntry
from copias.package.writer import PackageWriter
from copias.store.contract import part_name
from copias.store.folder import FolderStore
from copias.store.read_back import read_back

source, root = sys.argv[1:]
store = FolderStore("nas", Path(root))
store.prepare()
begun, cpu = time.perf_counter(), time.process_time()
with open(source, "rb", buffering=0) as stream, store.create("banco.zip") as upload:
    package = PackageWriter(upload.write, when=datetime(2026, 11, 20))
    dump = DumpEntry(package.open_entry("banco.dump.zst"))
    while chunk := stream.read(1 << 20):
        dump.write(chunk)
    packed, sealed = dump.close(), package.close()
    upload.finish()
wall, cpu = time.perf_counter() - begun, time.process_time() - cpu
# Of this process alone: ru_maxrss is, after a fork, the parent's.
peak = int(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0]) * 1024
begun = time.perf_counter()
read_back(store, part_name("banco.zip"), expected_bytes=sealed.bytes, expected_sha256=sealed.sha256)
print(json.dumps({"wall": wall, "cpu": cpu, "peak": peak, "bytes": sealed.bytes, "read": time.perf_counter() - begun}))
"""

PLAIN = """
set -euo pipefail
tee >(sha256sum >"$2/raw") <"$1" | zstd -3 -T2 -q | tee >(sha256sum >"$2/stored") >"$2/out.zst"
sync "$2/out.zst"
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    """Lines like those of a COPY of accounts, some repeated, one part in ten incompressible."""
    chance = random.Random(11)
    path = tmp_path_factory.mktemp("bench") / "banco.dump"
    with path.open("wb") as stream:
        while stream.tell() < SIZE:
            rows = b"".join(
                b"%d\t2026-%02d-%02d\t%d.%02d\tPago de predial, recibo %d\n"
                % (chance.getrandbits(24), chance.randint(1, 12), chance.randint(1, 28), chance.getrandbits(20), 5, n)
                for n in range(15_000)
            )
            stream.write((rows + chance.randbytes(len(rows) // 10)) * 8)
    return path


@pytest.mark.slow
def test_package_is_as_fast_as_the_plain_tools(source, tmp_path) -> None:
    if not shutil.which("zstd"):
        pytest.skip("zstd is not installed")
    walls, ours = [], []
    for turn in range(3):
        folder = tmp_path / f"plain-{turn}"
        folder.mkdir()
        walls.append(measure(["bash", "-c", PLAIN, "bash", str(source), str(folder)]))
        shutil.rmtree(folder)
        done = subprocess.run(
            [sys.executable, "-c", OURS, str(source), str(tmp_path / f"ours-{turn}")],
            capture_output=True,
            text=True,
            check=True,
        )
        ours.append(json.loads(done.stdout))
        shutil.rmtree(tmp_path / f"ours-{turn}")
    best = min(ours, key=lambda run: run["wall"])

    megabytes = source.stat().st_size / 1e6
    print(
        f"\n{megabytes:.0f} MB: tools {min(walls):.2f} s, ours {best['wall']:.2f} s (CPU {best['cpu']:.2f} s), "
        f"peak {max(run['peak'] for run in ours) / 1e6:.0f} MB, read back {best['read']:.2f} s"
    )
    assert best["wall"] <= LIMIT * min(walls)
    assert max(run["peak"] for run in ours) <= MEMORY


def measure(command: list[str]) -> float:
    import time

    begun = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - begun
