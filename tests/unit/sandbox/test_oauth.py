"""The token endpoint and the tokens it gives."""

from __future__ import annotations

import base64
import time
import typing as t
from dataclasses import dataclass
from urllib.parse import urlencode

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from copias_sandbox.core.dispatch import Request
from copias_sandbox.local import DRIVE_SCOPE, SHEETS_SCOPE, LocalClient, LocalSheet
from copias_sandbox.oauth.accounts import Accounts
from copias_sandbox.oauth.keys import new_key

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ADMIN = "https://www.googleapis.com/auth/admin.directory.user.readonly"


def part(content) -> str:
    raw = content if isinstance(content, bytes) else orjson.dumps(content)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def signed(key, **changes):
    now = int(time.time())
    claims = {
        "iss": key["client_email"],
        "scope": SHEETS_SCOPE,
        "aud": "https://oauth2.googleapis.com/token",
        "iat": now,
        "exp": now + 3600,
    } | changes
    header = {"alg": "RS256", "typ": "JWT", "kid": key["private_key_id"]}
    text = f"{part(header)}.{part({name: value for name, value in claims.items() if value is not None})}"
    private = load_pem_private_key(key["private_key"].encode(), None)
    return f"{text}.{part(private.sign(text.encode(), PKCS1v15(), SHA256()))}"


def ask(google, assertion, grant=GRANT):
    body = urlencode({"grant_type": grant, "assertion": assertion}).encode()
    answer = google.dispatch(Request("127.0.0.1", "POST", "/token", {"host": "127.0.0.1:8080"}, body))
    return answer.status, orjson.loads(answer.body)


@pytest.fixture
def directory(google):
    accounts = Accounts(google.state)
    accounts.put_user({"primaryEmail": "ana@alcaldia.example", "suspended": False})
    accounts.put_user({"primaryEmail": "ido@alcaldia.example", "suspended": True})
    accounts.delegate("100000000000000000009", [SHEETS_SCOPE])
    return accounts


@pytest.mark.parametrize("audience", ["https://oauth2.googleapis.com/token", "http://127.0.0.1:8080/token"])
def test_good_grant_gets_a_token_that_works(google, key, audience):
    status, body = ask(google, signed(key, aud=audience))

    assert (status, body["token_type"], body["expires_in"]) == (200, "Bearer", 3599)
    headers = {"authorization": f"Bearer {body['access_token']}"}
    answer = google.dispatch(Request("sheets.googleapis.com", "POST", "/v4/spreadsheets", headers, b"{}"))
    assert answer.status == 200


def test_subject_is_who_the_token_acts_as(google, key, directory):
    _, body = ask(google, signed(key, sub="Ana@alcaldia.example"))

    headers = {"authorization": f"Bearer {body['access_token']}"}
    assert google.tokens.check(headers, "x").email == "ana@alcaldia.example"


@dataclass(frozen=True)
class Later:
    """So many seconds after the test begins, which may be long after it is collected."""

    seconds: int


def resolve(changes: dict[str, t.Any]) -> dict[str, t.Any]:
    now = int(time.time())
    return {name: now + value.seconds if isinstance(value, Later) else value for name, value in changes.items()}


@pytest.mark.parametrize(
    ("changes", "status", "error", "description"),
    [
        ({"iss": "otra@pruebas.example"}, 400, "invalid_grant", "account not found"),
        ({"exp": Later(7300)}, 400, "invalid_grant", "short-lived"),
        ({"exp": Later(-400), "iat": Later(-3000)}, 400, "invalid_grant", "short-lived"),
        ({"iat": Later(900), "exp": Later(1000)}, 400, "invalid_grant", "short-lived"),
        ({"iat": None}, 400, "invalid_grant", "short-lived"),
        ({"aud": "https://otro.example/token"}, 400, "invalid_grant", "audience"),
        ({"aud": ["https://oauth2.googleapis.com/token"]}, 400, "invalid_grant", "audience"),
        ({"scope": ""}, 400, "invalid_scope", "Invalid OAuth scope"),
        ({"scope": "todo"}, 400, "invalid_scope", "Invalid OAuth scope"),
        ({"sub": "nadie@alcaldia.example"}, 400, "invalid_grant", "Invalid email or User ID"),
        ({"sub": "ido@alcaldia.example"}, 400, "invalid_grant", "disabled"),
        (
            {"sub": "ana@alcaldia.example", "scope": f"{SHEETS_SCOPE} {ADMIN}"},
            401,
            "unauthorized_client",
            "not authorized",
        ),
    ],
)
def test_bad_grant_is_refused_in_googles_words(google, key, directory, changes, status, error, description):
    found, body = ask(google, signed(key, **resolve(changes)))

    assert (found, body["error"]) == (status, error)
    assert description in body["error_description"]


