"""What a program sees and may do from where it runs, looked at from outside."""

from __future__ import annotations

import signal
import typing as t
from dataclasses import dataclass
from pathlib import Path

import psutil

NAMESPACES = ("user", "pid", "ipc", "mnt", "uts", "net")
NOBODY_ELSES = frozenset({"proc", "home", "root", "bin", "sbin", "var", "run"})
"""Names at the root of a machine; no program within walls sees any of them."""
NOTHING = "0" * 16
"""No capability."""
_LIMITS = {"Max cpu time": "seconds", "Max address space": "memory", "Max file size": "file"}


@dataclass(frozen=True)
class Seen:
    """A running program's walls.

    Args:
        account: the number of the account that it has.
        shared: the namespaces that are ours too.
        names: what is there at its root.
        visible: of the files that were asked for, those that have a name there.
        capabilities: all that it has, as the kernel writes them.
        bounding: all that it could come by if it could gain any.
        filtered: no program that it starts gains anything, and its system calls are filtered.
        limits: what it may use up, for each limit that there is.
    """

    account: int
    shared: frozenset[str]
    names: frozenset[str]
    visible: frozenset[Path]
    capabilities: frozenset[str]
    bounding: str
    filtered: bool
    limits: frozenset[str]


def look_at(pid: int, *files: Path) -> Seen:
    """Look at a program, and at whether it sees these files."""
    process = Path(f"/proc/{pid}")
    status = dict(line.split(":\t", 1) for line in (process / "status").read_text().splitlines())
    shared = {name for name in NAMESPACES if _namespace(process, name) == _namespace(Path("/proc/self"), name)}
    limited = [line for line in (process / "limits").read_text().splitlines() if "unlimited" not in line]
    root = process / "root"
    return Seen(
        account=int(status["Uid"].split()[1]),
        shared=frozenset(shared),
        names=frozenset(path.name for path in root.iterdir()),
        visible=frozenset(path for path in files if (root / path.relative_to("/")).exists()),
        capabilities=frozenset(status[name].strip() for name in ("CapEff", "CapPrm", "CapAmb")),
        bounding=status["CapBnd"].strip(),
        filtered=(status["NoNewPrivs"].strip(), status["Seccomp"].strip()) == ("1", "2"),
        limits=frozenset(word for words, word in _LIMITS.items() if any(line.startswith(words) for line in limited)),
    )


def look_at_child(name: str, *files: Path, argument: str = "") -> Seen | None:
    """Look at a program of that name among our descendants while it stands still; ``None`` while there is none.

    Args:
        name: of the program.
        files: that it may see.
        argument: a part of its command, to tell it from its like.
    """
    for process in psutil.Process().children(recursive=True):
        try:
            if process.name() == name and argument in " ".join(process.cmdline()):
                process.send_signal(signal.SIGSTOP)
                try:
                    return look_at(process.pid, *files)
                finally:
                    process.send_signal(signal.SIGCONT)
        except (psutil.NoSuchProcess, psutil.AccessDenied, OSError, ValueError, KeyError):
            continue
    return None


def _namespace(process: Path, name: str) -> t.Any:
    return (process / "ns" / name).readlink()
