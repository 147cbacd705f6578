"""A mirrored repository whose folder is lost comes back from its store, and restic goes on with it."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from copias.errors import NotReady, StoreFull
from copias.repository.pulling import pull
from copias.store import Store
from tests.integration.repository.test_mirror import (
    PREFIX,
    Repository,
    bring_up_to_date,
    files,
    first_day,
    repository,
    store,
)

__all__ = ["first_day", "repository", "store"]


def test_lost_repository_comes_back_whole_and_takes_new_copies(repository: Repository, store: Store) -> None:
    bring_up_to_date(repository, store)
    before = files(repository.folder)
    shutil.rmtree(repository.folder)

    pulled = pull(store, PREFIX, repository.folder)

    assert files(repository.folder) == before
    assert (pulled.files, pulled.spoilt) == (len(before) - 1, ())
    repository.keep(random.Random(2).randbytes(1000))
    repository.restic("check", "--read-data")
    assert len(repository.snapshots()) == 2


def test_what_was_cut_off_is_no_repository_and_goes_on(repository: Repository, store: Store) -> None:
    bring_up_to_date(repository, store)
    before = files(repository.folder)
    shutil.rmtree(repository.folder)
    first, *_ = sorted(name for name in before if name.startswith("data/"))
    half = repository.folder / f"{first}.part"
    half.parent.mkdir(parents=True)
    half.write_bytes(before[first][:100])
    key = next(name for name in before if name.startswith("keys/"))
    (repository.folder / key).parent.mkdir()
    (repository.folder / key).write_bytes(before[key])

    pulled = pull(store, PREFIX, repository.folder)

    assert files(repository.folder) == before
    assert pulled.files == len(before) - 2


def test_file_that_the_mirror_spoilt_is_named_and_the_rest_comes(
    repository: Repository, store: Store, tmp_path: Path
) -> None:
    bring_up_to_date(repository, store)
    data = next(name for name in files(repository.folder) if name.startswith("data/"))
    there = next((tmp_path / "nas").rglob(data.rpartition("/")[2]))
    content = there.read_bytes()
    there.chmod(0o600)
    there.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    shutil.rmtree(repository.folder)

    pulled = pull(store, PREFIX, repository.folder)

    assert pulled.spoilt == (data,)
    assert data not in files(repository.folder)
    assert len(repository.snapshots()) == 1


def test_file_that_the_lost_folder_still_has_and_that_is_spoilt_comes_again(
    repository: Repository, store: Store
) -> None:
    bring_up_to_date(repository, store)
    before = files(repository.folder)
    (repository.folder / "config").unlink()
    data = next(name for name in before if name.startswith("data/"))
    (repository.folder / data).chmod(0o600)
    (repository.folder / data).write_bytes(bytes(len(before[data])))

    pulled = pull(store, PREFIX, repository.folder)

    assert (pulled.files, pulled.spoilt) == (1, ())
    assert files(repository.folder) == before


def test_store_without_the_mirror_leaves_no_folder(store: Store, tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="no tiene un espejo"):
        pull(store, PREFIX, tmp_path / "repo")

    assert not (tmp_path / "repo").exists()


def test_disk_without_room_is_told_before_anything_comes(
    repository: Repository, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_up_to_date(repository, store)
    shutil.rmtree(repository.folder)
    real = shutil.disk_usage(repository.home)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: real._replace(free=1000))

    with pytest.raises(StoreFull, match="no cabe"):
        pull(store, PREFIX, repository.folder)

    assert list(files(repository.folder)) == []
