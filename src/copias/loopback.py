"""Ports of this machine's own address, for servers that want to be told theirs before they start."""

from __future__ import annotations

import secrets
import socket
import typing as t

HOST: t.Final = "127.0.0.1"
CHOICES: t.Final = range(20_000, 32_768)
"""Below what Linux lends to outgoing connections: between our look and the server's, no client can be given it."""
TRIES: t.Final = 200


def free_port() -> int:
    """Return a port of 127.0.0.1 at which nobody listens now.

    Raises:
        OSError: none was found.
    """
    for _ in range(TRIES):
        port = secrets.choice(CHOICES)
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        return port
    raise OSError(f"no free port at {HOST} among {CHOICES.start}-{CHOICES.stop - 1}")
