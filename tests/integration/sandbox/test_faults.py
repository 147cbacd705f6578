"""Faults on the wire: what a client meets when Google, or the way to it, breaks."""

from __future__ import annotations

import threading
import time

import pytest
import requests
from google.auth.transport.requests import AuthorizedSession
from google.oauth2 import service_account

SHEETS = "https://www.googleapis.com/auth/spreadsheets"
APPEND = "sheets.spreadsheets.values.append"
GET = "sheets.spreadsheets.values.get"


@pytest.fixture
def session(running) -> AuthorizedSession:
    made = service_account.Credentials.from_service_account_file(running.key, scopes=[SHEETS])
    with AuthorizedSession(made, max_refresh_attempts=1) as session:
        yield session


@pytest.fixture
def get(running, session):
    def get(cells="Solicitudes!A1"):
        return session.get(f"{running.url}/v4/spreadsheets/{running.spreadsheet}/values/{cells}", timeout=10)

    return get


@pytest.fixture
def append(running, session):
    def append(key):
        return session.post(
            f"{running.url}/v4/spreadsheets/{running.spreadsheet}/values/Respuestas!A1:G1:append",
            params={"valueInputOption": "RAW", "insertDataOption": "INSERT_ROWS"},
            json={"values": [["", "", "", "", "", "", key]]},
            timeout=10,
        )

    return append


def keys(get):
    return [row[6] for row in get("Respuestas!A:G").json()["values"] if len(row) > 6]


def test_lost_answer_leaves_the_row_written_once(admin, append, get):
    admin.fault("lost", APPEND)

    with pytest.raises(requests.ConnectionError):
        append("perdida")

    assert keys(get).count("perdida") == 1
    assert append("llega").status_code == 200


def test_reset_in_the_middle_of_the_body_breaks_the_read(admin, get):
    admin.fault("reset", GET)

    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        get("Solicitudes")

    assert get().status_code == 200


def test_truncated_json_arrives_as_if_it_were_all(admin, get):
    admin.fault("truncated", GET)

    answer = get()

    assert answer.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_latency_is_waited_for(admin, get):
    admin.fault("latency", GET, seconds=0.4)
    get()  # the token's time is not the call's
    admin.fault("latency", GET, seconds=0.4)

    start = time.monotonic()
    get()

    assert time.monotonic() - start >= 0.4


def test_outage_refuses_connections_and_ends_on_the_same_port(admin, session, get):
    assert get().status_code == 200
    admin.outage(mode="refuse")
    session.close()  # the connection of before is broken, and may be told in other words

    with pytest.raises(requests.ConnectionError, match="refused"):
        get()

    admin.clear_faults()
    assert get().status_code == 200


def test_outage_ends_by_itself(admin, get):
    get()
    admin.outage(0.5, mode="refuse")
    with pytest.raises(requests.ConnectionError):
        get()

    limit = time.monotonic() + 10
    while time.monotonic() < limit:
        try:
            assert get().status_code == 200
            return
        except requests.ConnectionError:
            time.sleep(0.1)
    pytest.fail("the outage did not end")


def test_outage_with_503_reaches_the_token_endpoint_too(admin, running, get):
    admin.outage()

    answer = requests.post(f"{running.url}/token", data={}, timeout=10)

    assert answer.status_code == 503


def test_revoked_token_is_401_until_a_new_one_is_fetched(admin, running, session, get):
    get()
    admin.revoke_tokens()

    assert get().status_code == 200
    statuses = [call["status"] for call in admin.calls(GET)]
    assert statuses == [200, 401, 200]
    assert len(admin.calls("oauth.token")) == 2


def test_quota_is_off_until_asked_for(admin, get):
    admin.settings(quota={"sheets.read": [3, 3]})

    assert 429 in [get().status_code for _ in range(5)]


def test_parallel_appends_keep_every_row(admin, append, get):
    names = [f"hilo-{number}" for number in range(12)]
    threads = [threading.Thread(target=append, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(key for key in keys(get) if key.startswith("hilo")) == sorted(names)


@pytest.mark.parametrize(
    ("action", "options", "expected"),
    [
        ("set", {"sheet": "Respuestas", "cell": "H1", "text": "x"}, ["", "x"]),
        ("rename-header", {"sheet": "Respuestas", "header": "Agente", "to": "Funcionario"}, ["Funcionario"]),
        ("insert-column", {"sheet": "Respuestas", "at": 3, "header": "Nueva"}, ["Nueva", "Agente"]),
    ],
)
def test_people_edit_while_a_run_is_going_on(admin, running, get, action, options, expected):
    admin.edit(running.spreadsheet, action, **options)

    header = get("Respuestas!A1:J1").json()["values"][0]
    assert set(expected) - {""} <= set(header)
    assert action != "insert-column" or header[1:4] == ["Número de caso", "Nueva", "Agente"]


def test_people_insert_sort_append_and_delete_rows(admin, running, get):
    before = get("Solicitudes!A1:K4").json()["values"]
    admin.edit(running.spreadsheet, "insert-row", at=2)
    assert get("Solicitudes!A1:K3").json()["values"] == [before[0], [], before[1]]
    admin.edit(running.spreadsheet, "delete-row", at=2)
    admin.edit(running.spreadsheet, "append", sheet="Respuestas", values=["22/11/2026", "1234", "Ana", "Solucionado"])
    assert get("Respuestas!A:D").json()["values"][-1] == ["22/11/2026", "1234", "Ana", "Solucionado"]

    admin.edit(running.spreadsheet, "sort", sheet="Solicitudes", header="Número de caso", descending=True)

    column = [row[0] for row in get("Solicitudes!I2:I61").json()["values"]]
    assert get("Solicitudes!A1:K1").json()["values"] == before[:1]
    assert column == sorted(column, key=int, reverse=True)


def test_wrong_edit_is_refused_with_a_reason(admin, running):
    from copias.errors import BadInput

    with pytest.raises(BadInput, match="no header 'Nada'"):
        admin.edit(running.spreadsheet, "sort", header="Nada")


def test_snapshot_brings_everything_back(admin, running, get, append):
    admin.snapshot("antes")
    append("después")

    admin.restore("antes")

    assert "después" not in keys(get)
