"""The dump dies in the middle of a run, or the database shrank since the last one: no copy then."""

from __future__ import annotations

import pytest

from copias.database.contract import Connection
from copias.database.postgresql.session import connect
from tests.e2e.town import CASE

pytestmark = pytest.mark.slow

MAKE_BIG = "CREATE TABLE public.vieja AS SELECT n, md5(n::text) AS texto FROM generate_series(1, 400000) n"


@pytest.mark.parametrize("program", ["pg_dump", "AnsiballZ_database_dump"])
def test_a_dump_that_is_killed_leaves_nothing_that_passes_for_a_copy(town, program):
    town.detach()
    with town.stalled("pg_dump"):
        town.find_process(program).kill()
    followed = town.follow()
    shown = town.copias("show", CASE, "--json").json

    town.require_quiet()
    assert followed.code == 1, followed.text
    assert followed.json["message"]
    assert shown["copies"] == []
    assert town.stored("*.zip") == []
    if program == "pg_dump":
        assert shown["state"] == "failed"
        assert town.stored("*.part") == []


def test_a_dump_shorter_than_half_of_the_last_is_not_believed(town):
    at = town.world.sinfa.administrator
    administrator = Connection(at.host, at.port, at.database, at.user, at.password_file)
    with connect(administrator) as session:
        session.execute(MAKE_BIG)
        session.execute("GRANT SELECT ON public.vieja TO copias_lectura")
    try:
        first = town.run_case(CASE, "--json")
    finally:
        with connect(administrator) as session:
            session.execute("DROP TABLE public.vieja")
    reopened = town.copias("reopen", CASE, "--reason", "hace falta otra")
    second = town.run_case(CASE, "--json")

    assert first.code == 0, first.text
    assert reopened.code == 0, reopened.text
    assert second.code == 1, second.text
    assert "mitad" in second.json["message"] or "bytes" in second.json["message"]
    assert second.json["state"] == "failed"
    assert [path.name for path in town.stored("*.zip")] == [f"sinfa-hacienda-{CASE}.zip"]
    assert town.stored("*.part") == []
