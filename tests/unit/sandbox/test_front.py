"""What clients ask beside the APIs: discovery documents, a date, the state of a key."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import orjson
import pytest

from copias_sandbox.core.discovery import load_api
from copias_sandbox.core.dispatch import Request


def send(google, host: str, target: str, verb: str = "GET"):
    return google.dispatch(Request(host, verb, target, {"host": f"{host}:8080"}))


@pytest.mark.parametrize(
    ("host", "target", "name"),
    [
        ("gmail.googleapis.com", "/$discovery/rest?version=v1", "gmail.v1"),
        ("admin.googleapis.com", "/$discovery/rest?version=directory_v1", "admin.directory_v1"),
        ("sheets.googleapis.com", "/$discovery/rest?version=v4", "sheets.v4"),
        ("www.googleapis.com", "/discovery/v1/apis/drive/v3/rest", "drive.v3"),
        ("www.googleapis.com", "/discovery/v1/apis/oauth2/v2/rest", "oauth2.v2"),
    ],
)
def test_discovery_documents_are_googles_own(google, host, target, name):
    answer = send(google, host, target)

    assert answer.status == 200
    assert orjson.loads(answer.body) == load_api(name).document


def test_document_asked_for_on_this_machine_leads_back_here(google):
    document = orjson.loads(send(google, "127.0.0.1", "/discovery/v1/apis/drive/v3/rest").body)

    assert document["rootUrl"] == "http://127.0.0.1:8080/"
    assert document["baseUrl"] == "http://127.0.0.1:8080/drive/v3/"
    assert "mtlsRootUrl" not in document


@pytest.mark.parametrize(
    ("host", "target"),
    [
        ("gmail.googleapis.com", "/$discovery/rest?version=v9"),
        ("gmail.googleapis.com", "/$discovery/rest?version=../../gmail.v1"),
        ("nada.googleapis.com", "/$discovery/rest?version=v1"),
        ("127.0.0.1", "/$discovery/rest?version=v1"),
        ("www.googleapis.com", "/discovery/v1/apis/nada/v1/rest"),
    ],
)
def test_document_that_does_not_exist_is_404_in_json(google, host, target):
    answer = send(google, host, target)

    assert (answer.status, orjson.loads(answer.body)["error"]["code"]) == (404, 404)


def test_date_is_the_sandboxs_time(google):
    google.clock.advance(86_400 * 400)

    answer = send(google, "admin.googleapis.com", "/", "HEAD")

    told = parsedate_to_datetime(answer.header("Date")).timestamp()
    assert abs(told - google.clock.now()) < 5


def test_key_of_a_service_account_is_described(google, key):
    path = f"/v1/projects/-/serviceAccounts/{key['client_email']}/keys/"

    found = send(google, "iam.googleapis.com", path + key["private_key_id"])

    assert orjson.loads(found.body)["keyType"] == "USER_MANAGED"
    assert send(google, "iam.googleapis.com", path + "otra").status == 404


def test_faults_strike_what_is_no_api_method_too(google):
    google.faults.add({"kind": "status", "method": "discovery", "status": 503})

    statuses = [send(google, "gmail.googleapis.com", "/$discovery/rest?version=v1").status for _ in range(2)]

    assert statuses == [503, 200]
