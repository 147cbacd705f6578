"""The step of a recovery case of a database: it ends once, whatever kills it, and never over what is there."""

from __future__ import annotations

import dataclasses
import json
import shutil
import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest

from copias.case.result import proven_result
from copias.case.states import State
from copias.case.telling import tell_events, tell_outcome
from copias.database.postgresql.session import connect
from copias.errors import BadInput, NotEqual, NotReady
from copias.night.catalogue import list_night_copies
from copias.sinfa.recovery import RecoveryStep, draft_recovery, plan_recovery
from copias.sinfa.restore_settings import RestoreServer
from copias.sinfa.restoring import RESTORED
from copias_sandbox.sinfa import Sinfa
from tests.integration.night.conftest import DATABASE, LEAVE, Town, make_town

CASE, NEW = "1310", "hacienda_caso"
OF = {"kind": "recovery", "subject": DATABASE}


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory, server: Sinfa, new_repository: tuple[Path, str]) -> Town:
    """An installation after its night, to copy."""
    made = make_town(tmp_path_factory.mktemp("noche"), server.reader)
    made.take_repository(*new_repository)
    made.night()
    return made


@pytest.fixture
def asked(night: Town, tmp_path: Path, server: Sinfa) -> Iterator[Town]:
    """A night's copy, and an authorised case of recovery of its database."""
    at, town = server.administrator, make_town(tmp_path, server.reader)
    shutil.copytree(night.nas, town.nas)
    shutil.copytree(night.office.deployment.state, town.office.deployment.state, dirs_exist_ok=True)
    town.change(restore=RestoreServer(host=at.host, port=at.port, user=at.user, password_file=at.password_file))
    book = town.office.book
    book.record(CASE, "case.classified", {**OF, "mode": "on_site"})
    book.record(CASE, "case.authorised", {**LEAVE, "of": OF})
    yield town
    ask(server, f"DROP DATABASE IF EXISTS {NEW}")


def ask(server: Sinfa, sql: str, database: str = "postgres") -> list[tuple[t.Any, ...]]:
    with connect(dataclasses.replace(server.administrator, database=database)) as session:
        cursor = session.execute(sql.encode())
        return cursor.fetchall() if cursor.description else []


def choose(town: Town, to: str = NEW) -> None:
    copy = list_night_copies(town.office.book.ledger.events())[-1]
    draft_recovery(town.office, CASE, copy_id=copy.copy, to=to, motive="Se borró un mes").record()


def start(town: Town, to: str = NEW) -> RecoveryStep:
    """Choose the copy and start the case as its claim does."""
    choose(town, to)
    grant = {
        **OF,
        "mode": "on_site",
        "department": "Hacienda",
        "requester": "Marta",
        "agent": "",
        "authorisation": LEAVE,
    }
    town.office.book.record(CASE, "case.assigned", {"agent": ""})
    town.office.book.record(CASE, "case.started", grant)
    return step(town)


def step(town: Town) -> RecoveryStep:
    return plan_recovery(town.office, CASE)


def restores(town: Town) -> list[str]:
    return [event.event for event in town.office.book.story(CASE).events if event.event.startswith("restore.")]


def test_case_is_proven_by_a_restored_database_and_says_what_is_left_to_do(asked: Town, server: Sinfa) -> None:
    start(asked).run()

    story = asked.office.book.story(CASE)
    assert (story.state, step(asked).changes) == (State.VERIFIED, False)
    assert ask(server, "SELECT count(*) FROM contabilidad.asiento", NEW)[0][0] > 0
    assert f"restaurada en la base nueva {NEW}" in proven_result(story).done
    outcome = tell_outcome(story)
    assert any(label == "Qué sigue" and 'RENAME TO "sinfa_anterior"' in line for label, line in outcome)
    assert any("Restaurada la copia" in said for *_, said in tell_events(story))


