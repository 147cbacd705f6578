"""Google's own libraries, unmodified, for who is who: consent flow, refresh, self-signed tokens, discovery."""

from __future__ import annotations

import pytest
import requests
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import AuthorizedSession, Request
from google.oauth2 import service_account
from google.oauth2.credentials import Credentials
from google_auth_oauthlib.flow import Flow

from copias_sandbox.seed.people import demo_requester

SCOPE = "https://www.googleapis.com/auth/"
SCOPES = [f"{SCOPE}gmail.readonly", f"{SCOPE}userinfo.email"]
MARTA = demo_requester().email
BACK = "http://localhost:8080/"


@pytest.fixture
def consented(running, admin, monkeypatch) -> Credentials:
    """Go through Google's own flow, with PKCE, as an installed program does."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    admin.consent_at_once(MARTA)
    flow = Flow.from_client_secrets_file(
        running.oauth_client, SCOPES, redirect_uri=BACK, autogenerate_code_verifier=True
    )
    link, _ = flow.authorization_url(access_type="offline", prompt="consent", login_hint=MARTA)
    with requests.Session() as browser:
        browser.trust_env = False
        location = browser.get(link, allow_redirects=False, timeout=10).headers["Location"]
    flow.fetch_token(authorization_response=location)
    return flow.credentials


def profile(running, credentials) -> requests.Response:
    session = AuthorizedSession(credentials, max_refresh_attempts=1)
    return session.get(f"{running.url}/gmail/v1/users/me/profile", timeout=10)


def test_googles_own_flow_ends_in_credentials_that_work(running, consented):
    assert consented.refresh_token.startswith("1//")
    assert profile(running, consented).json()["emailAddress"] == MARTA


def test_expired_token_is_refreshed_by_googles_library(running, admin, consented):
    before = consented.token
    admin.advance_clock(3700)

    assert profile(running, consented).status_code == 200
    assert consented.token != before


def test_consent_taken_back_is_told_by_googles_library(running, admin, consented):
    admin.revoke_consents(MARTA)

    with pytest.raises(RefreshError, match="Token has been expired or revoked"):
        consented.refresh(Request())


def test_token_info_says_what_was_consented_to(running, consented):
    found = requests.post(f"{running.url}/oauth2/v2/tokeninfo", params={"access_token": consented.token}, timeout=10)

    assert found.json()["email"] == MARTA
    assert set(found.json()["scope"].split()) == set(SCOPES)


def test_self_signed_token_of_googles_library_opens_the_api_that_it_names(running, admin, through_proxy):
    made = service_account.Credentials.from_service_account_file(running.key, always_use_jwt_access=True)
    made = made.with_scopes([f"{SCOPE}spreadsheets"])
    made._create_self_signed_jwt("https://sheets.googleapis.com/")

    answer = AuthorizedSession(made).get(
        f"https://sheets.googleapis.com/v4/spreadsheets/{running.spreadsheet}", params={"fields": "spreadsheetId"}
    )

    assert answer.json() == {"spreadsheetId": running.spreadsheet}
    assert admin.calls("oauth.token") == []


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://gmail.googleapis.com/$discovery/rest?version=v1", "gmail"),
        ("https://admin.googleapis.com/$discovery/rest?version=directory_v1", "admin"),
        ("https://www.googleapis.com/discovery/v1/apis/drive/v3/rest", "drive"),
        ("https://www.googleapis.com/discovery/v1/apis/oauth2/v2/rest", "oauth2"),
    ],
)
def test_discovery_documents_come_through_the_proxy(through_proxy, address, name):
    assert requests.get(address, timeout=10).json()["name"] == name


def test_date_of_the_server_is_told(through_proxy):
    assert requests.head("https://admin.googleapis.com/", timeout=10).headers["Date"].endswith("GMT")
