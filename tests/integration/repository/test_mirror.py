"""A repository is mirrored on a store, and restic itself reads the mirror."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import socket
import subprocess
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest

from copias.errors import CopyFailed, NotReady, StoreUnavailable
from copias.repository.program import find_restic
from copias.repository.pushing import KINDS, PushPlan, list_repository, plan_push, push, remove_left_over, verify_mirror
from copias.repository.serving import serving_mirror
from copias.store import Store
from copias.store.folder import FolderStore
from tests.integration.retention.forge import make_quick

PREFIX = "restic/nas"
PASSWORD = "clave de prueba"


@dataclass
class Repository:
    """A real repository in a folder, worked with by restic alone."""

    folder: Path
    home: Path

    def restic(self, *arguments: str, repository: str = "", code: int = 0, stdin: bytes = b"") -> bytes:
        environment = {
            "PATH": os.environ["PATH"],
            "RESTIC_PASSWORD": PASSWORD,
            "RESTIC_REPOSITORY": repository or str(self.folder),
            "RESTIC_CACHE_DIR": str(self.home / "cache"),
        }
        done = subprocess.run(
            [find_restic(), *arguments], input=stdin, capture_output=True, env=environment, timeout=120
        )
        assert done.returncode == code, done.stderr.decode()
        return done.stdout

    def keep(self, content: bytes) -> None:
        self.restic("backup", "--quiet", "--stdin", "--stdin-filename", "volcado", "--host", "sinfa", stdin=content)

    def snapshots(self, repository: str = "") -> list[str]:
        return [one["id"] for one in json.loads(self.restic("snapshots", "--json", repository=repository))]


@pytest.fixture(scope="module")
def first_day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with one snapshot; tests work on copies of it, because restic takes a second for each call."""
    folder = tmp_path_factory.mktemp("repository")
    made = Repository(folder / "repo", folder)
    made.restic("init")
    make_quick(made.folder, PASSWORD)
    made.keep(random.Random(1).randbytes(3_000_000))
    return made.folder


@pytest.fixture
def repository(first_day: Path, tmp_path: Path) -> Repository:
    shutil.copytree(first_day, tmp_path / "repo")
    return Repository(tmp_path / "repo", tmp_path)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = FolderStore("nas", tmp_path / "nas")
    made.prepare()
    return made


def bring_up_to_date(repository: Repository, store: Store) -> int:
    plan = plan_push(repository.folder, store, PREFIX)
    push(repository.folder, store, PREFIX, plan)
    remove_left_over(store, PREFIX, plan)
    return len(plan.missing)


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file() and "locks" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_mirror_has_every_file_of_the_repository_and_the_second_push_sends_nothing(repository, store, tmp_path) -> None:
    assert bring_up_to_date(repository, store) > 4

    assert files(tmp_path / "nas" / PREFIX) == files(repository.folder)
    assert bring_up_to_date(repository, store) == 0


def test_restic_reads_the_mirror_through_the_store(repository, store) -> None:
    content = random.Random(2).randbytes(20_000_000)
    repository.keep(content)
    bring_up_to_date(repository, store)
    shutil.rmtree(repository.folder)

    with serving_mirror(store, PREFIX) as address:
        found = repository.restic("dump", "latest", "/volcado", repository=address)
        repository.restic("check", "--read-data", repository=address)

    assert hashlib.sha256(found).digest() == hashlib.sha256(content).digest()


def test_nothing_can_be_written_through_the_view(repository, store, tmp_path) -> None:
    bring_up_to_date(repository, store)
    before = files(tmp_path / "nas")

    with serving_mirror(store, PREFIX) as address:
        (snapshot,) = repository.snapshots(address)
        repository.restic("backup", "--quiet", "--stdin", repository=address, stdin=b"nuevo", code=1)
        repository.restic("forget", snapshot, repository=address, code=3)

    assert files(tmp_path / "nas") == before


@pytest.mark.parametrize("sent", [1, 3])
def test_push_that_died_leaves_only_whole_snapshots_and_goes_on(repository, store, sent: int) -> None:
    bring_up_to_date(repository, store)
    repository.keep(random.Random(3).randbytes(40_000_000))
    plan = plan_push(repository.folder, store, PREFIX)
    assert len(plan.missing) > sent + 1
    published = 0

    def stop(_: int) -> None:
        nonlocal published
        published += 1
        if published > sent:
            raise StoreUnavailable("se fue la luz")

    with pytest.raises(StoreUnavailable):
        push(repository.folder, store, PREFIX, plan, report=stop)

    with serving_mirror(store, PREFIX) as address:
        repository.restic("check", "--read-data", repository=address)
        assert len(repository.snapshots(address)) == 1
    bring_up_to_date(repository, store)
    with serving_mirror(store, PREFIX) as address:
        assert repository.snapshots(address) == repository.snapshots()


