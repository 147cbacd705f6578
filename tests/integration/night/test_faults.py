"""A night that goes wrong leaves no snapshot that counts and no process, says why, and the next one works."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from copias.database import Connection
from copias.errors import (
    AlreadyRunning,
    BackupError,
    BadConfiguration,
    NotReady,
    SourceUnavailable,
    StoreFull,
)
from copias.findings import list_findings
from copias.night import gate
from copias.night.catalogue import list_night_copies
from copias.night.checking import check_structure, find_altered
from copias.progress import ignore
from copias.repository.faults import LOCKED, Incomplete, Locked, NoRepository
from copias.repository.fetching import fetch_dump
from copias.repository.locks import hold_repository
from copias.repository.opening import prepare_repository
from copias.repository.program import find_restic
from tests.integration.night.conftest import (
    DATABASE,
    REPOSITORY,
    Town,
    add_documents,
    children,
    in_the_middle,
)
from tests.integration.retention.forge import Forge
from tests.waiting import wait_until

PROJECT = Path(__file__).parents[3]
GATE = str(Path(gate.__file__))
PROGRAMS = ("pg_dump", "copias.night.producer", "restic", GATE)


def assert_nothing_counts(town: Town) -> None:
    """No copy is known, no snapshot is there, and nothing runs any more."""
    wait_until(lambda: not any(children(name) for name in PROGRAMS))
    assert list_night_copies(town.office.book.ledger.events(), removed=True) == []
    assert town.snapshots() == ()


@pytest.mark.parametrize("victim", PROGRAMS, ids=["pg_dump", "producer", "restic", "gate"])
def test_killed_program_leaves_no_copy_and_the_next_run_makes_one(big: Town, victim: str) -> None:
    killing = in_the_middle(victim, psutil.Process.kill)

    with pytest.raises(BackupError):
        big.night()

    killing.join()
    assert_nothing_counts(big)
    assert big.night().copy.status == "read"


NIGHT = """
import sys
from pathlib import Path
from copias.night.plan import plan_night
from copias.office import open_office
plan_night(open_office(Path(sys.argv[1])), sys.argv[2]).run()
"""


def test_killed_night_leaves_no_program_and_no_copy(big: Town) -> None:
    database = big.office.deployment.database(DATABASE).database
    text = big.config.read_text().replace("database: sinfa", f"database: {database}")
    big.config.write_text(text)
    night = subprocess.Popen([sys.executable, "-c", NIGHT, big.config, DATABASE], cwd=PROJECT)
    (dump, *_) = wait_until(lambda: children("pg_dump"))
    dump.suspend()
    assert not any(name.startswith("RESTIC") for name in dump.environ())

    night.kill()

    night.wait(10)
    assert_nothing_counts(big)
    assert big.night().copy.status == "read"


def test_copy_that_was_stored_but_not_recorded_is_recorded_by_the_next_run(town: Town) -> None:
    key = town.office.deployment.signing_key
    key.rename(key.with_name("away"))
    with pytest.raises(BadConfiguration, match="llave de firma"):
        town.night()
    key.with_name("away").rename(key)
    (stored,) = town.snapshots()

    copy = town.night().copy

    assert copy.snapshot == stored.id
    assert [one.id for one in town.snapshots()] == [stored.id]


def test_server_that_does_not_answer_is_tried_again_and_named(town: Town) -> None:
    town.change(port=1)

    with pytest.raises(SourceUnavailable, match="no se pudo conectar al servidor"):
        town.night(pauses=(0.0,))

    assert_nothing_counts(town)


def test_much_smaller_dump_is_not_believed_unless_somebody_says_so(big: Town) -> None:
    big.night()
    big.change(database="sinfa")

    with pytest.raises(BackupError, match="mucho más pequeño"):
        big.night(force=True)

    assert len(big.snapshots()) == 1
    assert big.night(force=True, smaller=True).copy.status == "read"


def test_program_that_writes_nothing_is_no_copy(town: Town) -> None:
    command = ["backup", "--stdin-from-command", "--stdin-filename", "nada", "--", "true"]

    with pytest.raises(Incomplete):
        town.repository.run(command, doing="guardar")


def test_without_authorisation_nothing_is_copied(town: Town) -> None:
    town.change(authorisation=None)

    with pytest.raises(NotReady, match="no está autorizada"):
        town.night()


def test_wrong_password_is_told(town: Town) -> None:
    town.password.write_text("otra\n")

    with pytest.raises(BadConfiguration, match="la contraseña no abre el repositorio"):
        town.night()


def test_password_that_others_can_read_is_refused(town: Town) -> None:
    town.password.chmod(0o644)

    with pytest.raises(BadConfiguration, match="chmod 600"):
        town.night()


def test_lost_mount_is_told_and_nothing_is_written_under_it(town: Town) -> None:
    shutil.move(town.nas, town.folder / "unmounted")
    town.nas.mkdir()

    with pytest.raises(NoRepository, match="no existe en ese lugar"):
        town.night()

    assert list(town.nas.iterdir()) == []


def test_repository_that_was_made_once_is_not_made_anew_under_a_lost_mount(town: Town) -> None:
    shutil.move(town.nas, town.folder / "unmounted")
    town.nas.mkdir()

    with pytest.raises(NoRepository, match="ya se había creado") as told:
        prepare_repository(town.office, REPOSITORY)

    assert "repository init" not in told.value.repair
    assert list(town.nas.iterdir()) == []


def test_another_repository_in_its_place_is_refused(town: Town) -> None:
    shutil.move(town.nas, town.folder / "unmounted")
    town.restic("init")

    with pytest.raises(NotReady, match="hay otro repositorio"):
        town.night()


def test_lock_of_a_dead_program_of_this_machine_is_taken_away(town: Town) -> None:
    leave_lock(town)
    assert town.restic("check").returncode == LOCKED

    assert check_structure(town.repository) == ""


def test_dump_is_fetched_once_the_one_who_prunes_has_ended(town: Town, tmp_path: Path) -> None:
    copy = town.night().copy
    assert copy is not None
    town.change_repository(lock_wait=timedelta(seconds=30))
    password = town.password.read_text(encoding="utf-8").strip()
    # restic asks by SIGHUP whether the one who locked still lives, and never dies of it itself.
    with subprocess.Popen(["nohup", "sleep", "60"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as other:
        lock = Forge(town.nas, password, tree="").lock(process=other.pid)
        pruned = threading.Timer(2, lock.unlink)
        pruned.start()

        fetch_dump(town.office, copy, tmp_path / "dump", report=ignore)

        pruned.join()
        other.kill()
    assert (tmp_path / "dump").stat().st_size == copy.bytes


@pytest.mark.root
def test_lock_of_a_dead_host_names_it_and_an_administrator_takes_it_away(town: Town) -> None:
    leave_lock(town, "unshare", "--uts", "sh", "-c", 'hostname nas-vieja && exec "$@"', "sh")

    with pytest.raises(Locked, match=r"en nas-vieja.*unlock nas --force"):
        check_structure(town.repository)

    town.repository.unlock(force=True)
    assert check_structure(town.repository) == ""


def leave_lock(town: Town, *under: str) -> None:
    """Kill a restic in the middle of a backup, so that its lock stays."""
    command = ["backup", "--stdin-from-command", "--stdin-filename", "x", "--", "sleep", "60"]
    restic = [find_restic(), "-r", str(town.nas), "--password-file", str(town.password), "--no-cache", *command]
    process = subprocess.Popen([*under, *restic], process_group=0, stderr=subprocess.DEVNULL)
    wait_until(lambda: list((town.nas / "locks").glob("?" * 64)))  # whole, and under its name
    os.killpg(process.pid, 9)
    process.wait(10)


def test_two_nights_at_once_take_turns_and_one_is_refused(town: Town) -> None:
    with (
        hold_repository(town.office, REPOSITORY),
        pytest.raises(AlreadyRunning, match="otro proceso de esta máquina"),
        hold_repository(town.office, REPOSITORY),
    ):
        pass


def test_altered_copy_is_found_and_named_and_the_other_is_untouched(big: Town, big_database: Connection) -> None:
    good = big.night().copy
    packs = {path: path.stat().st_size for path in (big.nas / "data").rglob("*") if path.is_file()}
    add_documents(big_database, 20_001, 22_000)
    bad = big.night(force=True).copy
    new = max((set((big.nas / "data").rglob("*")) - set(packs)), key=lambda path: path.stat().st_size)
    new.chmod(0o600)
    with new.open("r+b") as stream:
        stream.seek(1000)
        stream.write(b"altered by somebody")

    complaint = check_structure(big.repository, part="1/1")
    altered = find_altered(big.office, REPOSITORY)

    assert complaint
    assert altered == [bad.copy]
    assert [copy.copy for copy in list_night_copies(big.office.book.ledger.events())] == [good.copy]
    (finding,) = list_findings(big.office.book.ledger.events())
    assert finding.about == bad.copy


@pytest.fixture
def small_nas(big: Town) -> Iterator[Town]:
    """A repository on a file system of 8 MiB, which only root can mount."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    kept = big.folder / "kept"
    shutil.move(big.nas, kept)
    big.nas.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", big.nas], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"this root may not mount: {done.stderr.strip()}")
    shutil.copytree(kept, big.nas, dirs_exist_ok=True)
    yield big
    subprocess.run(["umount", "--lazy", str(big.nas)], check=True, timeout=30)


@pytest.mark.root
def test_full_nas_is_told_and_leaves_no_copy(small_nas: Town) -> None:
    with pytest.raises(StoreFull, match="no tiene espacio"):
        small_nas.night()

    assert_nothing_counts(small_nas)
