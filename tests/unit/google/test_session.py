"""The session: one retry layer, one token, bounded memory, against a real sandbox and broken sockets."""

from __future__ import annotations

import asyncio
import typing as t
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from copias.errors import BadConfiguration
from copias.google.bodies import IN_FLIGHT, ByteRoom
from copias.google.errors import (
    AccountMissing,
    AccountSuspended,
    GoogleBadRequest,
    GoogleMissing,
    GoogleRefused,
    GoogleUnavailable,
    MailNotEnabled,
)
from copias.google.scopes import GMAIL_READ, GMAIL_SEND
from copias.google.session import ApiCall
from copias_sandbox.seed.words import HELP_DESK

PROFILE = "gmail.users.getProfile"


def profile(**given: t.Any) -> ApiCall:
    base = {"method": PROFILE, "account": HELP_DESK, "scopes": (GMAIL_READ,), "what": "no se leyó el buzón"}
    return ApiCall(**{**base, "path": "gmail/v1/users/me/profile", **given})


def ask(sandbox, folder: Path, call: ApiCall, *, clock=None, **given: t.Any) -> t.Any:
    async def work() -> t.Any:
        async with sandbox.session(folder, clock=clock, **given) as session:
            return (await session.request(call)).value

    return asyncio.run(work())


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 429, "reason": "rateLimitExceeded"},
        {"kind": "status", "status": 403, "reason": "rateLimitExceeded"},
        {"kind": "status", "status": 403, "reason": "userRateLimitExceeded"},
        {"kind": "status", "status": 403, "reason": "backendError"},
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 502},
        {"kind": "status", "status": 503},
        {"kind": "status", "status": 504},
        {"kind": "lost"},
        {"kind": "reset"},
        {"kind": "truncated"},
    ],
    ids=lambda fault: f"{fault['kind']}{fault.get('status', '')}{fault.get('reason', '')}",
)
def test_what_passes_is_tried_again_until_it_answers(sandbox, tmp_path, hasty, fault) -> None:
    sandbox.admin.fault(method=PROFILE, times=3, **fault)

    assert ask(sandbox, tmp_path, profile(), clock=hasty)["emailAddress"] == HELP_DESK
    assert len(hasty.slept) <= 3
    assert hasty.slept == sorted(hasty.slept), "each wait is longer than the one before"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 403, "reason": "insufficientPermissions"}, GoogleRefused),
        ({"status": 403, "reason": "domainPolicy"}, GoogleRefused),
        ({"status": 403, "reason": "dailyLimitExceeded"}, GoogleRefused),
        ({"status": 404}, GoogleMissing),
        ({"status": 400, "reason": "badRequest"}, GoogleBadRequest),
    ],
)
def test_what_stays_is_tried_once(sandbox, tmp_path, fault, error) -> None:
    sandbox.admin.fault("status", PROFILE, times=0, **fault)

    with pytest.raises(error, match=HELP_DESK):
        ask(sandbox, tmp_path, profile())

    assert sandbox.count(PROFILE) == 1


def test_server_that_names_a_time_is_not_asked_before(sandbox, tmp_path, hasty) -> None:
    sandbox.admin.fault("status", PROFILE, status=503, retry_after=33)

    ask(sandbox, tmp_path, profile(), clock=hasty)

    assert hasty.slept == [33]


def test_attempts_are_bounded_and_the_error_says_what_to_do(sandbox, tmp_path) -> None:
    sandbox.admin.fault("status", PROFILE, status=503, times=0)

    with pytest.raises(GoogleUnavailable, match=r"no se leyó el buzón.*intente más tarde"):
        ask(sandbox, tmp_path, profile(), attempts=4)

    assert sandbox.count(PROFILE) == 4


def test_patience_is_not_spent_by_waiting_for_our_own_quota(sandbox, tmp_path) -> None:
    from copias.google.retry import Retry, Sort, Trouble

    now = [0.0]
    tries = Retry(attempts=9, patience=10, clock=lambda: now[0], jitter=lambda: 0).begin(what="x", whose="y")

    now[0] = 60.0
    tries.excuse(60.0)

    assert tries.wait_after(Trouble(Sort.TRANSIENT, "503", "down")) == 1


