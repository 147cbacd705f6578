"""The watch: silent while all is well, and otherwise an alarm that says what to do, once a day by mail."""

from __future__ import annotations

import re
import shutil
import typing as t
from collections import namedtuple
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from copias.case.claim import NIGHT, describe_process
from copias.cli.app import app
from copias.findings import list_findings, open_finding, treat_finding
from copias.letters import QUEUED, REJECTED, list_waiting_letters
from copias.night.report import FINISHED, STARTED, Ended, Item, NightReport, keep_report
from copias.night.silence import Watched, watch
from copias.night.silence_checks import check_disk, check_night, check_standing
from copias.night.telling import list_open_findings
from copias.night.told import TELLING, UNTOLD
from copias.office import Office
from tests.unit.night.conftest import LEAVE, describe, open_forged

NOTICES = {"notices": {"sender": "copias@valleclaro.example", "administrator": "admin@valleclaro.example"}}
NAS = Item(kind="store", name="nas", outcome="done")
Usage = namedtuple("Usage", "total used free")


def end(office: Office, run: str = "nightly-1", *, ended: Ended = "finished", only: tuple[str, ...] = ()) -> None:
    """Write into the ledger that a night ended now."""
    moment = datetime.now(UTC).isoformat()
    told = NightReport(run=run, started=moment, finished=moment, ended=ended, only=only, items=(NAS,))
    office.record(STARTED, {"run": run, "only": only})
    facts = {"run": run, "ended": ended, "only": only, "counts": told.counts, "failed": []}
    office.record(FINISHED, {**facts, "report": keep_report(office.deployment, told)})


def later(**passed: float) -> datetime:
    return datetime.now(UTC) + timedelta(**passed)


def names(seen: Watched) -> list[str]:
    return [alarm.name for alarm in seen.alarms]


def test_all_well_is_silent(office: Office) -> None:
    end(office)

    seen = watch(office)

    assert (seen.alarms, seen.troubles) == ([], [])
    assert list_open_findings(office) == []


def test_night_that_did_not_come_is_an_alarm_and_its_end_is_noticed(office: Office) -> None:
    end(office)
    seen = watch(office, now=later(hours=27))
    (opened,) = list_open_findings(office)

    end(office, "nightly-2")
    after = watch(office)

    assert names(seen) == ["noche"]
    assert "copias nightly" in seen.alarms[0].repair
    assert opened.about == "vigilancia-noche"
    assert names(after) == []
    assert list_open_findings(office) == []


@pytest.mark.parametrize("given", [{"ended": "broken"}, {"only": ("nas",)}])
def test_night_that_died_or_was_of_one_thing_is_no_sign_of_life(office: Office, given: dict[str, t.Any]) -> None:
    end(office)
    ledger = office.deployment.ledger
    lines = [orjson.loads(line) for line in ledger.read_bytes().splitlines()]
    first = datetime.fromisoformat(lines[0]["time"])

    end(office, "nightly-2", **given)
    seen = watch(office, now=first + timedelta(hours=26, minutes=1))

    assert "noche" in names(seen)


def test_machine_whose_first_night_never_came_is_told(office: Office) -> None:
    office.record("case.noted", {})

    seen = watch(office, now=later(hours=27))

    assert [alarm.why for alarm in seen.alarms if alarm.name == "noche"] == ["nunca ha terminado una"]


def test_ledger_that_is_gone_is_told(office: Office) -> None:
    seen = watch(office)

    assert names(seen) == ["bitacora"]
    assert "recover-state" in seen.alarms[0].repair
    assert seen.troubles
    assert not office.deployment.ledger.exists()


def test_ledger_that_was_changed_is_told_with_the_line(office: Office) -> None:
    end(office)
    path = office.deployment.ledger
    path.write_bytes(path.read_bytes().replace(b'"only":[]', b'"only":[1]', 1))

    seen = watch(office)

    assert "bitacora" in names(seen)
    assert "línea 2" in next(alarm.why for alarm in seen.alarms if alarm.name == "bitacora")


def test_ledger_that_cannot_be_written_still_gives_the_alarm(office: Office) -> None:
    end(office)
    office.deployment.ledger.write_bytes(b"nada\n")

    seen = watch(office)

    assert "bitacora" in names(seen)
    assert seen.troubles


