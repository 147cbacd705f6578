"""The watchman outside, a real HTTP server: what he hears, once, and that nobody waits for him."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from copias.errors import BadConfiguration, Unavailable
from copias.night.ping import ping_night, ping_start
from copias.night.report import FINISHED, STARTED, Item, NightReport
from copias.office import Office
from tests.unit.night.conftest import open_forged

MOMENT = "2026-11-26T10:00:00+00:00"
GOOD = Item(kind="store", name="nas", outcome="done")
BAD = Item(kind="database", name="hacienda", outcome="failed", error={"what": "clave de postgres"})


@dataclass
class Watchman:
    """A server that remembers what it was asked."""

    address: str = ""
    status: int = 200
    heard: list[tuple[str, str]] = field(default_factory=list)
    identifiers: list[str] = field(default_factory=list)


@pytest.fixture
def watchman() -> Iterator[Watchman]:
    heard = Watchman()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
            heard.heard.append((parts.path, body))
            heard.identifiers += parse_qs(parts.query)["rid"]
            self.send_response(heard.status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        heard.address = f"http://127.0.0.1:{server.server_port}/secret-token"
        yield heard
        server.shutdown()


def open_watched(folder: Path, address: str, *, mode: int = 0o600) -> Office:
    file = folder / "ping.url"
    file.write_text(address + "\n")
    file.chmod(mode)
    return open_forged(folder, night={"ping_url_file": str(file)})


def report(*items: Item, only: tuple[str, ...] = ()) -> NightReport:
    return NightReport(run="nightly-1", started=MOMENT, finished=MOMENT, ended="finished", only=only, items=items)


def test_start_and_end_are_heard_with_one_id(tmp_path: Path, watchman: Watchman) -> None:
    office = open_watched(tmp_path, watchman.address)

    assert ping_start(office, "nightly-1")
    assert ping_night(office, report(GOOD))

    assert watchman.heard == [("/secret-token/start", ""), ("/secret-token", "nightly-1: finished; done 1")]
    first, second = watchman.identifiers
    assert uuid.UUID(first) == uuid.UUID(second)


def test_failed_night_is_heard_as_such_without_a_word_of_what_failed(tmp_path: Path, watchman: Watchman) -> None:
    office = open_watched(tmp_path, watchman.address)

    ping_night(office, report(GOOD, BAD))

    assert watchman.heard == [("/secret-token/fail", "nightly-1: finished; done 1, failed 1")]


def test_night_is_told_once_and_one_of_some_things_not_at_all(tmp_path: Path, watchman: Watchman) -> None:
    office = open_watched(tmp_path, watchman.address)
    ping_night(office, report(GOOD))

    assert not ping_night(office, report(GOOD))
    assert not ping_night(office, NightReport(**{**report(GOOD).__dict__, "run": "n2", "only": ("nas",)}))

    assert len(watchman.heard) == 1


def test_older_night_that_was_not_heard_of_is_not_told_after_a_newer_one(tmp_path: Path, watchman: Watchman) -> None:
    office = open_watched(tmp_path, watchman.address)
    office.record(FINISHED, {"run": "nightly-1", "only": []})
    office.record(STARTED, {"run": "nightly-2", "only": []})
    newer = replace(report(BAD), run="nightly-2")
    office.record(FINISHED, {"run": newer.run, "only": []})
    office.record(FINISHED, {"run": "nightly-3", "only": ["hacienda"]})
    ping_night(office, newer)

    told = ping_night(office, report(GOOD))

    assert not told
    assert [path for path, _ in watchman.heard] == ["/secret-token/fail"]


@pytest.mark.parametrize("status", [302, 404, 500])
def test_refusal_is_told_without_the_address_and_tried_again(tmp_path: Path, watchman: Watchman, status: int) -> None:
    office = open_watched(tmp_path, watchman.address)
    watchman.status = status
    with pytest.raises(Unavailable, match=str(status)) as caught:
        ping_night(office, report(GOOD))
    watchman.status = 200

    assert ping_night(office, report(GOOD))

    assert "secret-token" not in f"{caught.value} {caught.value.facts()}"
    assert [path for path, _ in watchman.heard] == ["/secret-token", "/secret-token"]


def test_watchman_who_is_gone_keeps_no_night_back(tmp_path: Path) -> None:
    office = open_watched(tmp_path, "http://127.0.0.1:1/secret-token")
    began = time.monotonic()

    assert not ping_start(office, "nightly-1")

    assert time.monotonic() - began < 30
    with pytest.raises(Unavailable) as caught:
        ping_night(office, report(GOOD))
    assert "secret-token" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "http://ping.example/token",
        "ftp://127.0.0.1/token",
        "https://",
        "https://[",
        "https://a.example/t otra",
        "ñ",
    ],
)
def test_file_without_a_usable_address_is_refused_without_showing_it(tmp_path: Path, address: str) -> None:
    office = open_watched(tmp_path, address)

    with pytest.raises(BadConfiguration, match="ping_url_file") as caught:
        ping_night(office, report(GOOD))

    assert "token" not in str(caught.value)
    assert not ping_start(office, "nightly-1")


def test_file_that_others_can_read_is_refused(tmp_path: Path, watchman: Watchman) -> None:
    office = open_watched(tmp_path, watchman.address, mode=0o644)

    with pytest.raises(BadConfiguration, match="chmod 600"):
        ping_night(office, report(GOOD))

    assert watchman.heard == []


def test_deployment_without_a_watchman_asks_nobody(office: Office) -> None:
    assert not ping_start(office, "nightly-1")
    assert not ping_night(office, report(GOOD))
