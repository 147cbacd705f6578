"""One run for each case, and a dead run holds nothing."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import orjson
import psutil
import pytest

from copias.case.claim import NIGHT, Claims, Process, describe_process
from copias.errors import AlreadyRunning
from copias.local_time import say_moment


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


def test_since_when_somebody_holds_it_is_told_in_the_hour_of_colombia(claims: Claims, other: Process) -> None:
    taken = claims.take("7", "run-1", holder=other, account="ana")

    with pytest.raises(AlreadyRunning) as told:
        claims.take("7", "run-2", holder=describe_process(), account="luis")

    assert f"desde el {say_moment(datetime.fromisoformat(taken.since))} en " in told.value.why


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
    far = replace(describe_process(), host="other-machine", machine="a" * 32, boot="another")
    claims.take("7", "run-1", holder=far, account="ana")

    with pytest.raises(AlreadyRunning, match=r"en otra máquina.* en other-machine,.* borre .*7\.json"):
        claims.require_free("7")


def test_the_same_run_moves_its_claim_to_the_process_that_goes_on(claims: Claims, other: Process) -> None:
    claims.take("7", "run-1", holder=describe_process(), account="ana")

    claims.hand_over("7", "run-1", holder=other)

    claims.check("7", other)
    with pytest.raises(AlreadyRunning):
        claims.check("7", describe_process())


def test_a_process_that_takes_its_claim_again_leaves_the_record_as_it_is(claims: Claims) -> None:
    claims.take("7", "run-1", holder=describe_process(), account="ana")
    (record,) = (path for path in claims.folder.iterdir() if path.suffix == ".json")
    before = record.read_bytes()

    claims.take("7", "run-1", holder=describe_process(), account="ana")

    assert record.read_bytes() == before


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


def test_a_dead_run_holds_nothing_after_its_machine_got_another_name(claims: Claims) -> None:
    impostor = replace(describe_process(), started=1.0, host="old-name")
    claims.take(NIGHT, "run-1", holder=impostor, account="ana")

    claims.take(NIGHT, "run-2", holder=describe_process(), account="luis")

    assert claims.active(NIGHT) is not None


def test_a_living_run_keeps_its_claim_when_its_machine_gets_another_name(claims: Claims) -> None:
    claims.take("7", "run-1", holder=replace(describe_process(), host="old-name"), account="ana")

    claims.check("7", describe_process())

    with pytest.raises(AlreadyRunning, match=r"en old-name,.*`copias follow 7`"):
        claims.require_free("7")


def test_a_machine_that_was_renamed_and_started_again_holds_nothing(claims: Claims) -> None:
    before = replace(describe_process(), host="old-name", boot="another", noted_at=psutil.boot_time() - 60)
    claims.take("7", "run-1", holder=before, account="ana")

    assert claims.active("7") is None


def test_what_a_clone_of_this_machine_took_since_we_started_is_its_own(claims: Claims) -> None:
    clone = replace(describe_process(), host="clone", boot="another")
    claims.take("7", "run-1", holder=clone, account="ana")

    with pytest.raises(AlreadyRunning, match="en otra máquina"):
        claims.take("7", "run-2", holder=describe_process(), account="luis")


def test_a_container_of_the_same_image_is_another_machine(claims: Claims) -> None:
    neighbour = replace(describe_process(), host="neighbour", space="pid:[1]", started=1.0)
    claims.take("7", "run-1", holder=neighbour, account="ana")

    assert claims.active("7") is not None


def test_a_moment_that_a_wrong_clock_wrote_makes_no_clone(claims: Claims) -> None:
    ahead = replace(describe_process(), host="old-name", boot="another", noted_at=psutil.boot_time() + 10 * 365 * 86400)
    claims.take("7", "run-1", holder=ahead, account="ana")

    assert claims.active("7") is None


@pytest.mark.parametrize(("host", "alive"), [("", False), ("other-machine", True)], ids=["here", "elsewhere"])
def test_a_claim_of_version_0_5_is_read_by_the_name_of_its_machine(claims: Claims, host: str, alive: bool) -> None:
    mine = describe_process()
    holder = {"host": host or mine.host, "boot": mine.boot, "pid": mine.pid, "started": 1.0}
    record = {"case": "7", "run": "run-1", "holder": holder, "account": "ana", "since": "2026-11-26T07:00:00+00:00"}
    claims.folder.mkdir()
    (claims.folder / "7.json").write_bytes(orjson.dumps(record))

    assert (claims.active("7") is not None) is alive


@pytest.mark.parametrize("content", [None, "", "uninitialized\n"], ids=["none", "empty", "image"])
def test_a_machine_without_an_id_goes_by_its_name(
    claims: Claims, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    monkeypatch.setattr("copias.case.claim.MACHINE_ID", tmp_path / "machine-id")
    if content is not None:
        (tmp_path / "machine-id").write_text(content)

    mine = describe_process()
    claims.take("7", "run-1", holder=replace(mine, started=1.0), account="ana")
    claims.take("8", "run-1", holder=replace(mine, started=1.0, host="other-machine"), account="ana")

    assert mine.machine == ""
    assert (claims.active("7"), claims.active("8") is not None) == (None, True)
