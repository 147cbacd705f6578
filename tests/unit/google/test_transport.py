"""The transport sends each request once: what httplib2 would have sent twice."""

from __future__ import annotations

import socket
import threading
import typing as t
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from copias.google import GoogleSettings
from copias.google.retry import Sort, Trouble
from copias.google.transport import RequestsHttp, _session


class Token:
    """Credentials that always have a token; counts how often a new one is asked for."""

    token: str | None = "t0"

    def __init__(self) -> None:
        self.refreshed = 0

    @property
    def valid(self) -> bool:
        return self.token is not None

    def refresh(self, _: t.Any, /) -> None:
        self.refreshed += 1
        self.token = f"t{self.refreshed}"

    def apply(self, headers: dict[str, str]) -> None:
        headers["authorization"] = f"Bearer {self.token}"


class Server:
    """A server on loopback that answers each connection with the next of given bytes, then closes it."""

    def __init__(self, answers: list[bytes]) -> None:
        self.requests: list[bytes] = []
        self._answers = answers
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        for answer in self._answers:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self.requests.append(connection.recv(65536))
                connection.sendall(answer)

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()


@contextmanager
def serving(*answers: bytes) -> Iterator[Server]:
    server = Server(list(answers))
    try:
        yield server
    finally:
        server.close()


def http(url: str, token: Token | None = None, *, timeout: float = 5) -> RequestsHttp:
    return RequestsHttp(token or Token(), GoogleSettings(key_file=Path("k"), endpoint=url, timeout=timeout))


def answer(status: str, body: bytes = b"{}", *headers: bytes) -> bytes:
    lines = [f"HTTP/1.1 {status}".encode(), b"Content-Length: %d" % len(body), b"Connection: close", *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def test_request_whose_answer_never_comes_is_sent_once() -> None:
    with serving(b"", answer("200 OK")) as server:
        with pytest.raises(Trouble) as caught:
            http(server.url).request(server.url, "POST", body=b"{}")

        assert len(server.requests) == 1
    assert (caught.value.sort, caught.value.maybe_done) == (Sort.TRANSIENT, True)


def test_answer_cut_in_its_body_may_be_done() -> None:
    with serving(answer("200 OK", b'{"updates": 1}')[:-5]) as server, pytest.raises(Trouble) as caught:
        http(server.url).request(server.url, "POST", body=b"{}")

    assert caught.value.maybe_done


def test_request_that_found_no_server_surely_had_no_effect() -> None:
    with serving() as server:
        url = server.url

    with pytest.raises(Trouble) as caught:
        http(url).request(url, "POST", body=b"{}")

    assert (caught.value.sort, caught.value.maybe_done) == (Sort.TRANSIENT, False)


def test_token_that_no_server_gave_is_told_in_words_for_people() -> None:
    class Away(Token):
        token = None

        def refresh(self, request: t.Any, /) -> None:
            request(url, "POST")

    with serving() as server:
        url = server.url

    with pytest.raises(Trouble) as caught:
        http(url, Away()).request(url)

    assert (caught.value.sort, caught.value.maybe_done) == (Sort.TRANSIENT, False)
    assert caught.value.message == "no hubo conexión con Google para pedir el permiso de acceso"
    assert caught.value.reason == "NewConnectionError"


def test_silent_server_is_given_up() -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/"

    with listening, pytest.raises(Trouble) as caught:
        http(url, timeout=0.2).request(url, "POST", body=b"{}")

    assert caught.value.maybe_done


def test_password_of_the_account_s_netrc_takes_no_token_s_place(tmp_path, monkeypatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine correo.example login otro password ajena\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    asked = requests.Request("GET", "https://correo.example/v1", headers={"Authorization": "Bearer t0"})

    prepared = _session(GoogleSettings(key_file=Path("k"))).prepare_request(asked)

    assert prepared.headers["Authorization"] == "Bearer t0"


def test_expired_token_is_replaced_once() -> None:
    token = Token()
    with serving(answer("401 Unauthorized"), answer("200 OK", b"[1]")) as server:
        status, body = http(server.url, token).request(server.url)

        assert (status.status, body, token.refreshed) == (200, b"[1]", 1)
        assert b"Bearer t1" in server.requests[1]


def test_token_refused_twice_is_an_answer() -> None:
    with serving(answer("401 Unauthorized"), answer("401 Unauthorized")) as server:
        assert http(server.url).request(server.url)[0].status == 401


def test_redirect_is_not_followed_with_the_token() -> None:
    with serving(answer("302 Found", b"", b"Location: http://127.0.0.1:9/robo")) as server:
        assert http(server.url).request(server.url)[0].status == 302


def test_environment_proxy_is_not_used_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with serving(answer("200 OK")) as server:
        assert http(server.url).request(server.url)[0].status == 200
