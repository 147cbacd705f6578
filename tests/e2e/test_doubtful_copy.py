"""What a copy holds is doubted: it waits for a person. One that rots on its store: tests/chaos/faults."""

from __future__ import annotations

from tests.e2e.town import CASE, DATABASE, Town

STALE = {
    "kind": "latest_date",
    "name": "último asiento",
    "sql": "SELECT max(fecha) - 400 FROM contabilidad.asiento",
    "days": 40,
}


def test_a_dump_of_old_data_waits_for_a_person_and_is_not_made_again(town: Town) -> None:
    town.configure(**{f"databases__{DATABASE}__checks": [STALE]})

    doubted = town.run_case(CASE)

    assert doubted.code == 1, doubted.text
    assert "último asiento" in doubted.text
    assert "copias accept" in doubted.text
    assert town.count("case.resolved", CASE) == 0
    refused = town.copias("accept", CASE, "--reason", " ")
    assert refused.code == 2, refused.text

    town.copias("accept", CASE, "--reason", "Cierre de vigencia, Oficio 7")
    again = town.run_case(CASE)

    assert again.code == 0, again.text
    assert (town.count("copy.made", CASE), town.count("case.resolved", CASE)) == (1, 1)
    (verified,) = [event["data"] for event in town.story(CASE) if event["event"] == "copy.verified"]
    assert verified["accepted"] == "Cierre de vigencia, Oficio 7"