def test_torn_last_line_is_no_alarm(office: Office) -> None:
    end(office)
    with office.deployment.ledger.open("ab") as stream:
        stream.write(b'{"n":3,"time":"20')

    assert names(watch(office)) == []


def test_clock_that_was_set_back_is_told(office: Office) -> None:
    end(office)

    seen = watch(office, now=later(hours=-2))

    assert "reloj" in names(seen)


def test_night_that_hangs_is_told(office: Office) -> None:
    end(office)
    office.record(STARTED, {"run": "nightly-2", "only": []})
    office.claims.take(NIGHT, "nightly-2", holder=describe_process(), account="a")

    soon, late = watch(office, now=later(hours=8)), watch(office, now=later(hours=10))

    assert names(soon) == []
    assert names(late) == ["cuelga"]
    assert late.alarms[0].repair.startswith("véala con `copias nightly --follow`")


def test_night_that_died_is_closed_and_told_once(office: Office) -> None:
    end(office)
    office.record(STARTED, {"run": "nightly-2", "only": []})
    (office.deployment.runs / "nightly-2").mkdir(parents=True)

    first, second = watch(office), watch(office)

    assert (names(first), names(second)) == (["muerta"], [])
    (_, died) = office.book.ledger.events_of({FINISHED})
    assert died.data["ended"] == "broken"


def test_finding_of_a_night_that_died_stays_until_a_later_one_came_to_its_end(office: Office) -> None:
    end(office)
    office.record(STARTED, {"run": "nightly-2", "only": []})
    (office.deployment.runs / "nightly-2").mkdir(parents=True)
    for _ in range(2):
        watch(office)
    waiting = [one.about for one in list_open_findings(office)]

    end(office, "nightly-3")
    watch(office)

    assert waiting == ["vigilancia-muerta"]
    assert list_open_findings(office) == []


def test_way_that_failed_is_tried_again_and_told_while_it_fails(tmp_path: Path) -> None:
    file = tmp_path / "ping.url"
    office = open_forged(tmp_path, night={"ping_url_file": str(file)})
    end(office)

    seen = watch(office)

    assert names(seen) == ["aviso-ping"]
    assert "ping_url_file" in seen.alarms[0].why
    assert len(list(office.book.ledger.events_of({TELLING, UNTOLD}))) >= 2


@pytest.mark.parametrize(
    ("free", "total", "alarms"), [(0.5, 100, 1), (4, 100, 1), (6, 100, 0), (25, 4000, 0), (15, 4000, 1)]
)
def test_disk_that_is_nearly_full_is_told(office: Office, free: float, total: float, alarms: int) -> None:
    usage = Usage(int(total * 2**30), 0, int(free * 2**30))

    found = list(check_disk(office, later(), usage=lambda _: usage))

    assert len(found) == alarms


def test_alarm_is_mailed_once_a_day_to_the_administrator(tmp_path: Path) -> None:
    office = open_forged(tmp_path, **NOTICES)
    end(office)
    noon = datetime.now(UTC).replace(hour=17, minute=0) + timedelta(days=2)
    for moment in (noon, noon + timedelta(hours=1), noon + timedelta(days=1)):
        watch(office, now=moment)

    queued = [event.data for event in office.book.ledger.events_of({QUEUED})]
    assert [one["subject"] for one in queued if "no hay noticia" in one["subject"]] == [
        "[copias] Alarma: no hay noticia de la noche de copias"
    ] * 2


def test_mail_that_does_not_go_out_is_said_so_that_crons_own_carries_it(tmp_path: Path) -> None:
    office = open_forged(tmp_path, **NOTICES)
    end(office)

    seen = watch(office, now=later(hours=27))

    assert any("el correo no salió" in trouble for trouble in seen.troubles)
    assert list_waiting_letters(office)


def test_letter_that_waits_for_more_than_a_day_is_told(tmp_path: Path) -> None:
    office = open_forged(tmp_path, **NOTICES)
    end(office)
    watch(office)  # queues the summary, and nobody takes it

    seen = watch(office, now=later(hours=25))

    assert names(seen) == ["bandeja"]
    assert "1 entregas" in seen.alarms[0].why


def test_letter_that_will_never_be_sent_is_told_for_a_day(office: Office) -> None:
    end(office)
    office.record(REJECTED, {"key": "x", "why": "la carta cambió", "repair": "mire"})

    assert names(watch(office)) == ["correo"]
    assert names(watch(office, now=later(hours=25))) == []
    assert [one.about for one in list_open_findings(office)] == ["vigilancia-correo"]