def test_signature_of_another_key_is_refused(google, key):
    stranger = new_key(key["client_email"], key["client_id"]) | {"private_key_id": key["private_key_id"]}

    assert ask(google, signed(stranger)) == (
        400,
        {"error": "invalid_grant", "error_description": "Invalid JWT Signature."},
    )


@pytest.mark.parametrize("assertion", ["", "a.b", "a.b.c", "e30.e30.e30", f"{part([])}.{part({})}.x", "ñ.ñ.ñ"])
def test_what_is_no_token_is_refused(google, assertion):
    status, body = ask(google, assertion)

    assert (status, body["error"]) == (400, "invalid_grant")


def test_unsigned_token_is_refused(google, key):
    claims = {"iss": key["client_email"], "scope": SHEETS_SCOPE}

    status, body = ask(google, f"{part({'alg': 'none'})}.{part(claims)}.")

    assert (status, body["error"]) == (400, "invalid_grant")


def test_other_grants_are_refused(google):
    assert ask(google, "x", grant="password")[1]["error"] == "unsupported_grant_type"


def reason(answer) -> tuple[int, str]:
    error = orjson.loads(answer.body)["error"]
    return answer.status, error["details"][0]["reason"]


def test_call_without_a_valid_token_is_401(google, client):
    request = Request("sheets.googleapis.com", "GET", "/v4/spreadsheets/x", {})
    assert reason(google.dispatch(request)) == (401, "CREDENTIALS_MISSING")

    client.token = "ya29.inventado"
    assert reason(client.send("GET", "/v4/spreadsheets/x")) == (401, "ACCESS_TOKEN_TYPE_UNSUPPORTED")


def test_token_expires_by_the_clock(google, client):
    google.clock.advance(3600)

    assert reason(client.send("GET", "/v4/spreadsheets/x")) == (401, "ACCESS_TOKEN_EXPIRED")


def test_revoked_token_is_401(google, client):
    assert google.tokens.revoke_all() == 1

    assert client.send("GET", "/v4/spreadsheets/x").status == 401


def test_scope_that_does_not_cover_the_method_is_403(google):
    reader = LocalClient(google, scopes=["https://www.googleapis.com/auth/spreadsheets.readonly"])

    answer = reader.send("POST", "/v4/spreadsheets", {})

    assert reason(answer) == (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT")
    assert orjson.loads(answer.body)["error"]["message"] == "Request had insufficient authentication scopes."


def test_self_signed_token_for_one_api_is_accepted(google, key):
    headers = {"authorization": f"Bearer {signed(key, aud='https://sheets.googleapis.com/', scope=None)}"}
    made = google.dispatch(Request("sheets.googleapis.com", "POST", "/v4/spreadsheets", headers, b"{}"))
    other = google.dispatch(Request("www.googleapis.com", "GET", "/drive/v3/files", headers))

    assert (made.status, other.status) == (200, 401)


def test_self_signed_token_may_call_drive_by_either_of_its_names(google, key):
    statuses = []
    for name in ("www", "drive", "gmail"):
        headers = {"authorization": f"Bearer {signed(key, aud=f'https://{name}.googleapis.com/', scope=None)}"}
        statuses.append(google.dispatch(Request("www.googleapis.com", "GET", "/drive/v3/files", headers)).status)

    assert statuses == [200, 200, 401]


def test_token_of_an_account_that_is_suspended_meanwhile_is_401_everywhere(google, directory):
    holder = LocalClient(google, "ana@alcaldia.example")
    assert holder.send("GET", "/drive/v3/files").status == 200

    directory.put_user({"primaryEmail": "ana@alcaldia.example", "suspended": True})

    assert reason(holder.send("POST", "/v4/spreadsheets", {})) == (401, "ACCOUNT_STATE_INVALID")
    assert holder.send("GET", "/drive/v3/files").status == 401


def test_document_not_shared_is_forbidden_and_shared_for_reading_is_not_for_writing(google, client, sheet):
    stranger = LocalSheet(LocalClient(google, "otro@alcaldia.example"))
    stranger.id = sheet.id

    assert stranger.values("GET", "A1")["error"]["code"] == 403
    body = {"type": "user", "role": "reader", "emailAddress": "otro@alcaldia.example"}
    client.ask("POST", f"/drive/v3/files/{sheet.id}/permissions", body)
    assert "error" not in stranger.values("GET", "A1")
    assert stranger.put("A1", [["x"]])["error"] == {
        "code": 403,
        "message": "The caller does not have permission",
        "status": "PERMISSION_DENIED",
    }


def test_drive_scope_is_enough_for_sheets(google):
    assert LocalClient(google, scopes=[DRIVE_SCOPE]).send("POST", "/v4/spreadsheets", {}).status == 200


def test_allowed_locations_are_answered(google):
    target = "/v1/projects/-/serviceAccounts/x@y.example/allowedLocations"

    assert google.dispatch(Request("iamcredentials.googleapis.com", "GET", target, {})).status == 200
