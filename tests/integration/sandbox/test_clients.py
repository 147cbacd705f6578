"""Third-party clients, unmodified, against the sandbox: gspread and google-api-python-client."""

from __future__ import annotations

import copy

import gspread
import pytest
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request
from google.oauth2 import service_account
from googleapiclient.discovery import build_from_document

from copias_sandbox.core.discovery import load_api
from copias_sandbox.oauth.keys import ACCOUNT
from copias_sandbox.seed.people import agents
from copias_sandbox.seed.words import HELP_DESK

SHEETS = "https://www.googleapis.com/auth/spreadsheets"


def credentials(running, *scopes, subject=None):
    return service_account.Credentials.from_service_account_file(running.key, scopes=scopes, subject=subject)


def hosts(admin):
    return {call["host"] for call in admin.calls() if call["method"].startswith(("sheets", "drive", "directory"))}


def test_gspread_reads_the_seeded_sheet_through_the_proxy(running, admin, through_proxy):
    book = gspread.service_account(filename=running.key).open("Mesa de Ayuda")

    sheet = book.worksheet("Solicitudes")
    rows = sheet.get_all_records()

    assert len(rows) == 60
    assert [row["Descripción de la solicitud"] for row in rows if row["Número de caso"] == 1234] == [
        "Copia de seguridad SINFA - contabilidad"
    ]
    assert sheet.find("Ana Lucía Prueba") is not None
    assert hosts(admin) == {"www.googleapis.com", "sheets.googleapis.com"}


def test_gspread_writes_appends_sorts_and_deletes_through_the_proxy(running, through_proxy):
    book = gspread.service_account(filename=running.key).open_by_key(running.spreadsheet)
    sheet = book.add_worksheet("Año 2026 'prueba'", rows=10, cols=3)

    sheet.update([["n", "texto"], [2, "b"], [1, "a"]], "A1")
    answer = sheet.append_row([3, "=1+1"], insert_data_option="INSERT_ROWS", table_range="A1:B1")
    sheet.insert_row(["0", "cero"], 2)
    sheet.sort((1, "asc"), range="A2:B5")
    sheet.format("A1:B1", {"textFormat": {"bold": True}})
    sheet.update_cell(1, 2, "Texto")

    assert answer["updates"]["updatedRange"] == "'Año 2026 ''prueba'''!A4:B4"
    # gspread writes "0" as RAW text, and texts come after numbers.
    assert sheet.get_all_values() == [["n", "Texto"], ["1", "a"], ["2", "b"], ["3", "=1+1"], ["0", "cero"]]
    sheet.delete_rows(2)
    assert sheet.col_values(1) == ["n", "2", "3", "0"]
    sheet.batch_clear(["A2:B2"])
    assert sheet.row_values(2) == []
    book.del_worksheet(sheet)
    assert [one.title for one in book.worksheets()] == ["Solicitudes", "Respuestas"]


def test_gspread_makes_shares_and_deletes_a_spreadsheet(running, through_proxy):
    client = gspread.service_account(filename=running.key)
    book = client.create("Temporal")

    book.share("ana.prueba@alcaldia.example", perm_type="user", role="reader", notify=False)

    assert {one["role"] for one in book.list_permissions()} == {"owner", "reader"}
    client.del_spreadsheet(book.id)
    with pytest.raises(gspread.exceptions.SpreadsheetNotFound):
        client.open_by_key(book.id)


def test_google_client_works_with_another_root(running, admin):
    document = copy.deepcopy(load_api("sheets.v4").document) | {"rootUrl": f"{running.url}/"}
    document.pop("mtlsRootUrl")
    service = build_from_document(document, credentials=credentials(running, SHEETS))
    values = service.spreadsheets().values()

    row = ["22/11/2026 10:00:00", 1234, "Ana", "En proceso", "", "", "clave-1"]
    done = values.append(
        spreadsheetId=running.spreadsheet,
        range="Respuestas!A1:G1",
        valueInputOption="RAW",
        insertDataOption="INSERT_ROWS",
        body={"values": [row]},
    ).execute()

    written = done["updates"]["updatedRange"]
    found = values.get(
        spreadsheetId=running.spreadsheet, range=written, valueRenderOption="UNFORMATTED_VALUE"
    ).execute()
    assert found["values"] == [row]
    assert admin.calls("sheets.spreadsheets.values.append")[-1]["user"] == ACCOUNT


@pytest.mark.parametrize("scope", ["https://www.googleapis.com/auth/gmail.modify", "https://mail.google.com/"])
def test_scope_that_was_not_delegated_is_told_by_google_auth(running, through_proxy, scope):
    with pytest.raises(RefreshError, match="unauthorized_client"):
        credentials(running, scope, subject=HELP_DESK).refresh(Request())


def test_google_client_reads_through_the_proxy(program, admin):
    found = program(
        """
values = service("sheets", "v4", "spreadsheets").spreadsheets().values()
print(json.dumps(values.get(spreadsheetId=book, range="Solicitudes!A1:B1").execute()))
"""
    )

    assert found["values"] == [["Marca temporal", "Dirección de correo electrónico"]]
    assert hosts(admin) == {"sheets.googleapis.com"}


def test_google_client_gets_errors_that_it_understands(program):
    found = program(
        """
values = service("sheets", "v4", "spreadsheets").spreadsheets().values()
try:
    values.get(spreadsheetId=book, range="Nada!A1").execute()
except HttpError as error:
    print(json.dumps([error.status_code, error.reason]))
"""
    )

    assert found == [400, "Unable to parse range: Nada!A1"]


def test_delegated_account_is_who_acts(program, admin):
    agent = agents()[0].email

    program(
        f"""
sheets = service("sheets", "v4", "spreadsheets", {agent!r}).spreadsheets()
print(json.dumps(sheets.get(spreadsheetId=book, fields="spreadsheetId").execute()))
"""
    )

    assert admin.calls("sheets.spreadsheets.get")[-1]["user"] == agent


def test_client_that_carries_no_documents_finds_them(program, admin):
    people = program(
        f"""
scopes = ["https://www.googleapis.com/auth/admin.directory.user.readonly"]
made = Credentials.from_service_account_file(os.environ["COPIAS_GOOGLE_KEY"], scopes=scopes, subject={HELP_DESK!r})
users = build("admin", "directory_v1", credentials=made, static_discovery=False, cache_discovery=False).users()
found = users.list(customer="my_customer", query="isAdmin=true", projection="full", showDeleted=False).execute()
print(json.dumps([one["primaryEmail"] for one in found["users"]]))
"""
    )

    assert people == [HELP_DESK]
    assert admin.calls("discovery")[0]["status"] == 200


def test_directory_and_drive_answer_too(program):
    people, files = program(
        f"""
users = service("admin", "directory_v1", "admin.directory.user.readonly", {HELP_DESK!r}).users()
people = users.list(customer="my_customer", maxResults=500, orderBy="email").execute()["users"]
files = service("drive", "v3", "drive.readonly").files().list(fields="files(name,owners(me))").execute()["files"]
print(json.dumps([[one["primaryEmail"] for one in people], files]))
"""
    )

    assert "ana.prueba@alcaldia.example" in people
    assert people == sorted(people)
    assert {file["name"] for file in files} == {"Mesa de Ayuda", "Control Copias de Seguridad por dependencias"}
