"""A recovery of a database from the sheet's row to the answer: chosen, restored beside, compared, resolved."""

from __future__ import annotations

import dataclasses

import pytest

from copias.database.postgresql.session import connect
from copias_sandbox.seed.cases import MAILBOX_CASE
from tests.e2e.town import CASE, CONTROL, DATABASE, RESPONSES, Town

pytestmark = pytest.mark.slow

RECOVERY = str(MAILBOX_CASE)
NEW = "hacienda_caso"
GRANT = ("--name", "Mariela Ejemplo", "--post", "Secretaria", "--document", "Oficio 9", "--motive", "Se borró un mes")


@pytest.fixture
def copied(town: Town) -> Town:
    """A town whose database case is resolved, and another case that asks for that database back."""
    at = town.world.sinfa.administrator
    town.configure(
        notices=None,
        databases__hacienda__restore={
            "host": at.host,
            "port": at.port,
            "user": at.user,
            "password_file": str(at.password_file),
        },
    )
    assert town.run_case(CASE, "--json").code == 0
    assert town.copias("classify", RECOVERY, "--kind", "recovery", "--subject", DATABASE).code == 0
    return town


def databases(town: Town) -> set[str]:
    with connect(dataclasses.replace(town.world.sinfa.administrator, database="postgres")) as session:
        return {str(name) for (name,) in session.execute("SELECT datname FROM pg_database").fetchall()}


def test_case_is_resolved_by_a_database_restored_beside_the_one_in_use(copied: Town) -> None:
    copy = copied.copias("copies", "--json").json["copies"][0]["copy_id"]
    order = ("restore", "sinfa", "--case", RECOVERY, "--copy", copy, "--to", NEW, "--motive", "Se borró un mes")
    nobody = copied.copias(*order, "--check", "--json")
    assert copied.copias("authorise", RECOVERY, *GRANT).code == 0
    early = copied.run_case(RECOVERY, "--json")
    told = copied.copias(*order, "--check", "--json")

    call = copied.copias(*order, "--yes", "--json")

    assert (nobody.code, early.code) == (3, 3)
    assert "copias restore sinfa" in early.json["repair"]
    assert told.json["to"].startswith(f"base de datos «{NEW}»")
    assert call.code == 0, call.text
    assert call.json["state"] == "resolved"
    assert {NEW, "sinfa"} <= databases(copied)
    assert copied.answers(RECOVERY) == ["En proceso", "Solucionado"]
    (answer,) = [row for row in copied.ours(RESPONSES, RECOVERY) if row["Estado"] == "Solucionado"]
    assert f"copia {copy} restaurada en la base nueva {NEW}" in answer["Actividades realizadas"]
    assert "SHA-256 del volcado" in str(answer)
    assert copied.ours(CONTROL, RECOVERY) == []
    told_events = [event["event"] for event in copied.story(RECOVERY) if event["event"].startswith("restore.")]
    assert told_events == ["restore.planned", "restore.given", "restore.verified"]
    copied.require_nothing_left()

    again = copied.copias(*order, "--yes", "--json")
    run = copied.run_case(RECOVERY)

    assert (again.code, again.json["changed"]) == (0, 0)
    assert run.code == 0, run.text
    assert 'RENAME TO "sinfa_anterior"' in run.out
