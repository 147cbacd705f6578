"""A package past the limits of the old zip format, in bytes; in entries: tests/unit/package/test_writer.py."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile

import pytest

from copias.package import PackageWriter
from tests.unit.package.test_writer import WHEN

pytestmark = pytest.mark.slow


def test_more_bytes_than_thirty_two_bits_count(tmp_path) -> None:
    path = tmp_path / "big.zip"
    zeros = bytes(1 << 20)

    with path.open("wb") as sink:

        def write_sparse(chunk: bytes) -> None:
            sink.seek(len(chunk), os.SEEK_CUR) if chunk == zeros else sink.write(chunk)

        writer = PackageWriter(write_sparse, when=WHEN)
        entry = writer.open_entry("big.bin")
        for _ in range(4200):
            entry.write(zeros)
        entry.close()
        writer.add("después.txt", b"lies beyond 4 GiB")
        sealed = writer.close()

    assert sealed.bytes == path.stat().st_size > 1 << 32
    with zipfile.ZipFile(path) as package:
        assert package.getinfo("big.bin").file_size == 4200 << 20
        assert package.read("después.txt") == b"lies beyond 4 GiB"
    for program in (["unzip", "-p"], ["7z", "e", "-so"]):
        if shutil.which(program[0]):
            done = subprocess.run([*program, str(path), "después.txt"], capture_output=True)
            assert done.stdout == b"lies beyond 4 GiB", done.stderr
