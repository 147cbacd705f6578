"""One run for each case, and a dead run holds nothing."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from copias.case.claim import Claims, Process, describe_process
from copias.errors import AlreadyRunning


@pytest.fixture
def claims(tmp_path: Path) -> Claims:
    return Claims(tmp_path / "claims")


@pytest.fixture
def other() -> Process:
    """A living process that is not this one."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        yield describe_process(child.pid)
        child.kill()


def test_a_second_run_is_told_who_holds_the_case(claims: Claims, other: Process) -> None:
    claims.take("7", "run-1", holder=other, account="ana")

    with pytest.raises(AlreadyRunning, match=r"ana .*run-1"):
        claims.take("7", "run-2", holder=describe_process(), account="luis")


def test_the_claim_of_a_dead_process_is_taken_over(claims: Claims) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        claims.take("7", "run-1", holder=describe_process(child.pid), account="ana")
        child.kill()

    claims.take("7", "run-2", holder=describe_process(), account="luis")

    assert claims.active("7") is not None


def test_another_process_with_the_number_of_a_dead_one_is_not_it(claims: Claims) -> None:
    impostor = replace(describe_process(), started=1.0)
    claims.take("7", "run-1", holder=impostor, account="ana")

    assert claims.active("7") is None


def test_a_claim_of_the_boot_before_is_stale(claims: Claims) -> None:
    claims.take("7", "run-1", holder=replace(describe_process(), boot="another"), account="ana")

    assert claims.active("7") is None


def test_a_claim_of_another_machine_is_believed(claims: Claims) -> None:
    claims.take("7", "run-1", holder=replace(describe_process(), host="other-machine"), account="ana")

    with pytest.raises(AlreadyRunning):
        claims.require_free("7")


def test_the_same_run_moves_its_claim_to_the_process_that_goes_on(claims: Claims, other: Process) -> None:
    claims.take("7", "run-1", holder=describe_process(), account="ana")

    claims.hand_over("7", "run-1", holder=other)

    claims.check("7", other)
    with pytest.raises(AlreadyRunning):
        claims.check("7", describe_process())


def test_handing_over_never_takes_a_claim_back(claims: Claims, other: Process) -> None:
    claims.take("7", "run-1", holder=other, account="ana")

    claims.hand_over("7", "run-1", holder=describe_process())

    claims.check("7", other)


def test_a_record_that_a_crash_left_unreadable_counts_as_none(claims: Claims) -> None:
    claims.folder.mkdir()
    (claims.folder / "7.json").write_bytes(b'{"case": "7", "ru')

    claims.take("7", "run-1", holder=describe_process(), account="ana")

    assert claims.active("7") is not None


def test_release_leaves_another_run_s_claim_alone(claims: Claims, other: Process) -> None:
    claims.take("7", "run-1", holder=other, account="ana")

    claims.release("7", "run-0")

    assert claims.active("7") is not None


def test_a_clock_that_is_set_does_not_end_a_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = describe_process()
    # What the kernel says of its own start moves with the clock, and psutil's moments of creation with it.
    before = psutil.boot_time()
    monkeypatch.setattr(psutil._pslinux, "boot_time", lambda: before + 3600)

    assert mine.is_alive()
    assert describe_process() == mine
