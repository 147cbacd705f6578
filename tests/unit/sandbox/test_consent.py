"""A person's own consent: asked for, given, exchanged, refreshed, expired, taken back."""

from __future__ import annotations

import base64
import hashlib
import typing as t
from urllib.parse import parse_qs, urlencode, urlsplit

import orjson
import pytest

from copias_sandbox.core.dispatch import Request
from copias_sandbox.local import LocalClient
from copias_sandbox.oauth.accounts import Accounts
from copias_sandbox.oauth.clients import OAuthClients
from copias_sandbox.oauth.consents import Consents
from copias_sandbox.rooms.directory.people import People

ANA = "ana@alcaldia.example"
GMAIL = "https://www.googleapis.com/auth/gmail.readonly"
EMAIL = "https://www.googleapis.com/auth/userinfo.email"
BACK = "http://127.0.0.1:4567/"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


@pytest.fixture
def consents(google) -> Consents:
    Accounts(google.state).put_user({"primaryEmail": ANA, "id": "1001", "name": {"fullName": "Ana P"}})
    return Consents(google.state, google.clock)


@pytest.fixture
def oauth_client(google):
    return OAuthClients(google.state).ensure()


def send(google, verb: str, target: str, form: dict[str, t.Any] | None = None, **headers: str):
    body = urlencode(form or {}).encode()
    return google.dispatch(Request("127.0.0.1", verb, target, {"host": "127.0.0.1:8080", **headers}, body))


def visit(google, oauth_client, **changes: t.Any):
    """Go where a browser is sent to; return Google's answer."""
    asked = {
        "client_id": oauth_client.client_id,
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": f"{GMAIL} {EMAIL}",
        "state": "s-1",
        "access_type": "offline",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    query = {name: value for name, value in asked.items() if value is not None}
    return send(google, "GET", f"/o/oauth2/v2/auth?{urlencode(query)}")


def approve(google, consents, oauth_client, *, scopes=None, **changes: t.Any) -> dict[str, str]:
    """Visit, let Ana consent, and return the fields of the address at which her browser ends."""
    assert visit(google, oauth_client, **changes).status == 200
    with google.state.transaction():
        location = consents.approve(consents.pending()[0]["id"], ANA, scopes=scopes)
    assert location.startswith(BACK)
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def exchange(google, oauth_client, code: str, **changes: t.Any):
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": oauth_client.client_id,
        "client_secret": oauth_client.client_secret,
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
        **changes,
    }
    answer = send(google, "POST", "/token", {name: value for name, value in form.items() if value is not None})
    return answer.status, orjson.loads(answer.body)


def refresh(google, oauth_client, token: str, **changes: str):
    form = {
        "grant_type": "refresh_token",
        "refresh_token": token,
        "client_id": oauth_client.client_id,
        "client_secret": oauth_client.client_secret,
        **changes,
    }
    answer = send(google, "POST", "/token", form)
    return answer.status, orjson.loads(answer.body)


@pytest.fixture
def given(google, consents, oauth_client) -> dict[str, t.Any]:
    """Return the tokens of a consent that was given."""
    status, body = exchange(google, oauth_client, approve(google, consents, oauth_client)["code"])
    assert status == 200
    return body


def profile(google, token: str) -> int:
    answer = send(google, "GET", "/gmail/v1/users/me/profile", authorization=f"Bearer {token}")
    return int(answer.status)


def test_consent_becomes_tokens_that_work_for_whoever_gave_it(google, given):
    assert given["token_type"] == "Bearer"
    assert set(given["scope"].split()) == {GMAIL, EMAIL}
    assert given["refresh_token"].startswith("1//")
    answer = send(google, "GET", "/gmail/v1/users/me/profile", authorization=f"Bearer {given['access_token']}")
    assert orjson.loads(answer.body)["emailAddress"] == ANA


def test_answer_carries_the_state_of_the_request(google, consents, oauth_client):
    assert approve(google, consents, oauth_client, state="x y/z")["state"] == "x y/z"


def test_denial_is_told_to_the_program(google, consents, oauth_client):
    visit(google, oauth_client)

    assert consents.deny(consents.pending()[0]["id"]) == f"{BACK}?state=s-1&error=access_denied"
    assert consents.pending() == []


def test_who_consents_at_once_is_sent_back_without_the_admin_port(google, consents, oauth_client):
    google.state.put("consent_auto", "default", {"email": ANA, "scopes": None})

    answer = visit(google, oauth_client)

    assert answer.status == 302
    assert answer.header("Location").startswith(f"{BACK}?state=s-1&code=4%2F0")


def test_plan_for_an_account_that_is_gone_shows_a_page(google, oauth_client):
    google.state.put("consent_auto", "default", {"email": "nadie@alcaldia.example"})

    assert visit(google, oauth_client).status == 400


