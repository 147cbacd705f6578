"""A NAS at the other end of a cable that can be pulled out: a network namespace with an sshd of its own."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

HERE, THERE = "198.51.100.1", "198.51.100.2"  # reserved for documentation: they can be nobody's real addresses
PREFIX = 30
PORT = 2222


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, timeout=30)


@dataclass
class FarHost:
    """A host in a network namespace; its cable goes with it when the block ends."""

    cable: str = "copias-nas"

    def __enter__(self) -> FarHost:
        self._holder = subprocess.Popen(["unshare", "--net", "--kill-child", "--", "sleep", "3600"])
        self._wait_for_namespace()
        ip("link", "add", self.cable, "type", "veth", "peer", "name", "eth0", "netns", str(self._holder.pid))
        ip("address", "add", f"{HERE}/{PREFIX}", "dev", self.cable)
        self.plug_in()
        for command in (
            ("ip", "address", "add", f"{THERE}/{PREFIX}", "dev", "eth0"),
            ("ip", "link", "set", "lo", "up"),
            ("ip", "link", "set", "eth0", "up"),
        ):
            subprocess.run([*self.inside, *command], check=True, timeout=30)
        return self

    def __exit__(
        self, error: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        ip("link", "delete", self.cable)  # the kernel takes its time with the namespace
        self._holder.kill()
        self._holder.wait(10)

    @property
    def inside(self) -> tuple[str, ...]:
        """The command that runs another in the network of this host."""
        return ("nsenter", f"--net=/proc/{self._holder.pid}/ns/net", "--")

    def pull_out(self) -> None:
        ip("link", "set", self.cable, "down")

    def plug_in(self) -> None:
        ip("link", "set", self.cable, "up")

    def _wait_for_namespace(self) -> None:
        ours, deadline = Path("/proc/self/ns/net").readlink(), time.monotonic() + 10
        while Path(f"/proc/{self._holder.pid}/ns/net").readlink() == ours:
            assert time.monotonic() < deadline, "no namespace"
            time.sleep(0.01)
