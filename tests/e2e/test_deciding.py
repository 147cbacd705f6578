"""What people decide of a case, each recorded with who decided and told to the help desk."""

from __future__ import annotations

import pytest

from tests.e2e.town import CASE, RESPONSES

UNKNOWN = "777"
OTHER_ACCOUNT = "berta.supuesta@alcaldia.example"


def test_a_decision_is_recorded_with_the_account_and_how_it_was_proved(town):
    town.copias("note", CASE, "Llamó la secretaria")

    (event,) = town.story()
    assert event["event"] == "case.noted"
    assert event["data"] == {"reason": "Llamó la secretaria"}
    assert set(event["actor"]) == {"account", "proof", "name", "role"}
    assert "Nota: Llamó la secretaria" in town.copias("show", CASE).out


def test_a_note_needs_words(town):
    call = town.copias("note", CASE, "  ")

    assert call.code == 2
    assert town.ledger() == []


def test_hold_stops_a_case_from_running_until_it_is_resumed(town):
    held = town.copias("hold", CASE, "--reason", "falta el acta", "--json")
    refused = town.run_case(CASE, "--json")
    resumed = town.copias("resume", CASE, "--reason", "llegó el acta", "--json")
    ready = town.copias("show", CASE, "--json").json

    assert (held.json["state"], resumed.json["state"]) == ("on_hold", "assigned")
    assert refused.code == 3
    assert "copias resume" in refused.json["repair"]
    assert ready["case"]["sheet_status"] == "assigned"
    assert town.answers() == ["En espera", "Asignado"]


def test_cancel_and_reopen_leave_the_help_desk_saying_so(town):
    cancelled = town.copias("cancel", CASE, "--reason", "se retira la solicitud", "--json")
    refused = town.run_case(CASE, "--json")
    reopened = town.copias("reopen", CASE, "--reason", "era otro caso", "--json")
    checked = town.copias("run", CASE, "--check", "--json")

    assert (cancelled.json["state"], reopened.json["state"]) == ("cancelled", "assigned")
    assert refused.code == 3
    assert town.answers() == ["Cancelado", "Asignado"]
    assert checked.code == 0, checked.text


def test_a_move_that_is_not_legal_is_refused_and_nothing_is_written(town):
    for verb in ("resume", "reopen"):
        call = town.copias(verb, CASE, "--reason", "x", "--json")

        assert call.code == 3
        assert call.json["error"] == "NotReady"
    assert town.ledger() == []


@pytest.mark.parametrize(
    "words",
    [
        ("cancel", UNKNOWN, "--reason", "x"),
        ("hold", UNKNOWN, "--reason", "x"),
        ("note", UNKNOWN, "x"),
        ("classify", UNKNOWN, "--kind", "mailbox"),
        ("authorise", UNKNOWN, "--name", "A", "--post", "B", "--document", "C", "--motive", "D"),
    ],
    ids=" ".join,
)
def test_nothing_is_decided_of_a_case_that_is_not_in_the_sheet(town, words):
    call = town.copias(*words)

    assert call.code == 2, call.text
    assert town.ledger() == []
    assert town.ours(RESPONSES, UNKNOWN) == []


def test_words_that_leave_the_kind_open_are_settled_by_the_agent(town):
    unknown = town.copias("cases", "--query", "problems[?code=='unknown_kind'].number | [0]").json

    refused = town.run_case(unknown, "--json")
    settled = town.copias("classify", unknown, "--kind", "sinfa", "--subject", "hacienda", "--json")
    after = town.copias("cases", "--query", f"cases[?number=='{unknown}'].[kind, subject] | [0]").json

    assert refused.code == 3
    assert f"copias classify {unknown}" in refused.json["repair"]
    assert settled.code == 0, settled.text
    assert after == ["sinfa", "hacienda"]


@pytest.mark.parametrize(
    "words",
    [
        ("--kind", "foto"),
        ("--kind", "sinfa", "--subject", "otra"),
        ("--kind", "sinfa", "--mode", "lejos", "--subject", "hacienda"),
        ("--kind", "sinfa", "--subject", "{{ lookup('pipe', 'id') }}"),
    ],
    ids=" ".join,
)
def test_a_classification_that_does_not_exist_is_a_usage_error(town, words):
    call = town.copias("classify", CASE, *words, "--json")

    assert call.code == 2
    assert call.json["why"].startswith("hay: ")
    assert town.ledger() == []


def test_without_an_authorisation_nothing_is_copied(town):
    town.configure(databases__hacienda__authorisation=None)

    refused = town.run_case(CASE, "--json")
    given = town.copias(
        *("authorise", CASE, "--name", "Mariela Ejemplo", "--post", "Secretaria", "--document", "Oficio 7"),
        *("--motive", "Auditoría"),
    )
    checked = town.copias("run", CASE, "--check", "--json")

    assert refused.code == 3
    assert f"copias authorise {CASE}" in refused.json["repair"]
    assert given.code == 0
    assert checked.code == 0, checked.text
    assert town.stored() == []


def test_an_authorisation_does_not_follow_the_case_to_another_account(town):
    grant = ("--name", "Mariela Ejemplo", "--post", "Secretaria", "--document", "Oficio 7", "--motive", "Auditoría")
    town.copias("classify", CASE, "--kind", "mailbox", "--subject", "mesa.ayuda@alcaldia.example")
    assert town.copias("authorise", CASE, *grant).code == 0
    town.copias("classify", CASE, "--kind", "mailbox", "--subject", OTHER_ACCOUNT)

    refused = town.run_case(CASE, "--json")
    again = town.copias("authorise", CASE, *grant)
    checked = town.copias("run", CASE, "--check", "--json")

    assert refused.code == 3, refused.text
    assert "mesa.ayuda@alcaldia.example, y ahora se pide otra copia" in refused.json["why"]
    assert again.code == 0, again.text
    assert checked.code == 0, checked.text


def test_an_authorisation_with_an_empty_part_is_none(town):
    call = town.copias(
        *("authorise", CASE, "--name", " ", "--post", "", "--document", "Oficio 7", "--motive", "Auditoría", "--json")
    )

    assert call.code == 2
    assert "nombre, cargo" in call.json["why"]
    assert town.ledger() == []


def test_an_expired_authorisation_is_none(town):
    town.configure(databases__hacienda__authorisation__until="2020-01-01")

    call = town.run_case(CASE, "--json")

    assert call.code == 3
    assert "autorización" in call.json["why"]


def test_all_conditions_that_fail_are_told_at_once(town):
    town.configure(databases__hacienda__authorisation=None, stores__nas_principal__path="/nada/nas")
    town.write_cell("Agente asignado", "")

    call = town.run_case(CASE, "--json")

    assert call.code == 3
    for words in ("agente asignado", "autorización", "destino"):
        assert words in call.json["why"]
    assert town.ledger() == []


def test_a_copy_without_a_terminal_or_yes_is_not_started(town):
    call = town.copias("run", CASE)

    assert call.code == 2
    assert "--yes" in call.err
    assert "cerca de" in call.out  # it said before what it would copy, how big, how long
    assert town.ledger() == []


def test_check_says_what_would_be_done_and_does_nothing(town):
    before = town.rows(RESPONSES)

    call = town.copias("run", CASE, "--check", "--json")

    assert call.code == 0, call.text
    assert call.json["changed"] > 3
    assert town.ledger() == []
    assert town.stored() == []
    assert town.rows(RESPONSES) == before
    assert list((town.world.state / "claims").glob("*.json")) == []