@pytest.mark.parametrize("kind", ["lost", "reset", "truncated"])
def test_call_that_may_be_done_is_not_repeated_when_twice_is_not_once(sandbox, tmp_path, kind) -> None:
    sandbox.admin.fault(kind, PROFILE)

    with pytest.raises(GoogleUnavailable) as caught:
        ask(sandbox, tmp_path, profile(repeatable=False, verb="GET"))

    assert caught.value.maybe_done


def test_call_that_surely_had_no_effect_is_repeated_even_so(sandbox, tmp_path) -> None:
    sandbox.admin.fault("status", PROFILE, status=429, reason="rateLimitExceeded")

    assert ask(sandbox, tmp_path, profile(repeatable=False))


def test_server_that_is_down_surely_did_nothing(sandbox, tmp_path) -> None:
    async def work() -> None:
        async with sandbox.session(tmp_path, attempts=2) as session:
            await session.request(profile())
            sandbox.admin.outage(mode="refuse")
            await session.request(profile(repeatable=False))

    try:
        with pytest.raises(GoogleUnavailable):
            asyncio.run(work())
    finally:
        sandbox.admin.clear_faults()


def test_one_token_serves_all_calls_that_wait_for_it(sandbox, tmp_path) -> None:
    async def work() -> None:
        async with sandbox.session(tmp_path) as session:
            await asyncio.gather(*(session.request(profile()) for _ in range(30)))

    sandbox.admin.fault("latency", "oauth.token", seconds=0.1)
    asyncio.run(work())

    assert (sandbox.count("oauth.token"), sandbox.count(PROFILE)) == (1, 30)


def test_revoked_token_is_replaced_once_by_all_who_notice(sandbox, tmp_path) -> None:
    async def work() -> None:
        async with sandbox.session(tmp_path) as session:
            await session.request(profile())
            sandbox.admin.revoke_tokens()
            await asyncio.gather(*(session.request(profile()) for _ in range(20)))

    asyncio.run(work())

    assert sandbox.count("oauth.token") == 2


def test_token_refused_again_at_once_is_a_failure(sandbox, tmp_path) -> None:
    sandbox.admin.fault("status", PROFILE, status=401, times=0)

    with pytest.raises(GoogleRefused):
        ask(sandbox, tmp_path, profile())

    assert sandbox.count(PROFILE) == 2


def test_token_endpoint_that_is_down_for_a_moment_is_asked_again(sandbox, tmp_path) -> None:
    sandbox.admin.fault("status", "oauth.token", status=503, times=2)

    assert ask(sandbox, tmp_path, profile(repeatable=False))


def test_missing_delegation_names_scope_client_number_and_page(sandbox, tmp_path) -> None:
    missing = "https://www.googleapis.com/auth/gmail.settings.basic"

    with pytest.raises(GoogleRefused) as caught:
        ask(sandbox, tmp_path, profile(scopes=(GMAIL_READ, missing, GMAIL_SEND)))

    repair = caught.value.repair
    assert missing in repair
    assert GMAIL_READ not in repair, "only what is missing is named"
    assert "100000000000000000001" in repair
    assert "Delegación de todo el dominio" in repair


def test_suspended_account_is_told_as_such(sandbox, tmp_path) -> None:
    sandbox.admin.request("POST", "/user", {"primaryEmail": HELP_DESK, "suspended": True})

    with pytest.raises(AccountSuspended, match=f"reactive la cuenta {HELP_DESK}.*Usuarios"):
        ask(sandbox, tmp_path, profile())


def test_account_that_does_not_exist_is_told_as_such(sandbox, tmp_path) -> None:
    with pytest.raises(AccountMissing, match=r"nadie@alcaldia\.example"):
        ask(sandbox, tmp_path, profile(account="nadie@alcaldia.example"))


def test_account_without_gmail_is_told_as_such(sandbox, tmp_path) -> None:
    sandbox.admin.user(HELP_DESK, isMailboxSetup=False)

    with pytest.raises(MailNotEnabled, match="licencia con Gmail"):
        ask(sandbox, tmp_path, profile())


def test_api_that_is_not_enabled_is_told_as_such(sandbox, tmp_path) -> None:
    sandbox.admin.fault("status", PROFILE, status=403, reason="accessNotConfigured")

    with pytest.raises(GoogleRefused, match="active la API gmail"):
        ask(sandbox, tmp_path, profile())


