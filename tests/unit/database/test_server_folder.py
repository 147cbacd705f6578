"""The folder of a private server: short for a socket, swept after a crash, left alone while its owner lives."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest

from copias.database import server
from copias.database.server import PREFIX, ServerFolder, require_room, sweep
from copias.errors import NotReady


def test_folder_is_private_and_gone_afterwards(tmp_path: Path) -> None:
    with ServerFolder("prueba", parent=tmp_path) as folder:
        assert folder.path.stat().st_mode & 0o077 == 0
        assert folder.socket.stat().st_mode & 0o077 == 0
        (folder.path / "data").mkdir()

    assert list(tmp_path.iterdir()) == []
    assert not folder.socket.exists()


def test_deep_folder_gets_a_socket_that_the_kernel_takes(tmp_path: Path) -> None:
    deep = tmp_path / ("carpeta-muy-larga-" * 5)
    deep.mkdir()

    with ServerFolder("prueba", parent=deep) as folder:
        assert len(os.fsencode(folder.socket / ".s.PGSQL.5432")) <= 107
        assert folder.path.parent == deep

    assert not folder.socket.exists()


def test_folder_of_a_dead_owner_is_swept_and_that_of_a_living_one_is_not(tmp_path: Path) -> None:
    dead = subprocess.run(
        [sys.executable, "-c", (f"from copias.database.server import *; from pathlib import Path; import os\n"
         f"f = ServerFolder('prueba', parent=Path({str(tmp_path)!r})); f.__enter__(); os.kill(os.getpid(), 9)")],
    )  # fmt: skip
    assert dead.returncode == -9
    (left,) = tmp_path.iterdir()

    with ServerFolder("prueba", parent=tmp_path) as folder:
        assert not left.exists()
        assert sweep(tmp_path) == 0
        assert folder.path.exists()


def test_later_process_with_the_same_number_is_not_the_owner(tmp_path: Path) -> None:
    folder = tmp_path / f"{PREFIX}prueba-x"
    folder.mkdir()
    (folder / "dueno.json").write_bytes(orjson.dumps({**server._identity(os.getpid()), "started": "1"}))

    assert sweep(tmp_path) == 1


def test_folder_without_an_owner_is_given_a_minute(tmp_path: Path) -> None:
    new, old = tmp_path / f"{PREFIX}a", tmp_path / f"{PREFIX}b"
    new.mkdir()
    old.mkdir()
    os.utime(old, (time.time() - 600, time.time() - 600))

    assert sweep(tmp_path) == 1
    assert new.exists()


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'{"pid": "x"}', b'{"pid": 99999999}'])
def test_unreadable_owner_is_a_dead_one(tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / f"{PREFIX}x"
    folder.mkdir()
    (folder / "dueno.json").write_bytes(content)

    assert sweep(tmp_path) == 1


def test_nothing_else_is_swept(tmp_path: Path) -> None:
    (tmp_path / "otra").mkdir()
    elsewhere = tmp_path / "ajena"
    elsewhere.mkdir()
    (tmp_path / f"{PREFIX}enlace").symlink_to(elsewhere)

    assert sweep(tmp_path) == 0
    assert elsewhere.exists()


def test_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="no-existe"), ServerFolder("prueba", parent=tmp_path / "no-existe"):
        pass


def test_lack_of_room_is_told_in_numbers(tmp_path: Path) -> None:
    require_room(tmp_path, 0)

    with pytest.raises(NotReady, match=r"hacen falta 1000000000\.0 GB"):
        require_room(tmp_path, 10**18)
