"""The process of a sandbox: ``python -m copias_sandbox.daemon HOME …``; ``control.start`` starts it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import typing as t
from dataclasses import replace
from pathlib import Path

import orjson
import psutil

from copias.files import write_atomically
from copias_sandbox.admin.server import AdminPort
from copias_sandbox.core.dispatch import Google
from copias_sandbox.home import Home, Running
from copias_sandbox.oauth.accounts import Accounts
from copias_sandbox.oauth.clients import OAuthClients
from copias_sandbox.oauth.keys import ensure_key
from copias_sandbox.qnap.beside import open_station
from copias_sandbox.rooms.registry import ROOMS
from copias_sandbox.seed.workspace import Seeded, SeedOptions, fill, last_seeded
from copias_sandbox.state import State
from copias_sandbox.transport.certificates import tls_context
from copias_sandbox.transport.http import GooglePort
from copias_sandbox.transport.proxy import ConnectProxy


class Ports(t.NamedTuple):
    """The open ports of a sandbox."""

    http: GooglePort
    tls: GooglePort
    proxy: ConnectProxy
    admin: AdminPort


async def serve(home: Home, *, cases: int, strict: bool, nas: bool) -> None:
    """Serve until SIGTERM or SIGINT; ready when ``sandbox.json`` names this process.

    Args:
        home: the sandbox's folder; what it held before is taken up again, on the same ports when they are free.
        cases: how many to seed when nothing was seeded yet; 0 leaves it empty.
        strict: check our own answers by Google's schemas.
        nas: serve an emulated QNAP beside it.
    """
    google = Google(State(home.state_file), ROOMS, strict=strict)
    ports = await _open(google, home)
    Accounts(google.state).register(ensure_key(home.key_file, f"http://127.0.0.1:{ports.http.port}/token"))
    client = OAuthClients(google.state).ensure()
    write_atomically(home.oauth_client_file, orjson.dumps(client.file(f"http://127.0.0.1:{ports.http.port}")))
    made = last_seeded(google) or (fill(google, SeedOptions(cases=cases)) if cases else Seeded("", "", 0))
    station = open_station(home) if nas else None
    running = replace(_describe(home, ports, made), nas=station.port if station else 0)
    ports.admin.seeded = lambda made: home.write(
        replace(
            running,
            spreadsheet=made.spreadsheet,
            control_spreadsheet=made.control_spreadsheet,
            shared_drive=made.shared_drive,
        )
    )
    home.write(running)
    await _until_told_to_stop()
    if station is not None:
        station.close()
    for port in ports:
        await port.close()
    google.state.close()


async def _open(google: Google, home: Home) -> Ports:
    before = home.read()
    http, tls = GooglePort(google), GooglePort(google, tls_context(home.path))
    await http.open(before.http if before else 0)
    await tls.open(before.tls if before else 0)
    proxy = ConnectProxy(tls.port)
    await proxy.open(before.proxy if before else 0)
    admin = AdminPort(google, (http, tls), home.path / "snapshots")
    await admin.open(before.admin if before else 0)
    return Ports(http, tls, proxy, admin)


def _describe(home: Home, ports: Ports, made: Seeded) -> Running:
    return Running(
        pid=os.getpid(),
        started=psutil.Process().create_time(),
        http=ports.http.port,
        tls=ports.tls.port,
        proxy=ports.proxy.port,
        admin=ports.admin.port,
        spreadsheet=made.spreadsheet,
        control_spreadsheet=made.control_spreadsheet,
        key=str(home.key_file),
        ca=str(home.ca_file),
        oauth_client=str(home.oauth_client_file),
        shared_drive=made.shared_drive,
    )


async def _until_told_to_stop() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()


def main() -> None:
    """Run as a program: ``daemon HOME CASES STRICT NAS``."""
    home, cases, strict, nas = sys.argv[1:5]
    asyncio.run(serve(Home(Path(home)), cases=int(cases), strict=strict == "strict", nas=nas == "nas"))


if __name__ == "__main__":
    main()
