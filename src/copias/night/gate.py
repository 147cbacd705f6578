"""What restic runs as its command: it hands its output over to the process that dumps, and ends as that one says.

``python -I -S gate.py FOLDER``. restic takes a second to open a repository, and a program of ours as long to load and
find what it needs: so that one is started beside restic, and waits in the copy's folder. This here knows nothing of
copias, because restic waits until it is up. It ends well only when it is told so; when whoever dumps dies, it is not.
"""

from __future__ import annotations

import os
import socket
import sys

SOCKET = "gate"
WHOLE = b"1"
"""What the dumping process sends once the dump is whole and its record is on the disk."""
NOBODY_READS = 3
"""The exit code of the dumping process when restic is gone: what went wrong is restic's to tell."""


def main(arguments: list[str]) -> int:
    """Hand the standard output over in a copy's folder; return the exit code, 0 only when all is whole."""
    (folder,) = arguments
    with socket.socket(socket.AF_UNIX) as line:
        try:
            os.chdir(folder)  # the address of a socket has room for 107 bytes
            line.connect(SOCKET)
            socket.send_fds(line, [b"\n"], [1])
            os.close(1)  # the only one who writes is the one who dumps
            return 0 if line.recv(1) == WHOLE else 1
        except OSError:
            return 1  # why, the one who dumps has written down


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
