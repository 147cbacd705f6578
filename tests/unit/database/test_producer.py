"""A dump program is passed on whole, or fails: with real programs that misbehave."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from copias.database.children import child_environment
from copias.database.producer import Limits, Produced, Program, ProgramFailed, Shape, produce
from copias.errors import CopyFailed, StoreFull
from copias.progress import ignore
from tests.waiting import wait_until

QUICK = Limits(seconds=30, stall=20)


def python(code: str, **environment: str) -> Program:
    return Program([sys.executable, "-c", code], child_environment(**environment), "prueba", secrets=["s3creto"])


def run(program: Program, *, limits: Limits = QUICK, shape: Shape = Shape()) -> tuple[Produced, bytes]:  # noqa: B008
    received = bytearray()
    produced = produce(program, received.extend, report=ignore, limits=limits, shape=shape)
    return produced, bytes(received)


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_bytes_and_sum_are_those_that_the_sink_got() -> None:
    reported: list[int] = []
    received = bytearray()
    code = "import sys; [sys.stdout.buffer.write(bytes([i % 256]) * 40007) for i in range(120)]"

    produced = produce(python(code), received.extend, report=reported.append, limits=QUICK, shape=Shape())

    assert bytes(received) == b"".join(bytes([i % 256]) * 40007 for i in range(120))
    assert produced == Produced(len(received), hashlib.sha256(received).hexdigest())
    assert sum(reported) == len(received)


def test_chunks_are_big_though_the_program_writes_little_by_little() -> None:
    chunks: list[int] = []
    code = "import os\nfor _ in range(2048): os.write(1, b'x' * 4096)"

    produce(python(code), lambda chunk: chunks.append(len(chunk)), report=ignore, limits=QUICK, shape=Shape())

    assert sum(chunks) == 2048 * 4096
    assert len(chunks) <= 40


def test_first_bytes_do_not_wait_for_a_full_chunk(tmp_path: Path) -> None:
    mark, chunks = tmp_path / "arrived", []
    code = (
        "import os, time; os.write(1, b'a')\n"
        f"while not os.path.exists({str(mark)!r}): time.sleep(.01)\n"
        "os.write(1, b'b')"
    )

    def sink(chunk: bytes) -> None:
        chunks.append(bytes(chunk))
        mark.touch()

    produce(python(code), sink, report=ignore, limits=QUICK, shape=Shape())

    assert chunks == [b"a", b"b"]


def test_bad_exit_fails_though_all_bytes_came() -> None:
    with pytest.raises(ProgramFailed, match="código 3 tras 3 bytes") as failure:
        run(python("import os, sys; os.write(1, b'abc'); sys.exit(3)"))

    assert failure.value.count == 3


def test_killed_program_fails() -> None:
    with pytest.raises(ProgramFailed, match="señal 9"):
        run(python("import os; os.write(1, b'abc'); os.kill(os.getpid(), 9)"))


def test_words_of_the_program_are_told_without_secrets() -> None:
    with pytest.raises(ProgramFailed, match="la clave no sirve") as failure:
        run(python("import sys; sys.exit('FATAL:\\n la clave no sirve: s3creto')"))

    assert "s3creto" not in str(failure.value)
    assert "\n" not in str(failure.value)


@pytest.mark.parametrize(
    ("code", "shape", "words"),
    [
        ("pass", Shape(), "ni un byte"),
        ("print('<html>')", Shape(head=b"PGDMP"), "no empieza como un volcado"),
        ("print('-- Dump')", Shape(tail=b"-- Dump completed"), "no termina como un volcado"),
        ("print('PGDMP')", Shape(head=b"PGDMP", least=100), "midió 6 bytes y se esperaban al menos 100"),
    ],
)
def test_what_does_not_look_like_a_dump_fails(code: str, shape: Shape, words: str) -> None:
    with pytest.raises(CopyFailed, match=words):
        run(python(code), shape=shape)


def test_whole_dump_of_the_right_shape_passes() -> None:
    shape = Shape(head=b"PGDMP", tail=b"-- Dump completed", least=20)

    produced, received = run(python("print('PGDMP ' + 'x' * 5000 + ' -- Dump completed')"), shape=shape)

    assert produced.bytes == len(received) == 5025


def test_silence_is_cut_short() -> None:
    begun = time.monotonic()

    with pytest.raises(CopyFailed, match="ni un byte en 1 segundos"):
        run(python("import os, time; os.write(1, b'a'); time.sleep(60)"), limits=Limits(seconds=60, stall=1))

    assert time.monotonic() - begun < 15


def test_endless_dump_is_cut_at_the_limit() -> None:
    begun = time.monotonic()

    with pytest.raises(CopyFailed, match="tiempo máximo de 2 segundos"):
        run(
            python("import os, time\nwhile True: os.write(1, b'a'); time.sleep(.1)"), limits=Limits(seconds=2, stall=30)
        )

    assert time.monotonic() - begun < 15


def test_program_that_closes_its_output_and_stays_is_cut() -> None:
    with pytest.raises(CopyFailed, match="cerró su salida y no terminó"):
        run(python("import os, time; os.write(1, b'a'); os.close(1); time.sleep(60)"), limits=Limits(60, stall=6))


@pytest.mark.parametrize(
    "error", [StoreFull("no hay espacio"), OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt(), SystemExit(143)]
)
def test_sink_error_reaches_the_caller_and_the_program_is_reaped(error: BaseException, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    code = f"import os\nopen({str(pid_file)!r}, 'w').write(str(os.getpid()))\nwhile True: os.write(1, b'x' * 65536)"

    def full(_: bytes) -> None:
        raise error

    with pytest.raises(type(error)) as failure:
        produce(python(code), full, report=ignore, limits=QUICK, shape=Shape())

    assert failure.value is error
    assert not psutil.pid_exists(int(pid_file.read_text()))


def test_children_of_the_program_end_with_it(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    code = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)'])\n"
        f"open({str(pid_file)!r}, 'w').write(str(child.pid)); os.write(1, b'a'); time.sleep(300)"
    )

    def stop(_: bytes) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        produce(python(code), stop, report=ignore, limits=QUICK, shape=Shape())

    wait_until(lambda: not alive(int(pid_file.read_text())))


def test_watcher_stops_a_silent_dump() -> None:
    looks: list[int] = []

    def watch() -> None:
        looks.append(1)
        if len(looks) > 2:
            raise CopyFailed("la huella falló")

    with pytest.raises(CopyFailed, match="la huella falló"):
        produce(python("import time; time.sleep(60)"), ignore, report=ignore, limits=QUICK, shape=Shape(), watch=watch)


def test_slow_sink_keeps_memory_flat_and_loses_nothing() -> None:
    received = 0

    def slow(chunk: bytes) -> None:
        nonlocal received
        received += len(chunk)
        time.sleep(0.01)

    before = psutil.Process().memory_info().rss
    code = "import os\nfor _ in range(960): os.write(1, b'x' * 65536)"
    produce(python(code), slow, report=ignore, limits=QUICK, shape=Shape())

    assert received == 960 * 65536
    assert psutil.Process().memory_info().rss - before < 40 << 20


def test_program_sees_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RESTIC_PASSWORD", "PGPASSWORD", "PGHOST", "AWS_SECRET_ACCESS_KEY", "GOOGLE_APPLICATION_CREDENTIALS"):
        monkeypatch.setenv(name, "s3creto")

    _, received = run(python("import os; print(sorted(os.environ))", PGPASSFILE="/x"))

    assert b"PGPASSFILE" in received
    for word in (b"RESTIC", b"PGPASSWORD", b"PGHOST", b"AWS", b"GOOGLE"):
        assert word not in received


def test_program_dies_with_us_even_by_sigkill(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    code = f"""
import sys
from copias.database.children import child_environment
from copias.database.producer import *
inner = "import os, time; open({str(pid_file)!r}, 'w').write(str(os.getpid())); os.write(1, b'a'); time.sleep(300)"
program = Program([sys.executable, "-c", inner], child_environment(), "prueba")
produce(program, lambda chunk: None, report=lambda n: None, limits=Limits(), shape=Shape())
"""
    ours = subprocess.Popen([sys.executable, "-c", code])
    wait_until(lambda: pid_file.exists() and bool(pid_file.read_text()))
    os.kill(ours.pid, signal.SIGKILL)
    ours.wait()

    wait_until(lambda: not alive(int(pid_file.read_text())))
