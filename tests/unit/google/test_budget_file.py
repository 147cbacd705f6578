"""The file of the quota budget: shared by processes, lost to a crash, broken, locked, or not to be written."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import time
import typing as t
from pathlib import Path

from copias.google.budget import QuotaBudget
from copias.google.tariff import NEW, Tariff

GET = "gmail.users.messages.get"
LIST = "gmail.users.messages.list"


def test_crash_loses_at_most_a_lease(tmp_path, virtually, clock) -> None:
    async def work() -> int:
        crashed = QuotaBudget(tmp_path / "quota", NEW, clock=clock)
        for _ in range(40):
            await crashed.take(GET, "u")
        budget, left = QuotaBudget(tmp_path / "quota", NEW, clock=clock), 0
        while await budget.take(LIST, "u") == 0:
            left += 5
        return left

    assert 6_000 - 40 * 20 - 500 <= virtually(work()) <= 6_000 - 40 * 20


def test_what_was_not_spent_goes_back(tmp_path, virtually, clock) -> None:
    async def work() -> int:
        for _ in range(10):
            budget = QuotaBudget(tmp_path / "quota", NEW, clock=clock)
            await budget.take(LIST, "u")
            budget.close()
        return _spent(tmp_path / "quota", "u")

    assert virtually(work()) == 50


def test_broken_file_is_made_anew_and_used_with_care(tmp_path, virtually, clock) -> None:
    (tmp_path / "quota").write_bytes(b"SQLite format 3\0" + b"\x07" * 5_000)

    async def work() -> tuple[float, float]:
        budget = QuotaBudget(tmp_path / "quota", NEW, clock=clock)
        return await budget.take(GET, "u"), budget.factor("u")

    assert virtually(work()) == (0, 0.5)
    assert _spent(tmp_path / "quota", "u") > 0


def test_file_that_breaks_meanwhile_is_made_anew(tmp_path, virtually, clock) -> None:
    path = tmp_path / "quota"

    async def work() -> float:
        budget = QuotaBudget(path, NEW, clock=clock)
        await budget.take(GET, "u")
        for file in tmp_path.glob("quota*"):
            file.write_bytes(os.urandom(file.stat().st_size))
        await clock.sleep(5)
        return await budget.take(GET, "u")

    assert virtually(work()) < 1


def test_file_that_another_process_made_anew_is_followed(tmp_path, virtually, clock) -> None:
    path = tmp_path / "quota"

    async def work() -> None:
        budget = QuotaBudget(path, NEW, clock=clock)
        await budget.take(GET, "u")
        for file in tmp_path.glob("quota*"):
            file.unlink()
        other = QuotaBudget(path, NEW, clock=clock)
        await other.take(GET, "x")
        other.close()
        await clock.sleep(5)
        await budget.take(GET, "u")
        budget.close()

    virtually(work())

    assert _spent(path, "u") == 20


def test_locked_file_does_not_stop_a_copy(tmp_path, virtually, clock) -> None:
    path = tmp_path / "quota"

    async def work() -> tuple[float, float, float]:
        budget = QuotaBudget(path, NEW, clock=clock)
        await budget.take(GET, "u")
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
        await clock.sleep(5)
        waited, careful = await budget.take(GET, "u"), budget.factor("u")
        holder.execute("ROLLBACK")
        holder.close()
        await clock.sleep(60)
        await budget.take(GET, "u")
        return waited, careful, budget.factor("u")

    waited, careful, later = virtually(work())

    assert (waited, careful, later) == (0, 0.25, 1)


def test_folder_that_cannot_be_written_does_not_stop_a_copy(tmp_path, virtually, clock) -> None:
    (tmp_path / "file").write_text("no es una carpeta")

    async def work() -> float:
        return await QuotaBudget(tmp_path / "file" / "quota", NEW, clock=clock).take(GET, "u")

    assert virtually(work()) == 0


WORKER = """
import asyncio, sys, time
from pathlib import Path
from copias.google.budget import QuotaBudget
from copias.google.tariff import Tariff
async def work():
    budget = QuotaBudget(Path(sys.argv[1]), Tariff("t", 1000, 2000, None, {"gmail.x": 5}))
    end, taken = time.time() + 5, 0
    async def call():
        nonlocal taken
        while time.time() < end:
            try:
                await asyncio.wait_for(budget.take("gmail.x", "u"), max(0.001, end - time.time()))
            except TimeoutError:
                return
            taken += 5
    await asyncio.gather(*(call() for _ in range(4)))
    budget.close()
    print(taken, budget.factor("u"))
asyncio.run(work())
"""


def test_processes_share_one_budget(tmp_path) -> None:
    command = [sys.executable, "-c", WORKER, str(tmp_path / "quota")]
    children = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    answers = [child.communicate(timeout=60)[0].split() for child in children]

    taken = [int(answer[0]) for answer in answers]
    assert 950 <= sum(taken) <= 1_000
    assert {answer[1] for answer in answers} == {"1.0"}, "none had to go without the file"


def test_reserving_costs_little(tmp_path) -> None:
    budget = QuotaBudget(tmp_path / "quota", Tariff("t", 10**9, 10**9, 10**12, NEW.prices))

    async def work() -> float:
        begun = time.process_time()
        for number in range(5_000):
            await budget.take(GET, f"u{number % 50}")
        return (time.process_time() - begun) / 5_000 * 1_000

    assert asyncio.run(work()) < 0.15, "milliseconds a call"


def _spent(path: Path, bucket: str) -> int:
    with sqlite3.connect(path) as connection:
        row: tuple[t.Any] = connection.execute("SELECT sum(units) FROM spent WHERE bucket = ?", (bucket,)).fetchone()
    return int(row[0] or 0)