@pytest.mark.parametrize(("day", "alarms"), [("2026-12-31", []), ("2026-12-30", ["autorizacion"])])
def test_act_that_ended_is_told_for_nights_pass_over_its_mailboxes_in_silence(
    tmp_path: Path, day: str, alarms: list[str]
) -> None:
    leave = {**LEAVE, "until": day, "accounts": ["ana@valleclaro.example"]}
    mailboxes = {"domains": ["valleclaro.example"], "administrator": "a@valleclaro.example", "store": "nas"}
    office = open_forged(tmp_path, mailboxes={**mailboxes, "standing": leave})
    last_minute = datetime(2027, 1, 1, 4, 59, tzinfo=UTC)  # of the year, in Colombia

    found = list(check_standing(office, last_minute))

    assert [one.name for one in found] == alarms
    assert all("Resolución 100 de 2026" in one.why for one in found)


def test_first_event_of_a_clock_that_ran_ahead_does_not_put_the_alarm_off(office: Office) -> None:
    office.record("case.noted", {})
    path = office.deployment.ledger
    path.write_bytes(re.sub(rb'"time":"\d{4}', b'"time":"2036', path.read_bytes()))
    office.record("case.noted", {})

    found = check_night(office, later(hours=27))

    assert [alarm.name for alarm in found] == ["noche"]


def test_finding_of_an_alarm_is_not_opened_again_while_it_lasts(office: Office) -> None:
    end(office)
    for hours in (27, 28):
        watch(office, now=later(hours=hours))
    open_finding(office, about="nas", what="lleno")
    treat_finding(office, "H-2", action="se amplió")

    watch(office, now=later(hours=29))

    assert [one.finding for one in list_findings(office.book.ledger.events(), treated=True)] == ["H-1", "H-2"]


def test_check_that_cannot_be_made_is_an_alarm_and_hides_no_other(office: Office) -> None:
    end(office)
    shutil.rmtree(office.deployment.reports)

    seen = watch(office, now=later(hours=27))

    assert names(seen) == ["revision-reintento", "noche"]


def test_finding_stays_while_the_check_that_opened_it_cannot_be_made(tmp_path: Path) -> None:
    office = open_forged(tmp_path, **NOTICES)
    end(office)
    watch(office)  # queues the summary, and nobody takes it
    watch(office, now=later(hours=25))
    ledger = office.deployment.ledger
    whole = ledger.read_bytes()
    ledger.write_bytes(b"".join(b"nada\n" if n == 1 else line for n, line in enumerate(whole.splitlines(True))))

    seen = watch(office, now=later(hours=26))
    blind = [one.about for one in list_open_findings(office)]

    assert "revision-bandeja" in names(seen)
    assert "vigilancia-bandeja" in blind


def test_finding_of_a_check_that_could_not_be_made_ends_once_it_can(office: Office) -> None:
    end(office)
    reports = office.deployment.reports
    reports.rename(reports.with_name("aside"))
    watch(office)
    opened = [one.about for one in list_open_findings(office)]

    reports.with_name("aside").rename(reports)
    watch(office)

    assert opened == ["vigilancia-revision-reintento"]
    assert list_open_findings(office) == []


@pytest.fixture
def installed(tmp_path: Path) -> tuple[Office, list[str]]:
    """An office and the call that watches it."""
    office = open_forged(tmp_path)
    config = tmp_path / "copias.yml"
    config.write_text(orjson.dumps(describe(tmp_path)).decode())
    people = {"people": {office.actor.identity.account: {"name": "Ana Prueba", "role": "agent"}}}
    (tmp_path / "people.yml").write_text(orjson.dumps(people).decode())
    return office, ["watch", "--config", str(config)]


def test_command_is_silent_for_cron_and_exits_with_0(installed: tuple[Office, list[str]]) -> None:
    office, call = installed
    end(office)

    result = CliRunner().invoke(app, call)

    assert (result.exit_code, result.output) == (0, "")


def test_command_exits_with_1_and_says_what_to_do_on_the_error_stream(installed: tuple[Office, list[str]]) -> None:
    result = CliRunner().invoke(app, installed[1])

    assert result.exit_code == 1
    assert result.stdout == ""
    assert "ALARMA: la bitácora está vacía" in result.stderr
    assert "Qué hacer:" in result.stderr
