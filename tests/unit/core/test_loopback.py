"""A port for a server that is told its port is one that nobody has and that no client can be given meanwhile."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from copias import loopback


def test_port_is_free_and_below_those_of_outgoing_connections() -> None:
    lowest_lent = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])

    port = loopback.free_port()

    assert port < lowest_lent
    with socket.create_server((loopback.HOST, port)):
        pass


def test_port_that_somebody_has_is_passed_over(monkeypatch) -> None:
    with socket.create_server((loopback.HOST, loopback.free_port())) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(loopback, "CHOICES", range(port, port + 1))

        with pytest.raises(OSError, match="no free port"):
            loopback.free_port()
