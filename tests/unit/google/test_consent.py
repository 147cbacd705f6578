"""A user's own consent, from the link to a token, against the sandbox."""

from __future__ import annotations

import asyncio
import json
import typing as t
import urllib.request
from dataclasses import replace
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from copias.errors import BadConfiguration, BadInput
from copias.google.consent import REDIRECT, SCOPES, ConsentDesk, open_desk
from copias.google.consent_file import ConsentFolder, open_consents, read_client
from copias.google.errors import AccountMissing, AccountSuspended, ConsentNeeded, GoogleRefused, GoogleUnavailable
from copias.google.gmail import Gmail
from copias.google.scopes import EMAIL, GMAIL_INSERT, GMAIL_READ
from copias.google.session import ApiCall
from copias_sandbox.seed.people import agents, demo_requester

MARTA = demo_requester().email
OTHER = agents()[0].email
CLIENT_ID = "100000000000000000001"


@pytest.fixture
def given(sandbox, tmp_path) -> dict[str, t.Any]:
    """Return the settings that take consents; delegation is refused."""
    sandbox.admin.delegate(CLIENT_ID, [])
    return {"oauth_client": sandbox.running.oauth_client, "consents": tmp_path / "consents"}


@pytest.fixture
def desk(sandbox, given) -> ConsentDesk:
    return open_desk(sandbox.settings(**given))


