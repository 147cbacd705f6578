"""A bare machine within this one, as a new server is before copias is set up on it. Needs root.

It is a process tree in namespaces of its own, with this machine's programs and network. Its ``/etc`` is a copy without
anything of copias; where state, programs of its own and people's files lie, it is empty but for this product. Nothing
of it is seen outside, and the kernel clears it when its first process ends. Usage, for what is no Python::

    python -m copias_sandbox.bare_machine start FOLDER         start it; FOLDER keeps its record and its log
    python -m copias_sandbox.bare_machine run FOLDER COMMAND…  run a command on it, from the top folder of the product
    python -m copias_sandbox.bare_machine stop FOLDER          end it
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import typing as t
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson
import psutil

from copias.errors import NotReady
from copias.files import make_private_directory, write_atomically

PROJECT: t.Final = Path(__file__).resolve().parents[2]
RECORD, LOG, READY = "machine.json", "log", "ready"
NAMESPACES: t.Final = ("mount", "uts", "ipc", "pid")
EMPTY: t.Final = tuple(map(Path, ("/run", "/var/lib", "/usr/local/bin", "/root", "/home")))
OURS: t.Final = (
    "copias",
    "cron.d/copias",
    "sudoers.d/copias",
    "logrotate.d/copias",
    "systemd/system/copias-*",
    "systemd/system/timers.target.wants/copias-*",
)
"""What the role ``control_node`` writes to ``/etc``, by default."""
ACCOUNTS: t.Final = ("copias", "copias-agents")
START_LIMIT: t.Final = 30.0
"""Seconds for a start on a busy machine; on an idle one it takes a tenth of one."""
STOP_LIMIT: t.Final = 10.0


@dataclass(frozen=True)
class BareMachine:
    """A running machine: the process that holds it, and when that started, so that no later one is taken for it."""

    holder: int
    started: float

    def command(self, *command: str) -> list[str]:
        """Return what runs a command on it, in the folder of the product."""
        process = f"/proc/{self.holder}/ns"
        spaces = [f"--{kind}={process}/{name}" for kind, name in _files().items()]
        return ["nsenter", *spaces, "--", "env", f"--chdir={PROJECT}", *command]

    def run(self, *command: str) -> subprocess.CompletedProcess[bytes]:
        """Run a command on it, and keep what it says; whether it failed is the caller's to see."""
        return subprocess.run(self.command(*command), stdin=subprocess.DEVNULL, capture_output=True, check=False)

    def stop(self) -> None:
        """End all that runs on it, and wait for that."""
        try:
            process = psutil.Process(self.holder)
            if process.create_time() == self.started:
                process.kill()  # the kernel ends the machine's first process, and with it all others
                process.wait(STOP_LIMIT)
        except psutil.NoSuchProcess:
            return


def start(folder: Path, *, name: str = "copias") -> BareMachine:
    """Start a machine and wait until it is whole; one that was started in that folder before is ended.

    Args:
        folder: of this machine's own, for its record and log; the machine sees it too.
        name: its host name.

    Raises:
        NotReady: we are not root, or may not make namespaces here; the message has what its log says.
    """
    make_private_directory(folder)
    if (folder / RECORD).exists():
        find(folder).stop()
    (folder / READY).unlink(missing_ok=True)
    spaces = [f"--{kind}" for kind in NAMESPACES]
    boot = [sys.executable, "-m", __spec__.name, "boot", str(folder.absolute()), name]
    with (folder / LOG).open("wb") as log:
        process = subprocess.Popen(
            ["unshare", *spaces, "--fork", "--kill-child", "--", *boot],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,
        )
    _wait_until_ready(folder, process)
    machine = BareMachine(process.pid, psutil.Process(process.pid).create_time())
    write_atomically(folder / RECORD, orjson.dumps(asdict(machine)))
    return machine


def _wait_until_ready(folder: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_LIMIT
    while not (folder / READY).exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise _not_started((folder / LOG).read_text(errors="replace"))
        time.sleep(0.02)


def find(folder: Path) -> BareMachine:
    """Return the machine that was started in a folder."""
    return BareMachine(**orjson.loads((folder / RECORD).read_bytes()))


def _files() -> dict[str, str]:
    """Return the name in /proc of each namespace; the holder itself stays in the processes' of this machine."""
    return {"mount": "mnt", "uts": "uts", "ipc": "ipc", "pid": "pid_for_children"}


def _not_started(why: str) -> NotReady:
    return NotReady(
        "no arrancó la máquina de prueba vacía",
        why=why.strip()[-300:] or "no dijo nada",
        repair="necesita root y permiso para crear espacios de nombres (unshare)",
    )


# On the machine, as its first process


def boot(folder: Path, name: str) -> t.NoReturn:
    """Make the machine out of the namespaces that this process was started in, then reap what is orphaned."""
    if os.getpid() != 1:
        raise SystemExit("this is for the first process of a machine: use start")
    _mount("--make-rprivate", "/")
    _copy_settings(folder, name)
    programs = (PROJECT, Path(sys.base_prefix))
    closed = {found for path in programs if (found := _closed_above(path)) is not None}
    for place in {*EMPTY, *closed}:
        _cover(place, [path for path in (*programs, folder) if path.is_relative_to(place)])
    _mount("-t", "proc", "proc", "/proc")
    subprocess.run(["hostname", name], check=True)
    (folder / READY).touch()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps them
    while True:
        signal.pause()


def _copy_settings(folder: Path, name: str) -> None:
    """Give the machine an ``/etc`` of its own, in which copias never was."""
    etc = folder / "etc"
    etc.mkdir(exist_ok=True)
    _mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", str(etc))
    subprocess.run(["cp", "-a", "/etc/.", str(etc)], check=True)
    for path in (path for pattern in OURS for path in etc.glob(pattern)):
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    for listed in (etc / name for name in ("passwd", "shadow", "group", "gshadow")):
        if listed.exists():
            lines = listed.read_text().splitlines(keepends=True)
            listed.write_text("".join(line for line in lines if line.partition(":")[0] not in ACCOUNTS))
    with (etc / "hosts").open("a") as hosts:
        hosts.write(f"127.0.1.1 {name}\n")
    _mount("--move", str(etc), "/etc")


def _closed_above(path: Path) -> Path | None:
    """Return the first folder above a path that other accounts cannot pass: the service account must start us."""
    return next((one for one in reversed(path.parents) if not one.stat().st_mode & 0o001), None)


def _cover(place: Path, kept: t.Sequence[Path]) -> None:
    """Lay an empty folder over one, and put what is to be seen of it back where it was."""
    outer = [path for path in kept if not any(path.is_relative_to(other) for other in kept if other != path)]
    held = [Path("/etc") / f"kept-{number}" for number in range(len(outer))]
    for hold, path in zip(held, outer, strict=True):
        hold.mkdir()
        _mount("--bind", str(path), str(hold))
    _mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", str(place))
    for hold, path in zip(held, outer, strict=True):
        path.mkdir(parents=True)
        _mount("--move", str(hold), str(path))
        hold.rmdir()


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def main(arguments: t.Sequence[str]) -> int:
    """Carry out one verb of the module's text."""
    match arguments:
        case ["start", folder, *name]:
            start(Path(folder), **({"name": name[0]} if name else {}))
        case ["run", folder, *command] if command:
            found = find(Path(folder)).command(*command)
            os.execvp(found[0], found)  # noqa: S606  # no shell meant
        case ["stop", folder]:
            find(Path(folder)).stop()
        case ["boot", folder, name]:
            boot(Path(folder), name)
        case _:
            raise SystemExit(__doc__)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
