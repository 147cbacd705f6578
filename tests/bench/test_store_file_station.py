"""How fast a file reaches a NAS through File Station, beside curl and md5sum doing the same work.

The NAS is the emulator, in a process of its own, so this measures our client and no device.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

SIZE = (1 << 30) if os.environ.get("COPIAS_BENCH") == "full" else (128 << 20)
LEAST = 0.8 if SIZE == 1 << 30 else 0.6
"""A short run, on CI's machine, is allowed more; the printed figure is what counts."""
MEMORY = 150 << 20

OURS = """
import json, sys, time
from pathlib import Path
from copias.store import StoreSettings
from copias.store.file_station import FileStationStore

source, port, password = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
store = FileStationStore("nas", StoreSettings(kind="file_station", path=Path("/Copias/nas"), host="127.0.0.1",
    port=port, user="copias", password_file=password, tls=False))
store.prepare()
begun = time.perf_counter()
with source.open("rb", buffering=0) as stream, store.create("a.zip", expected_bytes=source.stat().st_size) as upload:
    while chunk := stream.read(1 << 20):
        upload.write(chunk)
    upload.finish()
wall = time.perf_counter() - begun
# Of this process alone: ru_maxrss is, after a fork, the parent's.
peak = int(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0]) * 1024
print(json.dumps({"wall": wall, "peak": peak}))
"""

# The MD5 of the file is made while it is sent, and compared with the one that the NAS computes afterwards.
PLAIN = """
set -euo pipefail
md5sum <"$1" >"$2/md5" &
curl -sS -o "$2/said" -F "file=@$1" "$3&func=upload&type=standard&overwrite=1&dest_path=/Copias&progress=-Copias-b"
wait
curl -sS "$3&func=checksum&path=/Copias&file_total=1&file_name=$(basename "$1")" | grep -q "$(cut -c-32 "$2/md5")"
"""


@dataclass(frozen=True)
class Station:
    """A running emulator."""

    shares: Path
    password_file: Path
    port: int

    def log_in(self) -> str:
        """Return the address of a session's calls."""
        said = subprocess.run(
            [
                "curl",
                "-sS",
                "-d",
                "user=copias&pwd=Y2xhdmU%3D&serviceKey=1",
                f"http://127.0.0.1:{self.port}/cgi-bin/authLogin.cgi",
            ],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        number = said.partition("<authSid><![CDATA[")[2].partition("]")[0]
        return f"http://127.0.0.1:{self.port}/cgi-bin/filemanager/utilRequest.cgi?sid={number}"


@pytest.fixture
def station(tmp_path):
    (tmp_path / "shares/Copias").mkdir(parents=True)
    password_file = tmp_path / "password"
    password_file.write_text("clave\n", encoding="utf-8")
    command = [sys.executable, "-m", "copias_sandbox.qnap", str(tmp_path / "shares"), "copias", str(password_file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        yield Station(tmp_path / "shares", password_file, int(server.stdout.readline()))
        server.terminate()


@pytest.mark.slow
def test_upload_is_as_fast_as_curl(station, tmp_path) -> None:
    source = tmp_path / "b.zip"
    block = random.Random(7).randbytes(1 << 20)
    with source.open("wb") as stream:
        for number in range(SIZE >> 20):
            stream.write(number.to_bytes(8, "big") + block[8:])
    tools, ours = [], []
    for _ in range(3):
        begun = time.perf_counter()
        subprocess.run(["bash", "-c", PLAIN, "bash", str(source), str(tmp_path), station.log_in()], check=True)
        tools.append(time.perf_counter() - begun)
        done = subprocess.run(
            [sys.executable, "-c", OURS, str(source), str(station.port), str(station.password_file)],
            capture_output=True,
            text=True,
            check=True,
        )
        ours.append(json.loads(done.stdout))
    best = min(run["wall"] for run in ours)

    print(
        f"\n{SIZE / 1e6:.0f} MB: curl and md5sum {min(tools):.2f} s, ours {best:.2f} s "
        f"({min(tools) / best:.2f} of their speed), peak {max(run['peak'] for run in ours) / 1e6:.0f} MB"
    )
    with (station.shares / "Copias/nas/a.zip.part").open("rb") as kept, source.open("rb") as sent:
        assert hashlib.file_digest(kept, "sha256").digest() == hashlib.file_digest(sent, "sha256").digest()
    assert min(tools) / best >= LEAST
    assert max(run["peak"] for run in ours) <= MEMORY
