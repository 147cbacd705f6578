"""What the stores over a file system promise beside the contract: modes, links, the medium's own free space."""

from __future__ import annotations

import os
import random
import stat

import pytest

from copias.errors import Altered
from copias.store import part_name

NAME = "2026/sinfa/caso-1234.zip"
CONTENT = random.Random(3).randbytes(3_000_017)


def test_dying_between_link_and_unlink_is_repaired_by_publishing_again(file_store, put, tmp_path) -> None:
    put(file_store, NAME, CONTENT)
    os.link(tmp_path / "nas" / NAME, tmp_path / "nas" / part_name(NAME))

    assert file_store.publish(NAME).bytes == len(CONTENT)
    assert file_store.list_parts() == ()


def test_links_lead_nowhere(file_store, tmp_path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "nas" / "2026").symlink_to(outside)
    (tmp_path / "nas" / "x.zip").symlink_to(tmp_path / "secret")
    (tmp_path / "secret").write_text("secret")

    with pytest.raises(Altered):
        file_store.create("2026/a.zip")
    with pytest.raises(Altered):
        file_store.open("x.zip")
    assert list(outside.iterdir()) == []


def test_folders_and_files_are_closed_to_others(file_store, put, tmp_path) -> None:
    put(file_store, NAME, CONTENT)

    assert stat.S_IMODE((tmp_path / "nas" / "2026").stat().st_mode) & 0o027 == 0
    assert stat.S_IMODE((tmp_path / "nas" / NAME).stat().st_mode) & 0o037 == 0


def test_free_space_is_that_of_the_medium(file_store, tmp_path) -> None:
    facts = os.statvfs(tmp_path)

    assert file_store.free_space() == pytest.approx(facts.f_bavail * facts.f_frsize, rel=0.05)


def test_folder_of_the_store_may_be_a_link(file_store, put, tmp_path) -> None:
    (tmp_path / "nas").rename(tmp_path / "volume")
    (tmp_path / "nas").symlink_to(tmp_path / "volume")

    file_store.prepare()
    put(file_store, NAME, CONTENT)

    assert (tmp_path / "volume" / NAME).read_bytes() == CONTENT


def test_list_leaves_out_links_folders_and_names_that_are_no_text(file_store, put, tmp_path) -> None:
    put(file_store, "2026/a.zip", b"a")
    root = tmp_path / "nas"
    (root / os.fsdecode(b"mal-\xff.zip")).write_bytes(b"e")
    (root / "2026" / "enlace.zip").symlink_to("a.zip")
    (root / "enlace").symlink_to(root / "2026")
    (root / "2026" / "carpeta.zip").mkdir()

    assert [file.name for file in file_store.list()] == ["2026/a.zip"]
