"""``copias restore sinfa``: a copy becomes a new database or a file, and nothing that exists is touched."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import subprocess
import tempfile
import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from copias.authorisation import Authorisation
from copias.cli.app import app
from copias.database.postgresql.new_database import PASSING, drop_unfinished, give_name
from copias.database.postgresql.session import connect
from copias.errors import AlreadyRunning, Altered, BadInput, NotAllowed, NotEqual, NotReady
from copias.files import locked
from copias.night.catalogue import NightCopy, list_night_copies
from copias.office import Office
from copias.opened import OPENED
from copias.people import Role
from copias.sinfa.check_settings import LatestDate
from copias.sinfa.restore_plan import RestorePlan, plan_restore
from copias.sinfa.restore_settings import RestoreServer
from copias.sinfa.restoring import RESTORED, run_restore
from copias_sandbox import sinfa_firebird, sinfa_mariadb
from copias_sandbox.sinfa import Sinfa
from tests.integration.night.conftest import LEAVE, Town, make_town

NEW = "hacienda_prueba"


@pytest.fixture
def restorable(town: Town, server: Sinfa) -> Iterator[Town]:
    """An installation with a night's copy, that may make databases on the town's own server."""
    at = server.administrator
    town.change(restore=RestoreServer(host=at.host, port=at.port, user=at.user, password_file=at.password_file))
    town.night()
    yield town
    for name in databases(server):
        if name not in {"postgres", "template0", "template1", "sinfa", "grande"}:
            ask(server, f'DROP DATABASE "{name}"')


def ask(server: Sinfa, sql: str, database: str = "postgres") -> list[tuple[t.Any, ...]]:
    with connect(dataclasses.replace(server.administrator, database=database)) as session:
        cursor = session.execute(sql.encode())
        return cursor.fetchall() if cursor.description else []


def databases(server: Sinfa) -> set[str]:
    return {name for (name,) in ask(server, "SELECT datname FROM pg_database")}


def copy_of(town: Town) -> NightCopy:
    return list_night_copies(town.office.book.ledger.events())[-1]


def plan(town: Town, to: str = NEW) -> RestorePlan:
    return plan_restore(town.office, copy_of(town).copy, to=to, motive="Se borró un mes")


def events(town: Town) -> list[dict[str, t.Any]]:
    return [event.data for event in town.office.book.ledger.events() if event.event == RESTORED]


def test_new_database_holds_what_was_copied_and_the_live_one_stays(restorable: Town, server: Sinfa) -> None:
    count = "SELECT count(*) FROM contabilidad.asiento"
    live = ask(server, count, "sinfa")

    done = run_restore(plan(restorable))

    assert ask(server, count, NEW) == live == ask(server, count, "sinfa")
    assert (done.tables, done.rows) == (copy_of(restorable).tables, copy_of(restorable).rows)
    assert any('RENAME TO "sinfa_anterior"' in line for line in done.advice)
    (event,) = events(restorable)
    assert (event["copy"], event["equal"], event["motive"]) == (copy_of(restorable).copy, True, "Se borró un mes")
    (opened,) = restorable.office.book.ledger.events_of({OPENED})
    assert (opened.data["copy"], opened.data["motive"]) == (copy_of(restorable).copy, "Se borró un mes")
    assert list((restorable.office.deployment.state / "spool").iterdir()) == []


def test_new_database_has_the_settings_of_the_one_that_was_copied(restorable: Town, server: Sinfa) -> None:
    ask(server, "ALTER DATABASE sinfa SET search_path = contabilidad, public")
    ask(server, "REVOKE TEMPORARY ON DATABASE sinfa FROM PUBLIC")
    try:
        restorable.night(force=True)
    finally:
        ask(server, "ALTER DATABASE sinfa RESET ALL")
        ask(server, "GRANT TEMPORARY ON DATABASE sinfa TO PUBLIC")

    run_restore(plan(restorable))

    whole = "SELECT setconfig FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase WHERE datname = '{}'"
    assert ask(server, whole.format(NEW)) == [(["search_path=contabilidad, public"],)]
    assert ask(server, whole.format("sinfa")) == []
    assert ask(server, f"SELECT has_database_privilege('copias_lectura', '{NEW}', 'TEMPORARY')") == [(False,)]


def test_database_that_exists_is_never_written_over(restorable: Town, server: Sinfa) -> None:
    ask(server, f"CREATE DATABASE {NEW}")

    with pytest.raises(BadInput, match="ya existe"):
        run_restore(plan(restorable))

    assert ask(server, "SELECT count(*) FROM pg_class WHERE relname = 'asiento'", NEW) == [(0,)]
    assert events(restorable)[0]["equal"] is False


@pytest.mark.parametrize("name", ["sinfa", "postgres", "Nueva", "a b", "x" * 64, 'n"; DROP', ""])
def test_name_that_is_in_use_or_is_none_is_refused(restorable: Town, name: str) -> None:
    with pytest.raises(BadInput, match="con ese nombre"):
        plan(restorable, name)


def test_database_that_differs_is_removed_and_told(restorable: Town, server: Sinfa) -> None:
    kept = restorable.office.deployment.copies / copy_of(restorable).copy / "dump.json"
    facts = json.loads(kept.read_bytes())
    facts["tables"][0]["xor"] = str(int(facts["tables"][0]["xor"]) ^ 1)
    kept.write_text(json.dumps(facts))
    before = databases(server)

    with pytest.raises(NotEqual, match=facts["tables"][0]["table"]):
        run_restore(plan(restorable))

    assert databases(server) == before
    assert events(restorable)[0]["equal"] is False


def test_what_a_killed_restore_left_does_not_stop_the_next(restorable: Town, server: Sinfa) -> None:
    ask(server, f"CREATE DATABASE copias_restaurando_{copy_of(restorable).sha256[:12]}")

    run_restore(plan(restorable))

    assert not {name for name in databases(server) if name.startswith("copias_")}


def test_name_that_is_taken_while_restoring_stays_with_who_took_it(restorable: Town, server: Sinfa) -> None:
    ask(server, f"CREATE DATABASE {PASSING}1")
    ask(server, f"CREATE DATABASE {NEW}")

    with pytest.raises(BadInput, match="ya existe"):
        give_name(dataclasses.replace(server.administrator, database=f"{PASSING}1"), NEW)

    assert {NEW, f"{PASSING}1"} <= databases(server)


def test_only_databases_with_a_passing_name_are_ever_removed(server: Sinfa) -> None:
    with pytest.raises(ValueError, match="sinfa"):
        drop_unfinished(server.administrator)

    assert "sinfa" in databases(server)


def test_account_that_may_not_create_databases_is_told_what_it_lacks(restorable: Town, server: Sinfa) -> None:
    at = server.reader
    restorable.change(restore=RestoreServer(host=at.host, port=at.port, user=at.user, password_file=at.password_file))

    with pytest.raises(NotReady, match="no puede crear"):
        run_restore(plan(restorable))


def test_without_a_server_the_file_is_the_way(town: Town) -> None:
    town.night()

    with pytest.raises(NotReady, match=r"--to \./carpeta"):
        plan(town)


def test_file_is_the_dump_that_was_made_and_restores_by_the_engines_own_program(town: Town, tmp_path: Path) -> None:
    town.night()

    done = run_restore(plan(town, str(tmp_path / "volcado")))

    file = tmp_path / "volcado" / f"{copy_of(town).copy}.dump"
    assert hashlib.sha256(file.read_bytes()).hexdigest() == copy_of(town).sha256
    assert file.stat().st_mode & 0o077 == 0
    assert str(file) in done.advice[-1]
    assert subprocess.run(["pg_restore", "--list", str(file)], capture_output=True, check=False).returncode == 0
    with pytest.raises(BadInput, match="ya existe"):
        plan(town, str(tmp_path / "volcado"))


def test_dump_that_its_place_altered_leaves_no_file(town: Town, tmp_path: Path) -> None:
    town.night()
    packs = [path for path in (town.nas / "data").rglob("*") if path.is_file()]
    for pack in packs:
        pack.chmod(0o600)
        content = bytearray(pack.read_bytes())
        content[len(content) // 3] ^= 1
        pack.write_bytes(content)

    with pytest.raises(Altered):
        run_restore(plan(town, str(tmp_path / "volcado")))

    assert list((tmp_path / "volcado").iterdir()) == []
    assert events(town)[0]["equal"] is False


def test_restore_needs_an_administrator_a_motive_and_an_authorisation(restorable: Town) -> None:
    name, office = copy_of(restorable).copy, restorable.office
    agent = dataclasses.replace(office.actor, person=office.actor.person.model_copy(update={"role": Role.AGENT}))

    with pytest.raises(NotAllowed):
        plan_restore(Office(office.deployment, agent), name, to=NEW, motive="x")
    with pytest.raises(BadInput, match="para qué"):
        plan_restore(office, name, to=NEW, motive=" ")
    restorable.change(authorisation=Authorisation.model_validate({**LEAVE, "until": "2020-01-01"}))
    with pytest.raises(NotReady, match="venció"):
        plan(restorable)


def test_copy_that_does_not_exist_is_named(town: Town) -> None:
    with pytest.raises(BadInput, match="noche-otra"):
        plan_restore(town.office, "noche-otra", to=NEW, motive="x")


def test_second_restore_at_once_is_refused(restorable: Town) -> None:
    wanted = plan(restorable)

    with locked(restorable.office.deployment.state / "restore-sinfa.lock"), pytest.raises(AlreadyRunning):
        run_restore(wanted)


def test_verb_lists_the_night_says_what_it_would_do_and_writes_the_file(town: Town, tmp_path: Path) -> None:
    town.night()
    config = ["--config", str(town.config)]

    listed = json.loads(CliRunner().invoke(app, ["copies", "--json", *config]).stdout)["copies"]
    call = ["restore", "sinfa", "--copy", listed[0]["copy_id"], "--to", f"{tmp_path}/volcado", "--motive", "Ensayo"]
    checked = CliRunner().invoke(app, [*call, "--check", *config])
    done = CliRunner().invoke(app, [*call, *config])

    assert (listed[0]["kind"], listed[0]["status"], listed[0]["proven"]) == ("night", "read", False)
    assert "no se hizo nada" in checked.output
    assert done.exit_code == 0, done.output
    assert "pg_restore" in done.output
    assert "noche" in CliRunner().invoke(app, ["copies", *config]).output


def grant(town: Town, case: str, subject: str = "hacienda") -> None:
    town.office.book.record(case, "case.classified", {"kind": "recovery", "subject": subject, "mode": "on_site"})
    town.office.book.record(case, "case.authorised", {**LEAVE, "of": {"kind": "recovery", "subject": subject}})


def test_authorisation_of_a_recovery_case_counts(restorable: Town) -> None:
    restorable.change(authorisation=None)
    name = copy_of(restorable).copy
    with pytest.raises(NotReady, match="no está autorizada"):
        plan(restorable)
    grant(restorable, "1301", "otra")
    with pytest.raises(NotReady, match="no es de recuperación de esa base"):
        plan_restore(restorable.office, name, to=NEW, motive="Se borró un mes", case="1301")
    grant(restorable, "1302")

    done = run_restore(plan_restore(restorable.office, name, to=NEW, motive="Se borró un mes", case="1302"))

    assert done.tables == copy_of(restorable).tables
    assert events(restorable)[0]["case"] == "1302"


def test_case_that_is_closed_or_that_nobody_authorised_allows_nothing(restorable: Town) -> None:
    name, book = copy_of(restorable).copy, restorable.office.book
    book.record("1303", "case.classified", {"kind": "recovery", "subject": "hacienda", "mode": "on_site"})
    with pytest.raises(NotReady, match="copias authorise 1303"):
        plan_restore(restorable.office, name, to=NEW, motive="x", case="1303")
    grant(restorable, "1304")
    book.record("1304", "case.cancelled", {"reason": "ya no"})

    with pytest.raises(NotReady, match="no está en curso"):
        plan_restore(restorable.office, name, to=NEW, motive="x", case="1304")


def test_checks_are_asked_and_told_and_stop_nothing(restorable: Town) -> None:
    old = LatestDate(kind="latest_date", name="al día", sql="SELECT DATE '2001-01-01'", days=3)
    restorable.change(checks=(old,))

    done = run_restore(plan(restorable))

    (check,) = done.checks
    assert (check.name, check.status) == ("al día", "error")
    assert events(restorable)[0]["checks"] == [check.to_dict()]


@pytest.mark.parametrize("engine", ["mariadb", "firebird"])
def test_other_engines_are_restored_beside_their_source(
    engine: str, tmp_path: Path, new_repository: tuple[Path, str]
) -> None:
    serve = {"mariadb": sinfa_mariadb.serve, "firebird": sinfa_firebird.serve}[engine]
    with tempfile.TemporaryDirectory(prefix="copias-noche-") as home:
        Path(home).chmod(0o755)
        with serve(Path(home) / "sinfa", megabytes=1) as source:
            at = source.administrator
            folder = str(Path(at.database).parent) if engine == "firebird" else ""
            there = RestoreServer(
                host=at.host, port=at.port, user=at.user, password_file=at.password_file, folder=folder
            )
            town = make_town(tmp_path, source.reader)
            town.change(engine=engine, restore=there)
            town.take_repository(*new_repository)
            town.night()

            done = run_restore(plan(town))
            with pytest.raises(BadInput, match="ya existe"):
                run_restore(plan(town))

    assert (done.tables, done.rows) == (copy_of(town).tables, copy_of(town).rows)
    assert any(NEW in line for line in done.advice)
    assert [event["equal"] for event in events(town)] == [True, False]
