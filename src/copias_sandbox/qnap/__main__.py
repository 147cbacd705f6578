"""``python -m copias_sandbox.qnap FOLDER USER PASSWORD_FILE``: prints its port, and serves until it is ended."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from copias_sandbox.qnap.server import FileStation


def main() -> None:
    """Run as a program."""
    folder, user, password_file = sys.argv[1:4]
    server = FileStation(Path(folder), user=user, password=Path(password_file).read_text(encoding="utf-8").strip())
    print(server.port, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
