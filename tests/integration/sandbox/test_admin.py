"""The admin port by its client: accounts, consents, delegation, quota, clock, snapshot."""

from __future__ import annotations

import urllib.request
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import AuthorizedSession
from google.oauth2 import service_account

from copias.errors import BadInput
from copias_sandbox.seed.people import demo_requester
from copias_sandbox.seed.words import HELP_DESK

SCOPE = "https://www.googleapis.com/auth/"
READ = f"{SCOPE}gmail.readonly"
DIRECTORY = f"{SCOPE}admin.directory.user.readonly"
MARTA = demo_requester().email
CLIENT_ID = "100000000000000000001"
PROFILE = "gmail/v1/users/me/profile"


@pytest.fixture
def acting(running):
    """Give a session that acts for somebody."""

    def open_session(email: str, scope: str = READ) -> AuthorizedSession:
        made = service_account.Credentials.from_service_account_file(running.key, scopes=[scope], subject=email)
        return AuthorizedSession(made, max_refresh_attempts=0)

    return open_session


def user(running, acting, email: str) -> dict[str, Any]:
    answer = acting(HELP_DESK, DIRECTORY).get(f"{running.url}/admin/directory/v1/users/{email}", timeout=10)
    return answer.json() if answer.status_code == 200 else {"status": answer.status_code}


def test_suspended_account_is_closed_and_opens_again(running, admin, acting):
    session = acting(MARTA)
    assert session.get(f"{running.url}/{PROFILE}", timeout=10).status_code == 200

    assert admin.suspend(MARTA)["suspensionReason"] == "ADMIN"

    assert session.get(f"{running.url}/{PROFILE}", timeout=10).status_code == 401, "a token given before"
    with pytest.raises(RefreshError, match="Account has been disabled"):
        acting(MARTA).get(f"{running.url}/{PROFILE}", timeout=10)
    assert user(running, acting, MARTA)["suspended"] is True
    admin.reactivate(MARTA)
    assert acting(MARTA).get(f"{running.url}/{PROFILE}", timeout=10).status_code == 200


def test_deleted_account_is_gone_and_comes_back_with_its_mail(running, admin, acting):
    before = admin.mail(MARTA)
    gone = admin.delete_user(MARTA)

    assert "deletionTime" in gone
    with pytest.raises(RefreshError, match="Invalid email or User ID"):
        acting(MARTA).get(f"{running.url}/{PROFILE}", timeout=10)
    assert user(running, acting, MARTA) == {"status": 404}
    assert admin.undelete_user(MARTA)["primaryEmail"] == MARTA
    assert admin.mail(MARTA) == before


def test_deleted_account_is_lost_after_20_days(admin):
    admin.delete_user(MARTA)
    admin.advance_clock(20 * 86_400 + 1)

    with pytest.raises(BadInput, match="no deleted account"):
        admin.undelete_user(MARTA)


def test_account_that_does_not_exist_cannot_be_acted_on(admin):
    for act in (admin.suspend, admin.reactivate, admin.delete_user, admin.undelete_user):
        with pytest.raises(BadInput, match="nadie"):
            act("nadie@alcaldia.example")


def test_delegation_is_taken_away_and_given(running, admin, acting):
    admin.delegate(CLIENT_ID, [DIRECTORY])
    with pytest.raises(RefreshError, match="unauthorized_client"):
        acting(MARTA).get(f"{running.url}/{PROFILE}", timeout=10)

    admin.delegate(CLIENT_ID, [DIRECTORY, READ])
    assert acting(MARTA).get(f"{running.url}/{PROFILE}", timeout=10).status_code == 200


def visit(running, **changes: str) -> None:
    query = {
        "client_id": "100000000001-pruebas.apps.googleusercontent.com",
        "redirect_uri": "http://localhost:1234/",
        "response_type": "code",
        "scope": READ,
        "login_hint": MARTA,
        **changes,
    }
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opener.open(f"{running.url}/o/oauth2/v2/auth?{urlencode(query)}", timeout=10).close()


def test_consents_wait_and_are_given_denied_or_given_at_once(running, admin):
    visit(running)
    visit(running, state="segunda")
    first, second = admin.consents()
    assert (first["login_hint"], first["scope"]) == (MARTA, READ)

    assert admin.approve_consent(first["id"], MARTA).startswith("http://localhost:1234/?code=4%2F0")
    assert admin.deny_consent(second["id"]) == "http://localhost:1234/?state=segunda&error=access_denied"
    assert admin.consents() == []
    with pytest.raises(BadInput, match="no consent waits"):
        admin.approve_consent(first["id"], MARTA)
    admin.consent_at_once(MARTA)
    params = {"client_id": first["client_id"], "redirect_uri": "http://localhost:1234/", "response_type": "code"}
    answer = requests.get(
        f"{running.url}/o/oauth2/v2/auth", params={**params, "scope": READ}, allow_redirects=False, timeout=10
    )
    assert (answer.status_code, "code=4%2F0" in answer.headers["Location"]) == (302, True)


def test_quota_is_set_spent_and_refilled_by_the_clock(running, admin, acting):
    session = acting(MARTA)
    admin.quota_speed(0)
    admin.settings(quota={"gmail": {"tariff": "new", "per_user_minute": 2, "refusal": 429}})

    codes = [session.get(f"{running.url}/{PROFILE}", timeout=10).status_code for _ in range(3)]

    assert codes == [200, 200, 429]
    assert admin.quota_spent() == {"gmail": 2, f"gmail/{MARTA}": 2}
    admin.advance_clock(60)
    assert session.get(f"{running.url}/{PROFILE}", timeout=10).status_code == 200
    with pytest.raises(BadInput, match="tariff"):
        admin.settings(quota={"gmail": "barata"})


def test_snapshot_brings_everything_back(admin):
    admin.snapshot("antes")
    admin.suspend(MARTA)
    admin.deliver(MARTA, 3)
    changed = admin.mail(MARTA)

    admin.restore("antes")

    assert len(admin.mail(MARTA)) == len(changed) - 3
    assert admin.reactivate(MARTA)["suspended"] is False
    with pytest.raises(BadInput, match="no snapshot"):
        admin.restore("otra")


def test_reset_ends_quota_faults_clock_tokens_and_consents(running, admin, acting):
    session = acting(MARTA)
    session.get(f"{running.url}/{PROFILE}", timeout=10)
    visit(running)
    admin.settings(quota="google")
    admin.fault("status", "gmail.*", times=0)
    admin.advance_clock(86_400)
    admin.suspend(MARTA)

    admin.reset(cases=60)

    status = admin.request("GET", "/status")
    assert (status["quota"], status["faults"]) == ({"limits": {}, "tariffs": {}, "spent": {}}, [])
    assert admin.consents() == []
    assert abs(status["now"] - admin.advance_clock(0)["now"]) < 5
    assert session.get(f"{running.url}/{PROFILE}", timeout=10).status_code == 401, "an old token"
    assert acting(MARTA).get(f"{running.url}/{PROFILE}", timeout=10).status_code == 200


def test_admin_port_is_not_googles(running):
    for path in ("/status", "/reset", "/consents"):
        assert requests.get(running.url + path, timeout=10).status_code == 404
