"""What agents see before they run anything: the list of cases, and who may do what."""

from __future__ import annotations

import pytest

from copias_sandbox import world
from tests.e2e.town import CASE, REQUESTS


def test_cases_are_listed_in_one_call_and_others_are_counted(town):
    call = town.copias("cases")

    assert call.code == 0, call.text
    assert [entry["method"] for entry in town.admin.calls() if entry["method"] != "oauth.token"] == [
        "sheets.spreadsheets.values.batchGet"
    ]
    assert "solicitudes de otros servicios no se muestran" in call.out
    row = next(line for line in call.out.splitlines() if f" {CASE} " in line)
    assert "SINFA" in row
    assert "Asignado" in row


def test_every_case_is_in_the_json_with_what_people_have_to_put_right(town):
    found = town.copias("cases", "--json").json

    assert len(found["cases"]) > 30
    assert found["others"] > 200
    codes = {problem["code"] for problem in found["problems"]}
    assert {"doubled_number", "unknown_kind"} <= codes
    assert all(problem["text"] and problem["repair"] for problem in found["problems"])


def test_problems_of_the_sheet_are_shown_with_their_repair(town):
    told = town.copias("cases").out

    assert "Por arreglar en la hoja" in told
    assert "copias classify" in told


def test_a_query_picks_from_the_json(town):
    call = town.copias("cases", "--query", f"cases[?number=='{CASE}'].[kind, subject, state] | [0]")

    assert call.json == ["sinfa", "hacienda", "assigned"]


def test_a_query_that_is_none_is_a_usage_error(town):
    call = town.copias("cases", "--query", "cases[?")

    assert call.code == 2
    assert call.json["error"] == "BadInput"


def test_the_list_is_narrowed_by_agent_and_status_without_regard_to_accents(town):
    by_agent = town.copias("cases", "--agent", "ana lucia", "--json").json["cases"]
    by_status = town.copias("cases", "--status", "resuelto SIN prueba", "--json").json["cases"]

    assert by_agent
    assert {case["agent"].split()[0] for case in by_agent} == {"Ana"}
    assert by_status
    assert all(case["unproven"] for case in by_status)


def test_what_a_person_resolved_is_shown_as_resolved_without_proof(town):
    town.edit("append", sheet="Respuestas", values=["", CASE, "Ana Lucía Prueba", "Solucionado", "Hecho", "", ""])

    shown = town.copias("cases", "--query", f"cases[?number=='{CASE}'] | [0]").json

    assert shown["state_text"] == "Resuelto sin prueba"
    assert shown["unproven"] is True
    assert shown["state"] != "resolved"


def test_a_cell_cannot_command_the_terminal(town):
    town.write_cell("Dependencia", "\x1b[31mrojo\x07 [bold]x")

    told = town.copias("cases").out + town.copias("show", CASE).out

    assert "\x1b" not in told
    assert "\x07" not in told
    assert "[bold]x" in told


@pytest.mark.parametrize("number", ["0x1", "../1234", "{{ 1234 }}", "1234; id", "12345678901", "１２３４", "", "-1"])
@pytest.mark.parametrize("verb", ["run", "show"])
def test_what_is_no_case_number_is_a_usage_error(town, verb, number):
    call = town.copias(verb, "--json", "--", number)

    assert call.code == 2
    assert not town.ledger()


def test_a_case_that_is_not_in_the_sheet_is_a_usage_error(town):
    call = town.copias("show", "777", "--json")

    assert call.code == 2
    assert "copias cases" in call.json["repair"]


def test_an_account_that_nobody_knows_is_refused(town):
    world.write_atomically(town.world.state / "people.yml", b"people: {}\n")

    call = town.copias("cases", "--json")

    assert call.code == 3
    assert call.json["error"] == "NotAllowed"
    assert world.read_identity().account in call.json["whose"]


AGENTS = [
    ("classify", CASE, "--kind", "sinfa", "--subject", "hacienda"),
    ("hold", CASE, "--reason", "x"),
    ("note", CASE, "x"),
    ("run", CASE, "--yes"),
    ("stop", CASE),
    ("outbox",),
]
ADMINISTRATORS = [
    ("authorise", CASE, "--name", "A", "--post", "B", "--document", "C", "--motive", "D"),
    ("cancel", CASE, "--reason", "x"),
    ("reopen", CASE, "--reason", "x"),
    ("store", "init", "nas_principal"),
    ("store", "key"),
]


@pytest.mark.parametrize("words", AGENTS + ADMINISTRATORS, ids=" ".join)
def test_an_auditor_only_reads(town, words):
    world.set_role(town.world, "auditor")

    call = town.copias(*words)

    assert call.code == 3, call.text
    assert "auditor" in call.err
    assert town.ledger() == []


@pytest.mark.parametrize("words", ADMINISTRATORS, ids=" ".join)
def test_an_agent_does_not_decide_as_an_administrator(town, words):
    world.set_role(town.world, "agent")

    call = town.copias(*words)

    assert call.code == 3, call.text
    assert "administrador" in call.err
    assert town.ledger() == []


def test_an_auditor_reads(town):
    world.set_role(town.world, "auditor")

    assert town.copias("cases").code == 0
    assert town.copias("show", CASE).code == 0
    assert town.copias("audit", "ledger").code == 0


LOOKING = ["cases", "show", "follow", "audit ledger"]
DOING = ["run", "stop", "outbox", "store init", "store key"]
DECIDING = ["classify", "authorise", "hold", "resume", "cancel", "reopen", "note"]


@pytest.mark.parametrize("verb", LOOKING + DOING + DECIDING)
def test_every_verb_answers_in_json_and_none_says_who_one_is(town, verb):
    told = town.copias(*verb.split(), "--help").out

    assert "--by" not in told
    assert "--json" in told
    assert "--query" in told


def test_a_deployment_that_is_not_there_is_a_usage_error(town, tmp_path):
    call = town.copias("cases", "--config", str(tmp_path / "no.yml"), "--json")

    assert call.code == 2
    assert call.json["error"] == "BadConfiguration"
    assert set(call.json) >= {"what", "whose", "why", "repair", "exit_code", "transient"}


def test_the_request_rows_are_never_changed_by_reading(town):
    before = town.rows(REQUESTS)

    town.copias("cases")
    town.copias("show", CASE)

    assert town.rows(REQUESTS) == before


def test_a_store_is_prepared_and_a_key_made_once(town):
    key = town.world.state / "keys" / "signing.pem"
    kept = key.read_bytes()

    assert town.copias("store", "init", "nas_principal").code == 0
    assert town.copias("store", "key").code == 0
    assert key.read_bytes() == kept
    assert town.copias("store", "init", "otro").code == 2


def test_a_new_key_is_readable_by_nobody_else(town):
    town.variables["COPIAS_STATE"] = str(town.temporary / "estado")
    (town.temporary / "estado").mkdir(mode=0o700)
    people = town.world.state / "people.yml"
    (town.temporary / "estado" / "people.yml").write_bytes(people.read_bytes())

    call = town.copias("store", "key")

    key = town.temporary / "estado" / "keys" / "signing.pem"
    assert call.code == 0, call.text
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.parent.stat().st_mode & 0o777 == 0o700
