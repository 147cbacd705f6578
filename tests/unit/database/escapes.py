"""What a hostile program tries, run by the tests inside of walls and outside: prints what came of each, as JSON.

Arguments: the folder of its own, a folder of others, the number of a process of the same account, a TCP port and a UDP
port that others listen at, a port to listen at, and the key of others' shared memory.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import socket
import subprocess
import sys
import threading
import typing as t
from pathlib import Path

own, outside = map(Path, sys.argv[1:3])
victim, tcp, udp, free, shared = map(int, sys.argv[3:])
library = ctypes.CDLL(None, use_errno=True)
SEIZE, DETACH, NEW_USERS, FAST_OPEN = 0x4206, 17, 0x10000000, 0x20000000
ASK_KEY_RING, OF_SESSION = 250 if platform.machine() == "x86_64" else 219, -3


def call(name: str, *arguments: t.Any) -> None:
    if getattr(library, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), name)


def connect(address: t.Any) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(address)


def send() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"x", ("127.0.0.1", udp))


def connect_by_sending() -> None:
    with socket.socket() as client:
        client.sendto(b"x", FAST_OPEN, ("127.0.0.1", tcp))


def trace() -> None:
    call("ptrace", SEIZE, victim, None, None)
    library.ptrace(DETACH, victim, None, None)


def make_process() -> None:
    made = os.fork()
    if not made:
        os._exit(0)
    os.waitpid(made, 0)


def make_thread() -> None:
    made = threading.Thread(target=int)
    made.start()
    made.join()


ATTEMPTS: dict[str, t.Callable[[], t.Any]] = {
    "write in its own": lambda: (own / "a").write_text("x"),
    "make a process": make_process,
    "make a thread": make_thread,
    "read outside": (outside / "secreto").read_text,
    "write outside": lambda: (outside / "b").write_text("x"),
    "list outside": lambda: list(outside.iterdir()),
    "change a mode": lambda: (outside / "secreto").chmod(0o666),
    "change an owner": lambda: os.chown(outside / "secreto", -1, os.getgid()),
    "change a time": lambda: os.utime(outside / "secreto", (1, 1)),
    "run": lambda: subprocess.run(["/bin/true"], check=True),
    "connect by TCP": lambda: socket.create_connection(("127.0.0.1", tcp), 5).close(),
    "connect by sending": connect_by_sending,
    "send by UDP": send,
    "connect to a path": lambda: connect(str(outside / "enchufe")),
    "connect to a name": lambda: connect(f"\0{outside}"),
    "listen": lambda: socket.create_server(("127.0.0.1", free)).close(),
    "signal": lambda: os.kill(victim, 0),
    "trace": trace,
    "read another's environment": lambda: Path(f"/proc/{victim}/environ").read_bytes(),
    "look at shared memory": lambda: call("shmget", shared, 0, 0),
    "look at the key ring": lambda: call("syscall", ASK_KEY_RING, 0, OF_SESSION, 1),
    "make users": lambda: call("unshare", NEW_USERS),
}


def attempt(act: t.Callable[[], t.Any]) -> str:
    try:
        act()
    except OSError as error:
        return type(error).__name__
    return "done"


print(json.dumps({name: attempt(act) for name, act in ATTEMPTS.items()}))
