"""The dump dies or its password changes in the middle of a run, or the database shrank since the last one: no copy."""

from __future__ import annotations

import pytest

from copias.database.contract import Connection
from copias.database.postgresql.session import connect
from copias.files import write_atomically
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


def test_a_password_that_changes_in_mid_run_fails_the_case_and_is_never_printed(town):
    right, secret = town.world.sinfa.reader.password(), "Contrasena-Cambiada-19283"
    file = town.temporary / "clave"
    write_atomically(file, f"{right}\n".encode())
    town.variables["COPIAS_SINFA_PASSWORD_FILE"] = str(file)
    town.detach()
    with town.between_steps("case.started"):
        write_atomically(file, f"{secret}\n".encode())

    told = town.copias("follow", CASE)

    assert told.code in {1, 3, 75}, told.text
    assert town.count("case.failed") == 1
    for hidden in (secret, right):
        assert hidden not in told.text + town.copias("show", CASE, "--json").text
        assert not [path for path in town.files_of_state() if hidden.encode() in path.read_bytes()]
