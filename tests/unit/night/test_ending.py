"""The end of a night: all that was due is told, silence is never success, and the end comes once."""

from __future__ import annotations

import os
import subprocess
import sys
import typing as t
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from copias.case.claim import NIGHT, describe_process
from copias.errors import AlreadyRunning, BadInput, LedgerBroken, NotReady
from copias.night.beginning import begin_night, plan_beginning
from copias.night.ending import close_dead_nights, close_run, end_night
from copias.night.outcome import publish_error, publish_outcome
from copias.night.report import FINISHED, STARTED, NightReport, read_report, report_file
from copias.night.stepping import NightEnded, do_step
from copias.office import Office
from copias.run.folder import RunFolder, new_run
from tests.unit.night.conftest import LEAVE, open_forged

HOSTS = ("control", "hacienda", "nomina", "nas")
GOOD = {"changed": True, "error": None}
ANA, LUZ = "ana.prueba@valleclaro.example", "luz.prueba@valleclaro.example"


def start(
    office: Office, monkeypatch: pytest.MonkeyPatch, *, only: tuple[str, ...] = (), hosts: tuple[str, ...] = HOSTS
) -> RunFolder:
    """Begin a night in this process, as a step of its playbook does."""
    folder = new_run(
        office.deployment.runs, playbook="nightly.yml", case="", config=Path("c"), check=False, account="a", only=only
    )
    folder.write_supervisor(describe_process())
    monkeypatch.setenv("COPIAS_RUN", folder.path.name)
    monkeypatch.setenv("COPIAS_PROGRESS", str(folder.progress))
    begin_night(office, hosts, config=Path("c"))
    return folder


