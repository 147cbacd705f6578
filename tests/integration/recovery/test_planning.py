"""What is given back is decided once, written down, and cannot be swapped under way; files and disasters included."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from copias.case.deciding import classify
from copias.case.intake import read_case
from copias.case.preflight import check_case
from copias.case.starting import plan_start
from copias.cli.app import app
from copias.errors import Altered, NotAllowed, NotReady
from copias.mailbox.restore.finding import find_messages
from copias.mailbox.restore.planning import Order, draft_restore
from copias.mailbox.restore.search import Query
from copias.mailbox.restore.step import plan_restore
from copias.office import Office
from copias.opened import OPENED
from copias.package import generate_key, public_path
from copias.people import Actor, Person, Role, read_identity
from copias_sandbox import control
from tests.integration.case.conftest import make_office
from tests.integration.recovery.conftest import CASE, IMPORT, MARTA, OTHER, Recovery, grant

LABEL = f"Recuperado caso {CASE}"


def copias(town: Recovery, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--config", str(town.config)], env={"COLUMNS": "200"})


def order(town: Recovery, **given: object) -> None:
    draft_restore(town.office, read_case(town.office, CASE), Order(**given)).record()  # type: ignore[arg-type]


def test_plan_without_a_start_can_be_replaced_and_the_last_one_counts(recovery: Recovery) -> None:
    find_messages(recovery.office, CASE, Query(), account=MARTA)
    order(recovery, query=Query())

    order(recovery, numbers=(1, 2))

    story = recovery.office.book.story(CASE)
    assert [one.messages for one in story.restores] == [len(recovery.copied), 2]
    assert story.restore is story.restores[-1]


def test_same_plan_is_recorded_once(recovery: Recovery) -> None:
    order(recovery, query=Query())

    order(recovery, query=Query())

    assert recovery.events().count("restore.planned") == 1


def test_plan_that_was_begun_is_not_swapped_for_another(recovery: Recovery) -> None:
    find_messages(recovery.office, CASE, Query(), account=MARTA)
    recovery.plan(numbers=(1, 2)).run()

    with pytest.raises(NotReady, match="otra selección"):
        order(recovery, query=Query())


def test_list_that_somebody_changed_gives_nothing_back(recovery: Recovery) -> None:
    step = recovery.plan(query=Query())
    (file,) = recovery.office.deployment.state.glob("recoveries/*/messages.json")
    file.write_bytes(orjson.dumps(orjson.loads(file.read_bytes())[:-1]))

    with pytest.raises(Altered, match="no sirve"):
        step.run()

    assert recovery.admin.calls(IMPORT) == []


def test_case_without_a_plan_does_not_start_and_says_which_verbs_make_one(recovery: Recovery) -> None:
    preflight = check_case(recovery.office, read_case(recovery.office, CASE))

    with pytest.raises(NotReady, match="qué se devuelve") as refused:
        preflight.require(CASE)

    assert f"copias find --case {CASE}" in refused.value.repair


def test_started_case_cannot_be_given_to_another_account_by_a_change_of_words(recovery: Recovery) -> None:
    recovery.plan(query=Query())
    recovery.end_run()
    classify(recovery.office, CASE, kind="recovery", subject=OTHER, mode=None)
    grant(recovery.office)

    preflight = check_case(recovery.office, read_case(recovery.office, CASE))

    assert "mismo origen" in [check.name for check in preflight.failed]


def test_forecast_says_messages_calls_and_units(recovery: Recovery) -> None:
    order(recovery, query=Query())

    forecast = check_case(recovery.office, read_case(recovery.office, CASE)).forecast

    count = len(recovery.copied)
    assert forecast is not None
    assert (forecast.messages, forecast.calls, forecast.units) == (count, 2 * count, 45 * count)


def test_files_are_fetched_from_the_stored_package_by_ranges(recovery: Recovery, tmp_path: Path) -> None:
    recovery.forget_mirror()
    found = find_messages(recovery.office, CASE, Query(), account=MARTA)
    folder = tmp_path / "para Marta"

    recovery.plan(numbers=(3, 7), folder=folder).run()

    files = list(folder.iterdir())
    assert {path.suffix for path in files} == {".eml"}
    assert {hashlib.sha256(path.read_bytes()).hexdigest() for path in files} == {
        recovery.copied[found.messages[number].id] for number in (3, 7)
    }
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert recovery.admin.calls(IMPORT) == []


def test_package_alone_is_given_back_by_a_new_installation_with_an_empty_ledger(
    recovery: Recovery, home: Path, tmp_path: Path
) -> None:
    package = next((tmp_path / "nas").rglob("*.zip"))
    signer = public_path(recovery.office.deployment.signing_key)
    new = make_office(control.required(home), tmp_path / "new" / "inventory" / "copias.yml", notices=None)
    classify(new, CASE, kind="recovery", subject=MARTA, mode=None)

    with pytest.raises(Altered):
        draft_restore(new, read_case(new, CASE), Order(query=Query(), package=package))
    draft_restore(new, read_case(new, CASE), Order(query=Query(), package=package, keys=(signer,))).record()
    plan_start(new, CASE).run()
    plan_restore(new, CASE).run()

    assert recovery.held(LABEL) == sorted(recovery.copied.values())
    assert [event.event for event in new.book.story(CASE).events if event.event.startswith("restore.")] == [
        "restore.planned",
        "restore.given",
        "restore.verified",
    ]


def test_package_from_outside_is_an_administrators_to_bring(recovery: Recovery, tmp_path: Path) -> None:
    package = next((tmp_path / "nas").rglob("*.zip"))
    agent = Office(recovery.office.deployment, Actor(read_identity(), Person(name="Ana", role=Role.AGENT)))

    with pytest.raises(NotAllowed):
        draft_restore(agent, read_case(agent, CASE), Order(query=Query(), package=package))


def test_package_that_a_stranger_signed_gives_nothing_back(recovery: Recovery, tmp_path: Path) -> None:
    package = next((tmp_path / "nas").rglob("*.zip"))
    generate_key(tmp_path / "stranger.pem")
    own = recovery.office.deployment.signing_key
    public_path(own).write_bytes(public_path(tmp_path / "stranger.pem").read_bytes())

    with pytest.raises(Altered, match="firma"):
        draft_restore(recovery.office, read_case(recovery.office, CASE), Order(query=Query(), package=package))


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("--pick", "1", "--all"), "no van juntos"),
        (("--all", "--label", "INBOX"), "no van juntos"),
        (("--pick", "1", "--copy", "x"), "--pick va solo"),
        (("--to", OTHER), "no se dijo qué devolver"),
        (("--all", "--eml", "/tmp/x", "--to", OTHER), "--eml no va con --to"),
        (("--all", "--to", "alguien@otra.example"), "no es una cuenta de la organización"),
        (("--all", "--under", "INBOX"), "no se puede usar esa etiqueta"),
        (("--label", "no existe"), "no hay mensajes así"),
        (("--pick", "77"), "no hay un mensaje con ese número"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_options_that_cannot_be_meant_are_a_usage_error(recovery: Recovery, words: tuple[str, ...], fault: str) -> None:
    call = copias(recovery, "restore", CASE, *words, "--yes", "--json")

    assert call.exit_code == 2, call.stdout
    assert fault in orjson.loads(call.stdout)["what"]
    assert "restore.planned" not in recovery.events()


def test_check_tells_and_records_nothing_but_that_the_copy_was_looked_into(recovery: Recovery) -> None:
    before = recovery.events()

    call = copias(recovery, "restore", CASE, "--all", "--check", "--json")

    told = orjson.loads(call.stdout)
    assert (told["pending"], told["to"], told["label"]) == (len(recovery.copied), MARTA, LABEL)
    assert recovery.events() == before
    (opened,) = recovery.office.book.ledger.events_of({OPENED})
    assert (opened.data["copy"], opened.data["by"], opened.data["case"]) == (
        f"espejo de {MARTA}",
        "copias restore",
        CASE,
    )


@pytest.mark.parametrize(
    ("words", "some"),
    [(("--since", "01/01/2000", "--until", "31/12/2098"), True), (("--since", "31/12/2098"), False)],
    ids=["all days", "a day to come"],
)
def test_first_day_chooses_what_is_given_back(recovery: Recovery, words: tuple[str, ...], *, some: bool) -> None:
    call = copias(recovery, "restore", CASE, *words, "--check", "--json")

    told = orjson.loads(call.stdout)
    assert call.exit_code == (0 if some else 2)
    assert told["pending"] == len(recovery.copied) if some else told["what"] == "no hay mensajes así en la copia"


def test_package_of_a_file_is_given_back_by_the_verb_with_the_key_that_signed_it(
    recovery: Recovery, home: Path, tmp_path: Path
) -> None:
    package = next((tmp_path / "nas").rglob("*.zip"))
    signer = public_path(recovery.office.deployment.signing_key)
    config = tmp_path / "new" / "inventory" / "copias.yml"
    new = make_office(control.required(home), config, notices=None)
    classify(new, CASE, kind="recovery", subject=MARTA, mode=None)
    words = ("restore", CASE, "--all", "--package", str(package), "--check", "--json", "--config", str(config))

    strange = CliRunner().invoke(app, words)
    known = CliRunner().invoke(app, [*words, "--key", str(signer)])

    assert orjson.loads(strange.stdout)["error"] == "Altered"
    assert strange.exit_code != 0
    assert (known.exit_code, orjson.loads(known.stdout)["pending"]) == (0, len(recovery.copied))


def test_nothing_chosen_and_nothing_planned_says_how_to_choose(recovery: Recovery) -> None:
    call = copias(recovery, "restore", CASE, "--yes", "--json")

    assert call.exit_code == 3
    assert "--pick" in orjson.loads(call.stdout)["repair"]


def test_killed_in_the_middle_the_next_run_gives_no_message_twice(recovery: Recovery) -> None:
    recovery.admin.fault("latency", IMPORT, times=0, seconds=20)
    step = recovery.plan(query=Query())
    program = (
        "import sys; from pathlib import Path\n"
        "from copias.office import open_office\n"
        "from copias.mailbox.restore.step import plan_restore\n"
        f"plan_restore(open_office(Path(sys.argv[1])), {CASE!r}).run()\n"
    )
    for _ in range(2):
        _kill_when_some_are_there(recovery, [sys.executable, "-c", program, str(recovery.config)])
    recovery.admin.clear_faults()
    there = len(recovery.held(LABEL))

    recovery.step().run()

    assert 0 < there < len(recovery.copied)
    assert step.changes
    assert recovery.held(LABEL) == sorted(recovery.copied.values())


def _kill_when_some_are_there(town: Recovery, command: list[str]) -> None:
    """Run a program until it has given a few messages more than were there, and kill it."""
    before, deadline = len(town.held(LABEL)), time.monotonic() + 30
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while len(town.held(LABEL)) <= before and time.monotonic() < deadline:
            assert process.poll() is None
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