@pytest.mark.parametrize(
    ("changes", "status", "word"),
    [
        ({"client_id": "otro"}, 401, "invalid_client"),
        ({"redirect_uri": "https://otro.example/"}, 400, "redirect_uri_mismatch"),
        ({"redirect_uri": "http://127.0.0.1.otro.example/"}, 400, "redirect_uri_mismatch"),
        ({"redirect_uri": "http://["}, 400, "redirect_uri_mismatch"),
        ({"redirect_uri": "urn:ietf:wg:oauth:2.0:oob"}, 400, "invalid_request"),
        ({"response_type": "token"}, 400, "invalid_request"),
        ({"scope": None}, 400, "invalid_request"),
    ],
)
def test_bad_request_shows_a_page_and_sends_the_browser_nowhere(google, oauth_client, changes, status, word):
    answer = visit(google, oauth_client, **changes)

    assert answer.status == status
    assert word in answer.body.decode()
    assert answer.header("Location") == ""


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"code": "4/0inventado"}, 400, "invalid_grant"),
        ({"redirect_uri": "http://127.0.0.1:1/"}, 400, "redirect_uri_mismatch"),
        ({"code_verifier": "w" * 43}, 400, "invalid_grant"),
        ({"code_verifier": None}, 400, "invalid_grant"),
        ({"client_secret": "otro"}, 401, "invalid_client"),
        ({"client_id": "otro"}, 401, "invalid_client"),
    ],
)
def test_code_of_another_request_is_refused(google, consents, oauth_client, changes, status, error):
    code = approve(google, consents, oauth_client)["code"]

    found, body = exchange(google, oauth_client, **{"code": code, **changes})

    assert (found, body["error"]) == (status, error)


def test_code_works_once(google, consents, oauth_client):
    code = approve(google, consents, oauth_client)["code"]

    assert [exchange(google, oauth_client, code)[0] for _ in range(2)] == [200, 400]


def test_code_expires_by_the_clock(google, consents, oauth_client):
    code = approve(google, consents, oauth_client)["code"]
    google.clock.advance(601)

    assert exchange(google, oauth_client, code)[1]["error"] == "invalid_grant"


def test_online_access_gives_no_refresh_token(google, consents, oauth_client):
    code = approve(google, consents, oauth_client, access_type=None)["code"]

    assert "refresh_token" not in exchange(google, oauth_client, code)[1]


def test_person_may_give_less_than_was_asked_for(google, consents, oauth_client):
    code = approve(google, consents, oauth_client, scopes=[EMAIL])["code"]

    body = exchange(google, oauth_client, code)[1]

    assert body["scope"] == EMAIL
    assert profile(google, body["access_token"]) == 403


def test_expired_token_is_refreshed(google, oauth_client, given):
    google.clock.advance(3600)
    assert profile(google, given["access_token"]) == 401

    status, body = refresh(google, oauth_client, given["refresh_token"])

    assert status == 200
    assert "refresh_token" not in body
    assert profile(google, body["access_token"]) == 200


@pytest.mark.parametrize("which", ["refresh_token", "access_token"])
def test_revoking_either_token_ends_the_consent(google, oauth_client, given, which):
    assert send(google, "POST", "/revoke", {"token": given[which]}).status == 200

    assert profile(google, given["access_token"]) == 401
    assert refresh(google, oauth_client, given["refresh_token"]) == (
        400,
        {"error": "invalid_grant", "error_description": "Token has been expired or revoked."},
    )


def test_unknown_token_cannot_be_revoked(google):
    answer = send(google, "POST", "/revoke?token=inventado")

    assert (answer.status, orjson.loads(answer.body)["error"]) == (400, "invalid_token")


def test_refresh_asks_for_no_more_than_was_given(google, oauth_client, given):
    assert refresh(google, oauth_client, given["refresh_token"], scope=EMAIL)[1]["scope"] == EMAIL
    wider = "https://mail.google.com/"
    assert refresh(google, oauth_client, given["refresh_token"], scope=wider)[1]["error"] == "invalid_scope"


@pytest.mark.parametrize(
    ("act", "text"), [("suspend", "Account has been disabled"), ("delete", "Account has been deleted")]
)
def test_account_that_does_not_work_gives_no_token(google, oauth_client, given, act, text):
    people = People(google.state, google.clock)
    user = people.find(ANA)
    assert user is not None
    getattr(people, act)(user)

    assert refresh(google, oauth_client, given["refresh_token"]) == (
        400,
        {"error": "invalid_grant", "error_description": text},
    )


def test_token_info_tells_scope_audience_and_address(google, oauth_client, given):
    target = f"/oauth2/v2/tokeninfo?access_token={given['access_token']}"
    body = orjson.loads(send(google, "POST", target).body)
    newer = orjson.loads(send(google, "GET", f"/tokeninfo?access_token={given['access_token']}").body)

    assert (body["email"], body["audience"], body["expires_in"] > 3500) == (ANA, oauth_client.client_id, True)
    assert set(body["scope"].split()) == {GMAIL, EMAIL}
    assert (newer["email"], newer["aud"], newer["email_verified"]) == (ANA, oauth_client.client_id, "true")
    google.clock.advance(3600)
    gone = send(google, "POST", target)
    assert (gone.status, orjson.loads(gone.body)["error"]) == (400, "invalid_token")


def test_user_info_tells_what_the_scopes_reach(google, consents):
    def ask(*scopes: str):
        token = LocalClient(google, ANA, scopes=scopes).token
        answer = send(google, "GET", "/oauth2/v2/userinfo", authorization=f"Bearer {token}")
        return answer.status, orjson.loads(answer.body)

    assert ask(EMAIL) == (200, {"id": "1001", "email": ANA, "verified_email": True, "hd": "alcaldia.example"})
    assert ask("openid", "profile")[1]["name"] == "Ana P"
    assert ask(GMAIL)[0] == 401


def test_no_token_and_no_code_is_kept_in_clear(google, consents, oauth_client, given):
    kept = "".join(key + repr(body) for key, body in google.state.connection.execute("SELECT key, body FROM document"))

    for secret in (given["access_token"], given["refresh_token"]):
        assert secret not in kept
