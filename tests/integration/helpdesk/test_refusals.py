"""When Google does not answer or does not allow: which error, and what it tells the agent to do."""

from __future__ import annotations

import json
import os
import time
import typing as t
from pathlib import Path

import pytest

from copias.errors import BadConfiguration, HelpDeskUnavailable, NotReady
from copias.google import GoogleSettings
from copias.helpdesk import WriteUncertain, open_help_desk

if t.TYPE_CHECKING:
    from tests.integration.helpdesk.conftest import Town

BATCH_GET = "sheets.spreadsheets.values.batchGet"


def test_short_outage_is_sat_out(town: Town) -> None:
    town.admin.fault("status", BATCH_GET, status=503, times=2)

    assert town.desk().cases().cases
    assert town.count("values.batchGet") == 3


@pytest.mark.parametrize("kind", ["lost", "reset", "truncated"])
def test_read_whose_answer_is_lost_is_repeated(town: Town, kind: str) -> None:
    town.admin.fault(kind, BATCH_GET)

    assert town.desk().cases().cases


@pytest.mark.parametrize("mode", ["503", "refuse"])
def test_long_outage_is_try_later(town: Town, mode: str) -> None:
    desk = town.desk(attempts=2)
    desk.cases()
    town.admin.outage(mode=mode)

    with pytest.raises(HelpDeskUnavailable) as caught:
        desk.cases()

    town.admin.clear_faults()
    assert (caught.value.exit_code, caught.value.transient) == (75, True)
    assert not isinstance(caught.value, WriteUncertain)
    assert desk.cases().cases


def test_quota_of_the_minute_is_waited_for_as_asked(town: Town) -> None:
    town.admin.fault("status", BATCH_GET, status=429, reason="rateLimitExceeded", retry_after=2)
    start = time.monotonic()

    town.desk().cases()

    assert time.monotonic() - start >= 2


def test_longer_wait_than_we_have_patience_for_ends_at_once(town: Town) -> None:
    town.admin.fault("status", BATCH_GET, status=429, reason="rateLimitExceeded", retry_after=3600)
    start = time.monotonic()

    with pytest.raises(HelpDeskUnavailable):
        town.desk().cases()

    assert time.monotonic() - start < 60


def test_sheet_that_is_not_shared_names_the_account_to_share_it_with(town: Town) -> None:
    desk = town.desk()
    town.admin.share(town.running.spreadsheet, desk.account, "none")

    with pytest.raises(NotReady) as caught:
        desk.cases()

    assert desk.account in caught.value.repair
    assert "editor" in caught.value.repair
    assert caught.value.exit_code == 3


def test_sheet_shared_for_reading_only_refuses_the_append(town: Town, response: t.Any) -> None:
    desk = town.desk()
    town.admin.share(town.running.spreadsheet, desk.account, "reader")

    desk.cases()
    with pytest.raises(NotReady, match=desk.account):
        desk.append_response(response())


def test_unknown_spreadsheet_names_the_setting(town: Town) -> None:
    with pytest.raises(NotReady, match=r"no existe o no se puede ver.*help_desk en copias\.yml"):
        town.desk(spreadsheet="1noexiste").cases()


def test_revoked_token_is_replaced_in_silence(town: Town) -> None:
    desk = town.desk()
    desk.cases()
    town.admin.revoke_tokens()

    assert desk.cases().cases


def test_refused_token_names_the_account(town: Town, tmp_path: Path) -> None:
    key = json.loads(Path(town.running.key).read_text())
    key["private_key"] = _other_private_key()
    path = tmp_path / "key.json"
    path.write_text(json.dumps(key))
    path.chmod(0o600)
    google = GoogleSettings(key_file=path, endpoint=town.running.url, attempts=2)

    with pytest.raises(NotReady, match="invalid_grant") as caught:
        open_help_desk(town.settings(), google).cases()

    assert key["client_email"] in caught.value.repair
    assert "PRIVATE" not in str(caught.value)


def test_account_that_may_not_be_acted_for(town: Town) -> None:
    google = GoogleSettings(
        key_file=Path(town.running.key), endpoint=town.running.url, subject="nadie@alcaldia.example", attempts=2
    )

    with pytest.raises(NotReady, match=r"invalid_grant|unauthorized_client"):
        open_help_desk(town.settings(), google).cases()


def test_api_that_is_not_enabled_says_so(town: Town) -> None:
    town.admin.fault("status", "sheets.*", status=403, reason="accessNotConfigured")

    with pytest.raises(NotReady, match="active la API sheets"):
        town.desk().cases()


def test_page_of_a_proxy_instead_of_an_answer_is_try_later(town: Town) -> None:
    town.admin.fault("status", BATCH_GET, status=502, times=0)

    with pytest.raises(HelpDeskUnavailable):
        town.desk(attempts=2).cases()


def test_key_file_is_checked_before_any_call(town: Town, tmp_path: Path) -> None:
    google = GoogleSettings(key_file=tmp_path / "nada.json", endpoint=town.running.url)

    with pytest.raises(BadConfiguration):
        open_help_desk(town.settings(), google)

    assert town.admin.calls() == []


def test_opening_calls_nobody(town: Town) -> None:
    town.desk()

    assert town.admin.calls() == []


def test_no_secret_reaches_the_environment(town: Town) -> None:
    town.desk().cases()

    private = json.loads(Path(town.running.key).read_text())["private_key"]
    assert all(private not in value for value in os.environ.values())


def _other_private_key() -> str:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