def test_run_that_died_after_naming_finds_its_database_and_makes_no_other(asked: Town, server: Sinfa) -> None:
    start(asked).run()
    ledger = asked.office.book.ledger.path
    lines = ledger.read_bytes().splitlines(keepends=True)
    cut = next(place for place, line in enumerate(lines) if b'"restore.given"' in line)
    ledger.write_bytes(b"".join(lines[: cut + 1]))  # the power failed once the database had its name
    assert step(asked).describe()["status"] == "given"

    step(asked).run()

    assert restores(asked) == ["restore.planned", "restore.given", "restore.verified"]
    assert ask(server, "SELECT count(*) FROM pg_database WHERE datname LIKE 'copias_%'") == [(0,)]


def test_database_of_that_name_that_is_not_equal_never_counts(asked: Town, server: Sinfa) -> None:
    pending = start(asked)
    asked.office.book.record(CASE, "restore.given", {"restore": f"recuperacion-{CASE}-1", "database": DATABASE})
    ask(server, f"CREATE DATABASE {NEW}")

    with pytest.raises(BadInput, match="ya existe"):
        step(asked).run()

    assert pending.changes
    assert step(asked).changes
    assert [event.data["equal"] for event in asked.office.book.ledger.events_of({RESTORED})] == [False]


def test_database_of_that_name_before_anything_was_made_is_refused_though_it_is_equal(
    asked: Town, server: Sinfa
) -> None:
    pending = start(asked)
    ask(server, f"CREATE DATABASE {NEW} TEMPLATE sinfa")

    with pytest.raises(BadInput, match="ya existe"):
        pending.run()

    assert restores(asked) == ["restore.planned"]


def test_cancelled_while_it_restores_names_nothing(asked: Town, server: Sinfa) -> None:
    pending = start(asked)
    book = asked.office.book

    class Cancelling(RecoveryStep):
        """Somebody cancels the case once the plan is read."""

        def require_plan(self) -> t.Any:
            book.record(CASE, "case.held", {"reason": "espere"})
            return super().require_plan()

    with pytest.raises(NotReady):
        Cancelling(pending.office, pending.story).run()

    assert (NEW,) not in ask(server, "SELECT datname FROM pg_database")


def test_file_of_a_run_that_died_is_compared_and_counts(asked: Town, tmp_path: Path) -> None:
    pending = start(asked, f"{tmp_path}/volcado")
    pending.run()
    ledger = asked.office.book.ledger.path
    lines = ledger.read_bytes().splitlines(keepends=True)
    cut = next(place for place, line in enumerate(lines) if b'"restore.sinfa"' in line)
    ledger.write_bytes(b"".join(lines[:cut]))
    assert step(asked).describe()["status"] == "planned"

    step(asked).run()

    assert restores(asked) == ["restore.planned", "restore.given", "restore.verified"]
    assert asked.office.book.story(CASE).state is State.VERIFIED


def test_file_that_is_another_is_refused_and_stays(asked: Town, tmp_path: Path) -> None:
    pending = start(asked, f"{tmp_path}/volcado")
    copy = pending.describe()["copy"]
    (tmp_path / "volcado").mkdir(mode=0o700)
    other = tmp_path / "volcado" / f"{copy}.dump"
    other.write_bytes(b"de otro")

    with pytest.raises(Exception, match="no es el que se hizo"):
        pending.run()

    assert other.read_bytes() == b"de otro"
    assert step(asked).changes


def test_another_copy_may_be_chosen_until_one_is_proven(asked: Town, tmp_path: Path) -> None:
    choose(asked, f"{tmp_path}/uno")
    choose(asked, f"{tmp_path}/uno")
    start(asked).run()

    assert restores(asked).count("restore.planned") == 2
    with pytest.raises(NotReady, match="ya restauró"):
        choose(asked, f"{tmp_path}/otro")


def test_what_differs_is_removed_and_proves_nothing(asked: Town, server: Sinfa) -> None:
    pending = start(asked)
    copy = pending.describe()["copy"]
    kept = asked.office.deployment.copies / copy / "dump.json"
    facts = json.loads(kept.read_bytes())
    facts["tables"][0]["xor"] = str(int(facts["tables"][0]["xor"]) ^ 1)
    kept.write_text(json.dumps(facts))

    with pytest.raises(NotEqual):
        pending.run()

    assert asked.office.book.story(CASE).state is State.IN_PROGRESS
    assert (NEW,) not in ask(server, "SELECT datname FROM pg_database")
