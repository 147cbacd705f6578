"""An unprivileged sshd on a random port of 127.0.0.1, and a wire to it that can be cut."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from copias.loopback import free_port

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@dataclass
class SshServer:
    """An sshd whose files, keys and log lie in ``home``; ``inside`` is a command that runs it on another host."""

    home: Path
    port: int = 0
    address: str = "127.0.0.1"
    inside: tuple[str, ...] = ()
    user: str = field(default_factory=getpass.getuser)
    process: subprocess.Popen | None = None

    @property
    def identity(self) -> Path:
        return self.home / "client_key"

    @property
    def known_hosts(self) -> Path:
        return self.home / "known_hosts"

    @property
    def log(self) -> str:
        return (self.home / "sshd.log").read_text(errors="replace")

    def prepare(self) -> None:
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        for key in ("host_key", "client_key"):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.home / key)], check=True, timeout=30
            )
        (self.home / "authorized_keys").write_text((self.home / "client_key.pub").read_text())
        (self.home / "authorized_keys").chmod(0o600)
        self.port = self.port or free_port()
        self.write_known_hosts()
        # Without root sshd cannot read the shadow file and takes every account for locked, unless PAM is asked.
        pam = "no" if os.geteuid() == 0 else "yes"
        (self.home / "sshd_config").write_text(
            f"""\
Port {self.port}
ListenAddress {self.address}
HostKey {self.home}/host_key
AuthorizedKeysFile {self.home}/authorized_keys
PidFile {self.home}/sshd.pid
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
UsePAM {pam}
StrictModes no
Subsystem sftp internal-sftp
"""
        )

    def write_known_hosts(self, *, port: int | None = None) -> None:
        key = (self.home / "host_key.pub").read_text().split()
        self.known_hosts.write_text(f"[{self.address}]:{port or self.port} {key[0]} {key[1]}\n")

    def start(self, *, file_limit: int | None = None) -> None:
        """Start; ``file_limit`` makes every write beyond so many bytes fail, as a quota does."""
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        limit = [] if file_limit is None else ["prlimit", f"--fsize={file_limit}", "--"]
        with (self.home / "sshd.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*self.inside, *limit, SSHD, "-D", "-e", "-f", str(self.home / "sshd_config")],
                stdin=subprocess.DEVNULL,
                stderr=log,
                restore_signals=False,  # Python ignores SIGXFSZ, and so must sshd, to see the error instead
            )
        wait_for_port(self.port, self.address)

    def stop(self) -> None:
        """Kill the server and its sessions at once, as a power cut would."""
        if self.process is None:
            return
        sessions = psutil.Process(self.process.pid).children(recursive=True)
        for session in reversed(sessions):  # the deepest first, so that each has a parent to reap it
            with suppress(psutil.NoSuchProcess):
                session.kill()
        wait_until_dead(sessions)
        self.process.kill()
        self.process.wait(10)
        self.process = None


class Relay:
    """A wire between client and server that can be cut or go silent."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.flowing = threading.Event()
        self.flowing.set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._run(self._accept)

    def silence(self) -> None:
        self.flowing.clear()

    def restore(self) -> None:
        self.flowing.set()

    def cut(self) -> None:
        for end in self._sockets:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._sockets.clear()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        self.flowing.set()
        for thread in self._threads:
            thread.join(10)

    def _run(self, work, *arguments) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self.target))
                self._sockets += [near, far]
                self._run(self._pump, near, far)
                self._run(self._pump, far, near)

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                self.flowing.wait()
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


def wait_until_dead(processes: list[psutil.Process]) -> None:
    """Wait for the last breath; who reaps them is another question, and init takes its time."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            while process.status() != psutil.STATUS_ZOMBIE:
                time.sleep(0.01)


def wait_for_port(port: int, address: str = "127.0.0.1") -> None:
    deadline = time.monotonic() + 15
    while True:
        try:
            socket.create_connection((address, port), 1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
