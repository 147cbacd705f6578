"""Repositories elsewhere: over SFTP, whose link breaks, and on a server that only appends."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest

from copias.errors import BackupError, BadConfiguration, NotReady, StoreUnavailable
from copias.loopback import free_port
from copias.night.checking import CheckPlan
from copias.office import Office
from copias.progress import ignore
from copias.repository.fetching import fetch_dump
from copias.repository.opening import open_repository
from copias.repository.program import find_restic
from copias.repository.settings import Maintenance, MirrorSettings
from copias.repository.snapshots import Policy, forget, forget_plan, list_snapshots, prune
from copias.store import StoreSettings
from tests.integration.night.conftest import REPOSITORY, Town, in_the_middle
from tests.integration.store.ssh import Relay, SshServer, wait_for_port


@pytest.fixture(scope="session")
def ssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    server = SshServer(tmp_path_factory.mktemp("ssh") / "home")
    server.prepare()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def far(big: Town, ssh: SshServer) -> Iterator[tuple[Town, Relay]]:
    """An installation whose repository is reached by SFTP over a wire that can be cut."""
    relay = Relay(ssh.port)
    ssh.write_known_hosts(port=relay.port)
    big.change_repository(
        kind="sftp",
        host="127.0.0.1",
        port=relay.port,
        user=ssh.user,
        identity_file=ssh.identity,
        known_hosts=ssh.known_hosts,
    )
    yield big, relay
    relay.close()


def test_link_that_breaks_in_mid_upload_leaves_no_copy_and_the_next_run_makes_one(far: tuple[Town, Relay]) -> None:
    town, relay = far
    cutting = in_the_middle("restic", lambda _: relay.cut())

    with pytest.raises(StoreUnavailable, match="no se llega al repositorio"):
        town.night()

    cutting.join()
    assert town.snapshots() == ()
    assert town.night().copy.status == "read"


def test_server_that_is_off_is_told(far: tuple[Town, Relay]) -> None:
    town, _ = far
    town.change_repository(port=free_port())

    with pytest.raises(StoreUnavailable, match="no se llega al repositorio"):
        open_repository(town.office, REPOSITORY)


def test_server_that_is_another_one_is_refused(far: tuple[Town, Relay], tmp_path: Path) -> None:
    town, _ = far
    (tmp_path / "nobody").touch()
    town.change_repository(known_hosts=tmp_path / "nobody")

    with pytest.raises(NotReady, match="no es el que se conocía"):
        open_repository(town.office, REPOSITORY)


def test_server_that_does_not_take_the_key_is_told(far: tuple[Town, Relay], tmp_path: Path) -> None:
    town, _ = far
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    town.change_repository(identity_file=key)

    with pytest.raises(NotReady, match="no acepta la cuenta"):
        open_repository(town.office, REPOSITORY)


def test_what_ssh_said_is_asked_again_when_restic_ended_before_it_passed_it_on(
    far: tuple[Town, Relay], tmp_path: Path
) -> None:
    town, _ = far
    hasty = tmp_path / "restic"
    restic = find_restic(town.office.deployment.repository(REPOSITORY).restic)
    hasty.write_text(
        f'#!/bin/sh\n{restic} "$@" 2>{tmp_path}/said\ncode=$?\n'
        f"grep -v '^subprocess ssh:' {tmp_path}/said >&2\nexit $code\n"
    )
    hasty.chmod(0o755)
    (tmp_path / "nobody").touch()
    town.change_repository(known_hosts=tmp_path / "nobody", restic=hasty)

    with pytest.raises(NotReady, match="no es el que se conocía"):
        open_repository(town.office, REPOSITORY)


@pytest.fixture
def appending(town: Town) -> Iterator[Town]:
    """An installation whose repository is on a rest-server that only appends, with another way in for maintenance."""
    with serving(town.nas, "--append-only") as cron, serving(town.nas) as maintenance:
        for name, port in (("cron.url", cron), ("maintenance.url", maintenance)):
            (town.folder / name).write_text(f"rest:http://127.0.0.1:{port}/\n")
            (town.folder / name).chmod(0o600)
        town.change_repository(kind="rest", url_file=town.folder / "cron.url", append_only=True)
        yield town


class serving:  # noqa: N801 -- reads as a verb
    """A rest-server over a folder, for as long as a block."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.port = free_port()
        # scripts/setup --dev links it there, unless the machine has one that is new enough.
        program = shutil.which("restic-rest-server", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
        assert program is not None
        self.command = [program, "--path", str(folder), "--listen", f"127.0.0.1:{self.port}", "--no-auth", *options]

    def __enter__(self) -> int:
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for_port(self.port)
        return self.port

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(10)


def test_server_that_only_appends_takes_copies_and_gives_none_up(appending: Town) -> None:
    appending.night()
    (copy,) = appending.snapshots()

    with pytest.raises(BackupError):
        forget(appending.repository, [copy.id])

    assert [one.id for one in appending.snapshots()] == [copy.id]


def test_copies_are_removed_with_the_credentials_of_maintenance(appending: Town) -> None:
    for _ in range(2):
        appending.night(force=True, digests=False)
    first, last = appending.snapshots()
    with pytest.raises(BadConfiguration, match="credenciales de mantenimiento"):
        open_repository(appending.office, REPOSITORY, maintenance=True)
    appending.change_repository(maintenance=Maintenance(url_file=appending.folder / "maintenance.url"))
    repository = open_repository(appending.office, REPOSITORY, maintenance=True)

    plan = forget_plan(repository, Policy(last=1))
    forget(repository, [one.id for group in plan.groups for one in group.remove])
    prune(repository)

    (group,) = plan.groups
    assert ([one.id for one in group.remove], [one.id for one in group.keep]) == ([first.id], [last.id])
    assert plan.groups[0].reasons[last.id] == ("last snapshot",)
    assert [one.id for one in list_snapshots(appending.repository)] == [last.id]


def test_copy_is_read_back_and_fetched_from_the_mirror(town: Town, tmp_path: Path) -> None:
    stores = {"lejos": StoreSettings(kind="folder", path=tmp_path / "lejos")}
    town.office = Office(town.office.deployment.model_copy(update={"stores": stores}), town.office.actor)
    town.office.open_store("lejos").prepare()
    town.change_repository(mirror=MirrorSettings(store="lejos"))
    CheckPlan(town.office, REPOSITORY).run()
    copy = town.night().copy
    (town.nas / "data").rename(tmp_path / "gone")

    fetch_dump(town.office, copy, tmp_path / "dump", report=ignore)

    assert copy.status == "read"
    assert (tmp_path / "dump").stat().st_size == copy.bytes


def test_empty_policy_removes_nothing(town: Town) -> None:
    empty: t.Any = forget_plan(town.repository, Policy())

    assert empty.groups == ()