def die(folder: RunFolder, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a night belong to a process that is gone, as after a power cut."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        gone = describe_process(process.pid)
        process.kill()
    folder.write_supervisor(gone)
    office.claims.take(NIGHT, folder.path.name, holder=gone, account="a")
    monkeypatch.delenv("COPIAS_RUN")
    monkeypatch.delenv("COPIAS_PROGRESS")


def outcomes(report: NightReport) -> dict[str, str]:
    return {item.name: item.outcome for item in report.items}


def names(office: Office) -> list[str]:
    return [event.event for event in office.book.ledger.events_of({STARTED, FINISHED})]


def test_what_was_due_and_of_which_nothing_was_heard_failed(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = start(office, monkeypatch)
    publish_outcome(office, "hacienda", {**GOOD, "copy": "noche-hacienda-1", "bytes": 7, "seconds": 1.5})
    publish_outcome(office, "outbox", {"changed": False, "error": None})

    report = end_night(office, folder)

    told = outcomes(report)
    assert (told.pop("hacienda"), told.pop("outbox")) == ("done", "unchanged")
    assert told == dict.fromkeys(["nas", "nomina", "principal-check", "principal-state", "retention"], "failed")
    assert all(item.error for item in report.items if not item.good)
    assert not report.good


def test_end_comes_once_and_its_report_is_the_one_that_the_ledger_vouches_for(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = start(office, monkeypatch)
    first = end_night(office, folder)
    publish_outcome(office, "hacienda", GOOD)

    again = close_run(office, folder)

    assert again == first
    assert names(office) == [STARTED, FINISHED]
    (finished,) = office.book.ledger.events_of({FINISHED})
    assert read_report(office.deployment, folder.path.name, finished.data["report"]) == first
    assert finished.data["failed"]


def test_report_that_somebody_changed_is_refused(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = start(office, monkeypatch)
    end_night(office, folder)
    path = report_file(office.deployment, folder.path.name)
    path.write_bytes(path.read_bytes().replace(b'"failed"', b'"unchanged"'))

    with pytest.raises(LedgerBroken, match="el informe de una noche no es"):
        end_night(office, folder)


def test_late_night_postpones_what_it_did_not_come_to(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = start(office, monkeypatch)
    publish_outcome(office, "hacienda", GOOD)
    folder.late_mark.touch()
    with pytest.raises(NightEnded, match="la noche terminó antes") as caught:
        do_step(office, ["nomina"], lambda: pytest.fail("it was begun"))

    report = end_night(office, folder)

    assert caught.value.exit_code == 75
    assert report.ended == "late"
    told = outcomes(report)
    assert told.pop("hacienda") == "done"
    assert set(told.values()) == {"postponed"}


def test_night_that_died_is_ended_by_the_next_one_and_nothing_of_it_passes_for_good(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = start(office, monkeypatch)
    publish_outcome(office, "hacienda", GOOD)
    die(dead, office, monkeypatch)

    start(office, monkeypatch)

    assert names(office) == [STARTED, FINISHED, STARTED]
    (finished,) = office.book.ledger.events_of({FINISHED})
    report = read_report(office.deployment, dead.path.name, finished.data["report"])
    assert report.ended == "broken"
    assert outcomes(report)["hacienda"] == "done"
    assert outcomes(report)["nomina"] == "failed"
    assert close_dead_nights(office) == []


def test_night_that_runs_is_not_taken_for_dead(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    start(office, monkeypatch)

    assert close_dead_nights(office) == []
    assert names(office) == [STARTED]


def test_second_night_is_refused_and_told_who_runs_the_first(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    first = start(office, monkeypatch)
    monkeypatch.setenv("COPIAS_RUN", "night-another")

    with pytest.raises(AlreadyRunning, match=first.path.name) as caught:
        begin_night(office, HOSTS, config=Path("c"))

    assert office.actor.identity.account in caught.value.why
    assert "copias nightly --follow" in caught.value.repair
    assert names(office) == [STARTED]


def test_night_by_hand_holds_the_night_and_has_a_folder_of_its_own(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COPIAS_RUN", raising=False)
    monkeypatch.delenv("COPIAS_PROGRESS", raising=False)

    begin_night(office, HOSTS, config=Path("c"))
    publish_outcome(office, "hacienda", GOOD)

    claim = office.claims.active(NIGHT)
    assert claim is not None
    assert claim.holder.pid == os.getpid()
    report = end_night(office, RunFolder(office.deployment.runs / claim.run))
    assert outcomes(report)["hacienda"] == "done"


def test_night_without_this_machine_is_refused_with_the_way_to_ask_for_it(office: Office) -> None:
    with pytest.raises(BadInput) as caught:
        plan_beginning(office, ["hacienda"])

    assert "--limit hacienda,control" in caught.value.repair


def test_night_that_a_limit_left_few_of_does_not_pass_for_one_of_everything(office: Office) -> None:
    assert plan_beginning(office, ["control", "hacienda"]).only == ("hacienda",)
    assert plan_beginning(office, ["control"]).only == ("control",)
    assert plan_beginning(office, HOSTS).only == ()


def test_night_that_a_limit_left_mailboxes_out_of_does_not_pass_for_one_of_everything(tmp_path: Path) -> None:
    office = open_mirrored(tmp_path)

    assert plan_beginning(office, ["control", ANA]).only == ("control",)
    assert plan_beginning(office, [*HOSTS, ANA], left_out=1).only == ("hacienda", "nomina", "nas")
    assert plan_beginning(office, [*HOSTS, ANA]).only == ()


def test_night_of_one_thing_that_never_began_has_no_end_and_lets_the_night_go(office: Office) -> None:
    folder = ask(office, only=("hacienda",))
    office.claims.take(NIGHT, folder.path.name, holder=describe_process(), account="a")

    assert close_run(office, folder) is None
    assert office.claims.active(NIGHT) is None


def test_torn_line_of_the_ledger_keeps_no_night_from_being_ended(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = start(office, monkeypatch)
    with office.deployment.ledger.open("ab") as stream:
        stream.write(b'{"n":2,"time":"2026')

    end_night(office, folder)

    assert names(office) == [STARTED, FINISHED]
    office.book.ledger.verify()


def test_whole_call_of_mirrors_is_told_of_only_when_no_account_is(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = start(office, monkeypatch)
    publish_error(office, "mirrors", NotReady("la llave no sirve", whose="google"))

    report = end_night(office, folder)

    assert outcomes(report)["mirrors"] == "failed"


def test_due_things_are_written_down_before_anything_is_done(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = start(office, monkeypatch)

    assert orjson.loads((folder.due / "database.json").read_bytes()) == ["hacienda", "nomina"]
    assert orjson.loads((folder.due / "store.json").read_bytes()) == ["nas"]


def open_mirrored(folder: Path, *, until: str = "2099-12-31") -> Office:
    """Return an office whose mailboxes are mirrored by a standing leave."""
    standing = {**LEAVE, "until": until, "accounts": [ANA]}
    settings = {"domains": ["valleclaro.example"], "administrator": ANA, "store": "nas", "standing": standing}
    return open_forged(folder, mailboxes=settings)


def test_mirrors_that_somebody_ordered_are_due_though_the_inventory_has_no_mailbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = open_mirrored(tmp_path)

    folder = start(office, monkeypatch)

    assert plan_beginning(office, HOSTS).to_dict()["steps"][0] == "mirrors"
    assert outcomes(end_night(office, folder))["mirrors"] == "failed"


def test_mirrors_are_not_due_of_a_leave_that_ended_nor_in_a_night_of_other_things(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = open_mirrored(tmp_path / "ended", until="2026-01-31")
    office = open_mirrored(tmp_path / "limited")

    folder = start(office, monkeypatch, only=("retention",), hosts=("control",))

    assert "mirrors" not in plan_beginning(ended, HOSTS, always=True).to_dict()["steps"]
    assert list(outcomes(end_night(office, folder))) == ["retention"]


def test_account_that_was_asked_for_and_is_not_in_the_inventory_failed_and_the_other_did_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = open_mirrored(tmp_path)
    folder = start(office, monkeypatch, only=(ANA, LUZ), hosts=("control", LUZ))
    folder.mailboxes.write_bytes(orjson.dumps({LUZ: GOOD}))

    report = end_night(office, folder)

    assert {item.name: (item.kind, item.outcome) for item in report.items} == {
        ANA: ("mailbox", "failed"),
        LUZ: ("mailbox", "done"),
    }
    (missing,) = (item.error for item in report.items if item.name == ANA)
    assert missing
    assert "no está entre los equipos del inventario" in missing["what"]


@pytest.mark.parametrize("asked", ["mirrors", "directory"])
def test_mirrors_that_were_asked_for_and_never_came_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    office = open_mirrored(tmp_path)
    folder = start(office, monkeypatch, only=(asked,), hosts=("control",))

    report = end_night(office, folder)

    assert outcomes(report) == {"mirrors": "failed"}


# Killed before it began


def ask(
    office: Office, *, check: bool = False, only: tuple[str, ...] = (), ago: timedelta = timedelta(), known: bool = True
) -> RunFolder:
    """Leave the folder of a run that was killed before its playbook said a word."""
    folder = new_run(
        office.deployment.runs, playbook="nightly.yml", case="", config=Path("c"), check=check, account="a", only=only
    )
    asked = orjson.loads((folder.path / "request.json").read_bytes())
    asked["started"] = (datetime.now(UTC) - ago).isoformat()
    (folder.path / "request.json").write_bytes(orjson.dumps(asked))
    if known:
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
            folder.write_supervisor(describe_process(process.pid))
            process.kill()
    return folder


@pytest.mark.parametrize("known", [True, False], ids=["its process died", "no process ever came"])
def test_night_that_was_killed_before_it_began_is_told_once_as_broken(office: Office, *, known: bool) -> None:
    dead = ask(office, known=known, ago=timedelta(hours=1))

    (report,) = close_dead_nights(office)

    assert (report.run, report.ended, report.good) == (dead.path.name, "broken", False)
    assert report.started == dead.request.started
    assert close_dead_nights(office) == []
    assert names(office) == [FINISHED]


@pytest.mark.parametrize(
    "options",
    [{"check": True}, {"only": ("hacienda",)}, {"ago": timedelta(days=9)}, {"known": False}],
    ids=["only looked", "of one thing", "no news any more", "starting right now"],
)
def test_run_that_is_no_lost_night_is_not_told(office: Office, options: dict[str, t.Any]) -> None:
    ask(office, **options)

    assert close_dead_nights(office) == []


def test_folder_of_which_only_half_was_made_stops_nothing(office: Office) -> None:
    half = ask(office, ago=timedelta(hours=1))
    (half.path / "request.json").write_bytes(b"{")

    assert close_dead_nights(office) == []


def test_supervisor_whose_playbook_never_began_tells_of_the_night(office: Office) -> None:
    folder = ask(office)
    folder.write_supervisor(describe_process())

    report = close_run(office, folder)

    assert report is not None
    assert report.ended == "broken"
