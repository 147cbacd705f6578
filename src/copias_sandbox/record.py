"""Draw what an agent sees when a case is attended, from a real run in a terminal of its own.

Usage: ``python -m copias_sandbox.record FILE.svg``.
"""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

from rich.console import Console
from rich.text import Text

from copias_sandbox import world
from copias_sandbox.seed.cases import DEMO_CASE

COLUMNS, ROWS = 100, 60
SIZE = 60
"""Megabytes of the database: enough for progress bars to be seen."""
_ERASED = re.compile(r"(?:\x1b\[1A\x1b\[2K|\x1b\[\?25[lh]|\r)")


def main() -> int:
    """Record and draw."""
    target = Path(sys.argv[1])
    home = Path(tempfile.mkdtemp(prefix="copias-demo-"))
    home.chmod(0o711)
    try:
        place = world.start(home, megabytes=SIZE)
        output = _run_in_terminal(place, ["copias", "run", str(DEMO_CASE), "--yes"])
    finally:
        world.stop(home)
        shutil.rmtree(home, ignore_errors=True)
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    console.print(Text.assemble(("$ ", "bold green"), f"copias run {DEMO_CASE} --yes"))
    console.print(Text.from_ansi(_settle(output)))
    console.save_svg(str(target), title="copias", unique_id="copias-demo")
    return 0


def _run_in_terminal(place: world.World, command: list[str]) -> str:
    """Run a command in a pseudo-terminal and return all that it printed."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    environment = {**world.environment_of(place), "TERM": "xterm-256color"}
    program = Path(sys.executable).with_name(command[0])
    with subprocess.Popen(
        [program, *command[1:]],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env=environment,
        start_new_session=True,
    ) as child:
        os.close(follower)
        chunks = list(_read_all(leader))
        if child.wait():
            raise SystemExit(f"{command} ended with {child.returncode}")
    return b"".join(chunks).decode()


def _read_all(descriptor: int) -> list[bytes]:
    chunks: list[bytes] = []
    while True:
        try:
            chunk = os.read(descriptor, 65536)
        except OSError:  # Linux says EIO when the other side is closed
            return chunks
        if not chunk:
            return chunks
        chunks.append(chunk)


def _settle(output: str) -> str:
    """Return the lines as they stand at the end: what a live bar wrote over itself is kept once."""
    lines: list[str] = []
    for line in output.split("\n"):
        ups = line.count("\x1b[1A")
        if ups:
            del lines[-ups:]
        lines.append(_ERASED.sub("", line.rsplit("\x1b[2K", maxsplit=1)[-1]))
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
