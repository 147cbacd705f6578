"""The process that dumps begins beside restic, and restic's command ends well only when that process says so."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from copias.errors import CopyFailed
from copias.night import gate
from copias.night.dumping import start_dumping
from copias.night.job import JobFolder
from tests.integration.night.conftest import children
from tests.waiting import wait_until

PRODUCER = "copias.night.producer"


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[socket.socket]:
    """Whoever dumps, as the gate finds it in the copy's folder."""
    with socket.socket(socket.AF_UNIX) as line:
        line.bind(str(tmp_path / gate.SOCKET))
        line.listen(1)
        line.settimeout(20)
        yield line


def start_gate(folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-I", "-S", gate.__file__, str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


@pytest.mark.parametrize(("said", "code"), [(gate.WHOLE, 0), (b"", 1), (b"0", 1)], ids=["whole", "nothing", "other"])
def test_gate_passes_the_dump_on_and_ends_well_only_when_it_is_whole(
    tmp_path: Path, waiting: socket.socket, said: bytes, code: int
) -> None:
    with start_gate(tmp_path) as running:
        line, _ = waiting.accept()
        _, (output,), _, _ = socket.recv_fds(line, 1, 1)
        os.write(output, b"the dump")
        os.close(output)
        line.sendall(said)
        line.close()

        passed_on, _ = running.communicate(timeout=20)

    assert passed_on == b"the dump"
    assert running.returncode == code


def test_gate_in_a_folder_where_nobody_dumps_fails(tmp_path: Path) -> None:
    with start_gate(tmp_path) as running:
        running.communicate(timeout=20)

    assert running.returncode == 1


def test_dump_that_cannot_begin_is_told_and_restics_command_fails(tmp_path: Path) -> None:
    folder = JobFolder(tmp_path / ("a name so long that no socket's address would have room for it " * 3))
    folder.path.mkdir()
    (folder.path / "job.json").write_text('{"engine":"unknown"}')

    with start_dumping(folder) as dumping:
        ended = subprocess.run(dumping.command, capture_output=True, timeout=20, check=False)
        error = dumping.find_error()

    assert (ended.returncode, ended.stdout) == (1, b"")
    assert isinstance(error, CopyFailed)
    assert "Job.__init__" in error.why


def test_dumping_process_that_is_killed_is_named(tmp_path: Path) -> None:
    job = '{"engine":"postgresql","host":"h","port":1,"database":"d","user":"u","password_file":null,"time_limit":9}'
    (tmp_path / "job.json").write_text(job)

    with start_dumping(JobFolder(tmp_path)) as dumping:
        assert dumping.find_error() is None
        (process,) = wait_until(lambda: children(PRODUCER))
        process.kill()
        ended = subprocess.run(dumping.command, capture_output=True, timeout=20, check=False)
        error = wait_until(dumping.find_error)

    assert ended.returncode == 1
    assert "lo mató la señal 9" in error.why


def test_dumping_process_ends_with_the_night_that_never_called_for_it(tmp_path: Path) -> None:
    job = '{"engine":"postgresql","host":"h","port":1,"database":"d","user":"u","password_file":null,"time_limit":9}'
    (tmp_path / "job.json").write_text(job)

    with start_dumping(JobFolder(tmp_path)):
        wait_until(lambda: children(PRODUCER))

    assert children(PRODUCER) == []
    assert not (tmp_path / "error.json").exists()
