"""What a mailbox that is mirrored already costs: a quiet night, a busy one, and its package."""

from __future__ import annotations

import os
import resource
import shutil
import struct
import subprocess
import time
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from copias.mailbox.mirror import MirrorReader
from copias.package import generate_key

FULL = os.environ.get("COPIAS_BENCH") == "full"
COUNT = 100_000 if FULL else 3_000
NEW, RELABELLED, DELETED = (1_000, 500, 200) if FULL else (100, 50, 20)
MEAN = 64 << 10
"""Bytes of a message: what real mailboxes have."""
SLACK = 1.0 if FULL else 3.0
"""A short run is mostly start-up, so it only catches what is badly wrong; the targets hold for the full size."""
LOCAL_HEADER = struct.Struct("<4s5H3I2H")

PLAIN = """
set -euo pipefail
cp "$1"/* "$2"
sync "$2"/*
sha256sum "$2"/* >"$2/sums"
"""


@pytest.fixture(scope="module")
def mirrored(google) -> str:
    """An account whose mailbox is in its mirror."""
    account = google.mailbox("grande", count=COUNT, mean_bytes=MEAN, seed=7)
    copied = google.run("ours", "copy", account)
    assert (copied["messages"], copied["failures"]) == (COUNT, [])
    return account


def segment_files(google, account: str) -> dict[str, tuple[int, int]]:
    """Return name → size and time of the last write of each segment."""
    found = (google.folder / account / "segments").iterdir()
    return {path.name: (path.stat().st_size, path.stat().st_mtime_ns) for path in found}


def rows(google, account: str) -> dict:
    with MirrorReader.open(google.folder / account) as mirror:
        return {row.id: row for row in mirror.messages()}


def test_packing_copies_and_is_nearly_as_fast_as_cp_and_sha256sum(google, mirrored, figures, tmp_path) -> None:
    segments = google.folder / mirrored / "segments"
    generate_key(tmp_path / "key.pem")
    plain, ours = [], []
    for _ in range(3 if FULL else 2):  # in turns: what one leaves to be written to the disk slows the next
        folder = fresh(tmp_path / "plain")
        plain.append(timed(["bash", "-c", PLAIN, "bash", str(segments), str(folder)]))
        shutil.rmtree(folder)
        folder = fresh(tmp_path / "ours")
        ours.append(google.run("ours", "pack", mirrored, package=str(folder), key=str(tmp_path / "key.pem")))
    best, (wall, cpu) = min(ours, key=lambda run: run["wall"]), min(plain)

    size = sum(path.stat().st_size for path in segments.iterdir())
    figures.add(
        f"packing {COUNT} mirrored messages of mean {MEAN >> 10} KB ({size >> 20} MB compressed)",
        "≥ 0.8 of cp + fsync + sha256sum, no recompression",
        f"{best['wall']:.1f} s against {wall:.1f} s = {wall / best['wall']:.2f} "
        f"(CPU {best['cpu']:.1f} and {cpu:.1f} s)",
    )
    assert best["messages"] == COUNT
    assert same_streams(google, mirrored, tmp_path / "ours" / "correo.zip") == COUNT
    assert best["wall"] * 0.8 <= SLACK * wall


def timed(command: list[str]) -> tuple[float, float]:
    """Run a command; return its seconds, and those of CPU."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True)
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def same_streams(google, account: str, package: Path) -> int:
    """Compare each entry's deflate stream with the mirror's, byte for byte; return how many are equal."""
    equal = 0
    with (
        MirrorReader.open(google.folder / account) as mirror,
        package.open("rb") as raw,
        zipfile.ZipFile(raw) as opened,
    ):
        entries = {Path(info.filename).stem.rpartition("-")[2]: info for info in opened.infolist()}
        for row, deflated in mirror.packed():
            info = entries[row.id]
            raw.seek(info.header_offset)
            *_, name_length, extra_length = LOCAL_HEADER.unpack(raw.read(LOCAL_HEADER.size))
            raw.seek(name_length + extra_length, os.SEEK_CUR)
            equal += raw.read(info.compress_size) == deflated and row.crc == info.CRC
    return equal


def test_quiet_night_costs_a_handful_of_calls_and_writes_no_message(google, mirrored, figures) -> None:
    before, calls = segment_files(google, mirrored), google.calls()

    ours = google.run("ours", "night", mirrored)

    calls = google.calls() - calls
    after = segment_files(google, mirrored)
    figures.add(
        f"unchanged mailbox of {COUNT} messages, ordinary night",
        "≤ 5 calls, ≤ 1 s of CPU, no segment byte written",
        f"{calls} calls (token included), {ours['all_cpu']:.2f} s of CPU, "
        f"{'no segment written' if before == after else 'segments written'}",
    )
    assert (ours["fetched"], ours["relabelled"], ours["deleted"], ours["full"]) == (0, 0, 0, False)
    assert calls <= 5
    assert ours["all_cpu"] <= 1
    assert before == after


def test_busy_night_reads_only_what_is_new_and_records_all_changes(google, mirrored, figures) -> None:
    ids = sorted(rows(google, mirrored))
    deleted, relabelled = set(ids[:DELETED]), set(ids[DELETED : DELETED + RELABELLED])
    new = set(google.admin.deliver(mirrored, NEW))
    google.admin.relabel_mail(mirrored, sorted(relabelled), add=["Revisado"])
    google.admin.delete_mail(mirrored, sorted(deleted))
    google.admin.clear_calls()

    ours = google.run("ours", "night", mirrored)

    asked = Counter(call["method"] for call in google.admin.calls())
    message_calls = sum(count for method, count in asked.items() if method.startswith("gmail.users.messages."))
    figures.add(
        f"{NEW} new, {RELABELLED} relabelled, {DELETED} deleted in {COUNT}",
        f"≤ {NEW + 10} message calls, all three recorded",
        f"{message_calls} message calls of {sum(asked.values())}, CPU {ours['all_cpu']:.2f} s; "
        f"{ours['fetched']} + {ours['relabelled']} + {ours['deleted']} recorded",
    )
    assert message_calls <= NEW + 10
    known = rows(google, mirrored)
    label = next(key for key, (name, _) in labels(google, mirrored).items() if name == "Revisado")
    assert new == known.keys() - set(ids)
    assert {key for key, row in known.items() if label in row.labels} == relabelled
    assert {key for key, row in known.items() if row.deleted_at is not None} == deleted


def labels(google, account: str) -> dict:
    with MirrorReader.open(google.folder / account) as mirror:
        return mirror.labels()