def visit(link: str) -> None:
    """Open a link as a browser would, up to Google's page."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(link, timeout=10) as page:
        assert page.status == 200


def agree(sandbox, link: str, *, as_: str = MARTA, scopes: t.Sequence[str] | None = None) -> str:
    """Open a link and consent; return the address at which the browser ends."""
    visit(link)
    return str(sandbox.admin.approve_consent(sandbox.admin.consents()[-1]["id"], as_, scopes=scopes))


def read_mailbox(sandbox, folder: Path, given: dict[str, t.Any], *, account: str = MARTA, **call: t.Any) -> t.Any:
    fields = {"method": "gmail.users.getProfile", "account": account, "scopes": (GMAIL_READ,), "what": "no se leyó"}
    wanted = ApiCall(**{**fields, "path": "gmail/v1/users/me/profile", **call})

    async def work() -> t.Any:
        async with sandbox.session(folder, **given) as session:
            return await asyncio.gather(*(session.request(wanted) for _ in range(8)))

    return asyncio.run(work())[0].value


def test_consent_opens_the_mailbox_without_delegation(sandbox, desk, given, tmp_path) -> None:
    consent = desk.finish(MARTA, agree(sandbox, desk.ask(MARTA)), by="alucia")

    assert (consent.account, consent.by, set(consent.scopes)) == (MARTA, "alucia", set(SCOPES))
    assert read_mailbox(sandbox, tmp_path, given)["emailAddress"] == MARTA


def test_consent_of_another_account_under_this_ones_name_opens_no_mailbox(sandbox, desk, given, tmp_path) -> None:
    consent = desk.finish(OTHER, agree(sandbox, desk.ask(OTHER), as_=OTHER), by="alucia")
    desk.folder.keep(replace(consent, account=MARTA))

    async def work() -> None:
        async with sandbox.session(tmp_path, **given) as session:
            await Gmail(session, MARTA, (GMAIL_READ,)).profile()

    with pytest.raises(GoogleRefused, match=f"otra cuenta.*{OTHER}"):
        asyncio.run(work())


def test_token_is_refreshed_once_for_all_who_wait(sandbox, desk, given, tmp_path) -> None:
    desk.finish(MARTA, agree(sandbox, desk.ask(MARTA)), by="alucia")
    sandbox.admin.clear_calls()

    read_mailbox(sandbox, tmp_path, given)

    assert sandbox.count("gmail.users.getProfile") == 8
    assert sandbox.count("oauth.token") == 1


def test_link_asks_for_the_least_and_ties_the_answer_to_itself(desk, sandbox) -> None:
    links = [desk.ask(MARTA) for _ in range(2)]

    first, second = ({name: one[0] for name, one in parse_qs(urlsplit(link).query).items()} for link in links)
    assert first["scope"] == f"{GMAIL_READ} {EMAIL}"
    assert (first["login_hint"], first["redirect_uri"]) == (MARTA, REDIRECT)
    assert (first["access_type"], first["code_challenge_method"]) == ("offline", "S256")
    assert first["state"] != second["state"]
    assert first["code_challenge"] != second["code_challenge"]


def test_files_are_for_us_only_and_hold_the_verifier_no_longer_than_needed(sandbox, desk, given) -> None:
    link = desk.ask(MARTA)
    folder = given["consents"]
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {f"{MARTA}.asked": 0o600}

    desk.finish(MARTA, agree(sandbox, link), by="alucia")

    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {f"{MARTA}.json": 0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_answer_of_another_account_is_refused_and_let_go(sandbox, desk, given) -> None:
    address = agree(sandbox, desk.ask(MARTA), as_=OTHER)

    with pytest.raises(BadInput, match=f"otra cuenta.*{OTHER}.*incógnito"):
        desk.finish(MARTA, address, by="alucia")

    assert desk.folder.every() == []
    assert sandbox.count("oauth.revoke") == 1


def test_answer_of_an_account_with_a_consent_of_its_own_does_not_end_that(sandbox, desk, given, tmp_path) -> None:
    desk.finish(OTHER, agree(sandbox, desk.ask(OTHER), as_=OTHER), by="alucia")

    with pytest.raises(BadInput, match="otra cuenta"):
        desk.finish(MARTA, agree(sandbox, desk.ask(MARTA), as_=OTHER), by="alucia")

    assert sandbox.count("oauth.revoke") == 0
    assert read_mailbox(sandbox, tmp_path, given, account=OTHER)["emailAddress"] == OTHER


@pytest.mark.parametrize("scopes", [[EMAIL], [GMAIL_READ]])
def test_box_left_unticked_is_told_and_the_rest_let_go(sandbox, desk, scopes) -> None:
    address = agree(sandbox, desk.ask(MARTA), scopes=scopes)

    with pytest.raises(ConsentNeeded, match="todas las casillas"):
        desk.finish(MARTA, address, by="alucia")

    assert desk.folder.every() == []
    assert sandbox.count("oauth.revoke") == 1


def test_refusal_is_told_as_such(sandbox, desk) -> None:
    visit(desk.ask(MARTA))
    address = sandbox.admin.deny_consent(sandbox.admin.consents()[-1]["id"])

    with pytest.raises(ConsentNeeded, match="no aceptó"):
        desk.finish(MARTA, address, by="alucia")


def test_answer_to_an_older_link_is_refused(sandbox, desk) -> None:
    address = agree(sandbox, desk.ask(MARTA))
    desk.ask(MARTA)

    with pytest.raises(BadInput, match="otro enlace"):
        desk.finish(MARTA, address, by="alucia")

    assert sandbox.count("oauth.token") == 0, "no code is sent that answers no question of ours"


def test_answer_that_was_used_before_says_what_to_do(sandbox, desk) -> None:
    address = agree(sandbox, desk.ask(MARTA))
    asked = desk.folder.asked(MARTA)
    desk.finish(MARTA, address, by="alucia")
    desk.folder.ask(asked)

    with pytest.raises(ConsentNeeded, match="antes de diez minutos"):
        desk.finish(MARTA, address, by="alucia")


def test_answer_that_came_too_late_says_what_to_do(sandbox, desk) -> None:
    address = agree(sandbox, desk.ask(MARTA))
    sandbox.admin.advance_clock(700)

    with pytest.raises(ConsentNeeded, match="antes de diez minutos"):
        desk.finish(MARTA, address, by="alucia")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "hola",
        "http://[",
        "https://127.0.0.1:48127/?code=x&state={state}",
        "http://127.0.0.1:48127.otro.example/?code=x&state={state}",
        "http://otro.example/?code=x&state={state}",
        "http://127.0.0.1:48127/?state={state}",
    ],
)
def test_what_is_not_where_the_browser_ended_is_refused(desk, address) -> None:
    state = parse_qs(urlsplit(desk.ask(MARTA)).query)["state"][0]

    with pytest.raises(BadInput, match="no es la dirección en que terminó"):
        desk.finish(MARTA, address.format(state=state), by="alucia")


def test_nobody_was_asked(desk) -> None:
    with pytest.raises(BadInput, match=f"copias consent {MARTA}"):
        desk.finish(MARTA, f"{REDIRECT}?{urlencode({'code': 'x', 'state': 'y'})}", by="alucia")


@pytest.mark.parametrize("account", ["../../etc/passwd", "Ana@x.example", "ana", "a/b@x.example", "a\n@x.example"])
def test_only_an_address_names_a_file(desk, account) -> None:
    with pytest.raises(BadInput, match="no es la dirección de una cuenta"):
        desk.ask(account)


def test_consent_taken_back_by_its_owner_is_told_with_what_to_do(sandbox, desk, given, tmp_path) -> None:
    desk.finish(MARTA, agree(sandbox, desk.ask(MARTA)), by="alucia")
    assert sandbox.admin.revoke_consents(MARTA) == 1

    with pytest.raises(ConsentNeeded, match=f"expired or revoked.*copias consent {MARTA}"):
        read_mailbox(sandbox, tmp_path, given)


def test_suspended_account_is_told_as_such_even_with_a_consent(sandbox, desk, given, tmp_path) -> None:
    desk.finish(MARTA, agree(sandbox, desk.ask(MARTA)), by="alucia")
    sandbox.admin.suspend(MARTA)

    with pytest.raises(AccountSuspended, match=f"reactive la cuenta {MARTA}"):
        read_mailbox(sandbox, tmp_path, given)
    sandbox.admin.reactivate(MARTA)
    assert read_mailbox(sandbox, tmp_path, given)["emailAddress"] == MARTA


def test_deleted_account_is_told_as_such_even_with_a_consent(sandbox, desk, given, tmp_path) -> None:
    desk.finish(MARTA, agree(sandbox, desk.ask(MARTA)), by="alucia")
    sandbox.admin.delete_user(MARTA)

    with pytest.raises(AccountMissing, match=MARTA):
        read_mailbox(sandbox, tmp_path, given)


def test_what_a_consent_does_not_cover_goes_by_delegation(sandbox, desk, given, tmp_path) -> None:
    desk.finish(MARTA, agree(sandbox, desk.ask(MARTA)), by="alucia")
    insert = {"scopes": (GMAIL_READ, GMAIL_INSERT)}

    with pytest.raises(GoogleRefused, match="Delegación de todo el dominio"):
        read_mailbox(sandbox, tmp_path, given, **insert)

    sandbox.admin.delegate(CLIENT_ID, insert["scopes"])
    assert read_mailbox(sandbox, tmp_path, given, **insert)["emailAddress"] == MARTA


def test_given_back_consent_ends_at_google_and_here(sandbox, desk, given, tmp_path) -> None:
    desk.finish(MARTA, agree(sandbox, desk.ask(MARTA)), by="alucia")

    desk.revoke(MARTA)

    assert desk.folder.every() == []
    assert sandbox.admin.revoke_consents(MARTA) == 0, "Google knows it too"
    with pytest.raises(BadInput, match="copias consent list"):
        desk.revoke(MARTA)


def test_consent_stays_here_while_google_cannot_be_told(sandbox, given) -> None:
    desk = open_desk(sandbox.settings(**given, attempts=1))
    desk.finish(MARTA, agree(sandbox, desk.ask(MARTA)), by="alucia")
    sandbox.admin.fault("status", "oauth.revoke", status=503, times=0)

    with pytest.raises(GoogleUnavailable):
        desk.revoke(MARTA)

    assert [consent.account for consent in desk.folder.every()] == [MARTA]


def test_deployment_without_a_client_takes_no_consents(sandbox, tmp_path) -> None:
    assert open_consents(sandbox.settings(consents=tmp_path)) is None
    with pytest.raises(BadConfiguration, match=r"google\.oauth_client"):
        open_desk(sandbox.settings())


@pytest.mark.parametrize(
    ("content", "mode", "why"),
    [
        ("{", 0o600, "no es un objeto JSON"),
        ("{}", 0o600, "App de escritorio"),
        ('{"web": {"client_id": "x"}}', 0o600, "App de escritorio"),
        ('{"installed": {"client_id": "secreto-1"}}', 0o600, "App de escritorio"),
        (
            json.dumps({"installed": dict.fromkeys(("client_id", "client_secret", "auth_uri"), "secreto-1")
                        | {"token_uri": "http://otro.example/token"}}),
            0o600,
            "https",
        ),
        (
            json.dumps({"installed": dict.fromkeys(("client_id", "client_secret"), "secreto-1")
                        | dict.fromkeys(("auth_uri", "token_uri"), "http://localhost:x@otro.example/")}),
            0o600,
            "https",
        ),
        ("{}", 0o640, "otras cuentas"),
    ],
)  # fmt: skip
def test_client_file_that_cannot_be_used_says_why_and_nothing_of_its_content(tmp_path, content, mode, why) -> None:
    path = tmp_path / "client.json"
    path.write_text(content)
    path.chmod(mode)

    with pytest.raises(BadConfiguration, match=why) as caught:
        read_client(path)

    assert "secreto-1" not in str(caught.value)


def test_consent_that_others_can_read_is_not_used(sandbox, desk, given) -> None:
    desk.finish(MARTA, agree(sandbox, desk.ask(MARTA)), by="alucia")
    (given["consents"] / f"{MARTA}.json").chmod(0o644)

    with pytest.raises(BadConfiguration, match="chmod 600"):
        ConsentFolder(given["consents"]).find(MARTA)


def test_out_of_band_address_is_refused_by_google(sandbox, desk) -> None:
    link = desk.ask(MARTA).replace(urlencode({"r": REDIRECT})[2:], "urn%3Aietf%3Awg%3Aoauth%3A2.0%3Aoob")

    with pytest.raises(HTTPError) as caught:
        visit(link)

    assert caught.value.code == 400