def test_https_endpoint_is_trusted_by_its_own_authority_only(sandbox, tmp_path) -> None:
    endpoint = f"https://127.0.0.1:{sandbox.running.tls}"

    assert ask(sandbox, tmp_path, profile(), endpoint=endpoint, ca_file=sandbox.running.ca)
    with pytest.raises(GoogleUnavailable):
        ask(sandbox, tmp_path, profile(), endpoint=endpoint, attempts=1)


def test_authority_that_cannot_be_read_is_a_fault_of_the_configuration(sandbox, tmp_path) -> None:
    with pytest.raises(BadConfiguration, match=r"google\.ca_file"):
        ask(sandbox, tmp_path, profile(), ca_file=tmp_path / "no.pem")


def test_compressed_answers_are_read(sandbox, tmp_path) -> None:
    assert ask(sandbox, tmp_path, profile(), compressed=True)["emailAddress"] == HELP_DESK


def test_environment_proxy_is_not_used_for_this_machine(sandbox, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    assert ask(sandbox, tmp_path, profile())


def test_address_of_another_server_never_gets_the_token(sandbox, tmp_path) -> None:
    with pytest.raises(GoogleBadRequest, match="otro servidor"):
        ask(sandbox, tmp_path, profile(path="http://127.0.0.1:9/robo"))


@asynccontextmanager
async def server(answer: Callable[[asyncio.StreamWriter], Coroutine[t.Any, t.Any, None]]) -> AsyncIterator[str]:
    """Answer each request on a connection by hand."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await answer(writer)
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"


def test_body_shorter_than_announced_is_no_answer(sandbox, tmp_path) -> None:
    tries = 0

    async def cut(writer: asyncio.StreamWriter) -> None:
        nonlocal tries
        tries += 1
        body = b'{"n": 1}' if tries > 2 else b'{"n": '
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\nConnection: close\r\n\r\n" + body)
        await writer.drain()

    async def work() -> t.Any:
        async with server(cut) as url, sandbox.session(tmp_path, endpoint=url) as session:
            return (await session.request(profile())).value

    assert asyncio.run(work()) == {"n": 1}
    assert tries == 3


def test_silent_server_is_given_up(sandbox, tmp_path) -> None:
    async def silent(_: asyncio.StreamWriter) -> None:
        await asyncio.sleep(1)

    async def work() -> None:
        async with server(silent) as url, sandbox.session(tmp_path, endpoint=url, timeout=0.2, attempts=1) as session:
            await session.request(profile())

    with pytest.raises(GoogleUnavailable) as caught:
        asyncio.run(work())
    assert caught.value.maybe_done


@pytest.mark.parametrize("says_length", [True, False], ids=["length", "chunks"])
def test_large_answers_are_worked_on_one_at_a_time(sandbox, tmp_path, says_length) -> None:
    body = b'"' + b"x" * (IN_FLIGHT - 2) + b'"'
    held = peak = 0

    async def large(writer: asyncio.StreamWriter) -> None:
        head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
        head += b"Content-Length: %d\r\n\r\n" % len(body) if says_length else b"\r\n"
        writer.write(head + body)
        await writer.drain()

    def read(content: bytes) -> int:
        nonlocal held, peak
        held += 1
        peak = max(peak, held)
        held -= 1
        return len(content)

    async def work() -> list[int]:
        async with server(large) as url, sandbox.session(tmp_path, endpoint=url) as session:
            answers = await asyncio.gather(*(session.request(profile(read=read)) for _ in range(6)))
            return [answer.value for answer in answers]

    assert asyncio.run(work()) == [IN_FLIGHT] * 6
    assert peak == 1


def test_room_for_bytes_is_given_in_order_and_never_exceeded() -> None:
    room, held, order = ByteRoom(100), [0], []

    async def use(name: int, amount: int) -> None:
        got = await room.reserve(amount)
        order.append(name)
        held[0] += got
        assert held[0] <= 100
        await asyncio.sleep(0)
        held[0] -= got
        room.release(got)

    async def work() -> None:
        await asyncio.gather(*(use(n, size) for n, size in enumerate([60, 60, 500, 10, 10, 90])))

    asyncio.run(work())

    assert order == sorted(order)


def test_cancelled_waiter_leaves_its_place() -> None:
    async def work() -> int:
        room = ByteRoom(10)
        await room.reserve(10)
        waiting = [asyncio.create_task(room.reserve(5)) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        room.release(10)
        waiting[1].cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        return await asyncio.wait_for(room.reserve(5), 1)

    assert asyncio.run(work()) == 5