def test_kinds_are_sent_so_that_a_snapshot_comes_last(repository) -> None:
    kinds = [file.name.partition("/")[0] for file in list_repository(repository.folder)]

    assert list(dict.fromkeys(kinds)) == ["config", *KINDS]


def test_what_a_prune_removed_goes_from_the_mirror_snapshots_first(repository, store, tmp_path) -> None:
    repository.keep(random.Random(4).randbytes(2_000_000))
    bring_up_to_date(repository, store)
    repository.restic("forget", "--keep-last", "1", "--prune")

    plan = plan_push(repository.folder, store, PREFIX)
    bring_up_to_date(repository, store)

    gone = [name.partition("/")[0] for name in plan.left_over]
    assert list(dict.fromkeys(gone)) == ["snapshots", "index", "data"]
    assert files(tmp_path / "nas" / PREFIX) == files(repository.folder)


def test_mirror_of_another_repository_is_not_touched(repository, store, tmp_path) -> None:
    bring_up_to_date(repository, store)
    before = files(tmp_path / "nas")
    other = Repository(tmp_path / "otro", tmp_path)
    other.restic("init")

    with pytest.raises(NotReady, match="otro repositorio"):
        plan_push(other.folder, store, PREFIX)

    assert files(tmp_path / "nas") == before


def test_file_that_the_disk_of_this_machine_spoilt_is_not_sent(repository, store, tmp_path) -> None:
    data = next((repository.folder / "data").rglob("*/*"))
    data.chmod(0o600)
    data.write_bytes(data.read_bytes()[:-1] + b"?")

    with pytest.raises(CopyFailed, match="dañado"):
        bring_up_to_date(repository, store)

    assert store.stat(f"{PREFIX}/{data.relative_to(repository.folder)}") is None
    assert store.stat(f"{PREFIX}/data") is None


@pytest.mark.parametrize("spoil", ["altered", "gone"])
def test_mirror_is_verified_by_names_without_a_key(
    repository, store, tmp_path, spoil: t.Literal["altered", "gone"]
) -> None:
    bring_up_to_date(repository, store)
    names = [file.name for file in list_repository(repository.folder) if file.name != "config"]
    assert list(verify_mirror(store, PREFIX, names)) == []
    victim = tmp_path / "nas" / PREFIX / names[1]
    victim.chmod(0o600)
    if spoil == "gone":
        victim.unlink()
    else:
        victim.write_bytes(victim.read_bytes()[:-1] + b"?")

    found = dict(verify_mirror(store, PREFIX, names))

    assert list(found) == [names[1]]


@pytest.mark.parametrize("spoil", ["cut", "altered", "gone"])
def test_file_that_the_store_spoilt_is_sent_again_from_the_good_one_here(repository, store, tmp_path, spoil) -> None:
    bring_up_to_date(repository, store)
    victim = next(file for file in list_repository(repository.folder) if file.name.startswith("data/"))
    path = tmp_path / "nas" / PREFIX / victim.name
    path.chmod(0o600)
    content = path.read_bytes()
    path.write_bytes(content[:-1] if spoil == "cut" else content[:-1] + b"?")
    if spoil == "gone":
        path.unlink()

    # A cut or missing file is seen by its size; what has its size is found by reading it.
    plan = PushPlan((victim,), (), 0, frozenset({victim.name})) if spoil == "altered" else None
    push(repository.folder, store, PREFIX, plan or plan_push(repository.folder, store, PREFIX))

    assert files(tmp_path / "nas" / PREFIX) == files(repository.folder)


def test_good_file_of_the_mirror_is_not_touched_when_the_one_here_is_spoilt(repository, store, tmp_path) -> None:
    bring_up_to_date(repository, store)
    victim = next(file for file in list_repository(repository.folder) if file.name.startswith("data/"))
    (repository.folder / victim.name).chmod(0o600)
    (repository.folder / victim.name).write_bytes(b"?" * victim.bytes)
    before = files(tmp_path / "nas")

    with pytest.raises(CopyFailed, match="dañado"):
        push(repository.folder, store, PREFIX, PushPlan((victim,), (), 0, frozenset({victim.name})))

    assert files(tmp_path / "nas") == before


def test_store_that_stops_answering_is_told_as_that_and_not_in_the_midst_of_another_answer(
    repository: Repository, store: Store, tmp_path: Path
) -> None:
    bring_up_to_date(repository, store)
    data = next(name for name in files(repository.folder) if name.startswith("data/"))
    with serving_mirror(store, PREFIX) as address, socket.socket(socket.AF_UNIX) as line:
        (tmp_path / "nas").rename(tmp_path / "away")
        line.settimeout(30)
        line.connect(address.removeprefix("rest:http+unix://").removesuffix(":/"))
        line.sendall(f"GET /data/{data.rpartition('/')[2]} HTTP/1.1\r\nHost: x\r\n\r\n".encode())

        answer = b"".join(iter(lambda: line.recv(4096), b""))

    assert answer.count(b"HTTP/1.1 ") == 1
    assert answer.startswith(b"HTTP/1.1 503 ")
