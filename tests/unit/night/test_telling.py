"""What a night says: findings that open and close, a summary that starts with the red, and nobody told twice."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from copias.drill.history import PASSED, Drill
from copias.findings import list_findings, open_finding, treat_finding
from copias.ledger.chain import Head
from copias.ledger.witnesses import find_heads
from copias.letters import list_waiting_letters
from copias.night.report import FINISHED, Ended, Item, NightReport, keep_report
from copias.night.summary import SHOWN, say_trouble, write_summary
from copias.night.telling import MOST, list_late_drills, list_open_findings, tell_again, tell_night
from copias.office import Office
from tests.unit.night.conftest import forge_copy, open_forged

ERROR = {"what": "el servidor no respondió", "why": "rechazó la conexión", "repair": "revise la red", "exit_code": 75}
HEAD = Head(41, "ab" * 32)


def item(name: str = "hacienda", *, good: bool = False, last_good: str = "") -> Item:
    outcome, error = ("done", None) if good else ("failed", ERROR)
    return Item(kind="database", name=name, outcome=outcome, last_good=last_good, error=error)  # type: ignore[arg-type]


def report(
    *items: Item, run: str = "nightly-1", day: int = 26, ended: Ended = "finished", only: tuple[str, ...] = ()
) -> NightReport:
    started, finished = (f"2030-11-{day}T0{hour}:30:00+00:00" for hour in (3, 5))
    return NightReport(run=run, started=started, finished=finished, ended=ended, only=only, items=items)


def end(office: Office, told: NightReport) -> None:
    """End a night as its closing does."""
    facts = {"run": told.run, "ended": told.ended, "only": told.only, "counts": told.counts, "failed": []}
    office.record(FINISHED, {**facts, "report": keep_report(office.deployment, told)})
    tell_night(office, told)


def write(told: NightReport, **given: str) -> str:
    return write_summary(told, entity="Alcaldía", head=HEAD, whom_to_call=given.get("call", "")).text


def test_night_that_wants_something_has_one_line_of_it_and_a_good_one_has_none() -> None:
    waits = Item(kind="mailbox", name="ana@example.test", outcome="postponed", error=ERROR)

    good = say_trouble(report(item(good=True)))
    wanting = say_trouble(report(item(), item("nas", good=True), waits))
    late = say_trouble(report(item(good=True), ended="late"))

    assert good == ""
    assert "completa: 1 falla de 3; 1 sin hacer: hacienda, ana@example.test." in wanting
    assert "completa: la noche no terminó dentro de su tiempo." in late


def test_failure_opens_one_finding_that_stays_until_the_next_success(office: Office) -> None:
    end(office, report(item(), run="n1", day=24))
    end(office, report(item(), run="n2", day=25))
    (opened,) = list_open_findings(office)

    end(office, report(item(good=True), run="n3", day=26))

    assert opened.about == "hacienda"
    assert "copias nightly --only hacienda" in opened.repair
    (treated,) = list_findings(office.book.ledger.events(), treated=True)
    assert treated.action == "salió bien en la noche n3"


def test_success_leaves_the_findings_of_others_and_of_other_sorts_open(office: Office) -> None:
    end(office, report(item(), item("nomina"), run="n1", day=24))
    open_finding(office, about="hacienda", what="los datos son viejos")

    end(office, report(item(good=True), item("nomina"), run="n2", day=25))

    assert [one.about for one in list_open_findings(office)] == ["nomina", "hacienda"]


def without(office: Office, database: str, **changes: object) -> Office:
    """Return the office once a database, or its repository, is gone from copias.yml."""
    known = dict(office.deployment.databases)
    gone = known.pop(database)
    left = {**known, database: gone.model_copy(update=changes)} if changes else known
    return Office(office.deployment.model_copy(update={"databases": left}), office.actor)


@pytest.mark.parametrize("changes", [{}, {"repository": None}], ids=["gone", "without_repository"])
def test_database_that_nights_do_not_copy_any_more_is_told_until_somebody_says_why(
    office: Office, changes: dict[str, object]
) -> None:
    forge_copy(office, "hacienda", datetime.now(UTC) - timedelta(days=2))
    later = without(office, "hacienda", **changes)
    for run in ("n1", "n2"):
        end(later, report(item("nomina", good=True), run=run))
    (opened,) = list_open_findings(later)

    treat_finding(later, opened.finding, action="se retiró el sistema")
    end(later, report(item("nomina", good=True), run="n3"))

    assert opened.about == "hacienda"
    assert "copias.yml; su última copia nocturna es del" in opened.why
    assert list_open_findings(later) == []


def test_database_that_nights_copy_again_needs_nobody_to_say_why(office: Office) -> None:
    forge_copy(office, "hacienda", datetime.now(UTC) - timedelta(days=2))
    end(without(office, "hacienda"), report(item("nomina", good=True), run="n1"))

    end(office, report(item("nomina", good=True), run="n2"))

    assert list_open_findings(office) == []


def test_night_told_again_opens_nothing_that_a_person_treated_meanwhile(office: Office) -> None:
    told = report(item())
    end(office, told)
    treat_finding(office, "H-1", action="se cambió el cable")

    tell_night(office, told)
    tell_again(office)

    assert list_open_findings(office) == []


def test_old_good_night_told_again_treats_nothing_that_failed_since(office: Office) -> None:
    end(office, report(item(good=True), run="n1", day=24))
    end(office, report(item(), run="n2", day=25))

    tell_again(office)

    assert [one.about for one in list_open_findings(office)] == ["hacienda"]


def test_old_failure_that_was_never_told_opens_nothing_for_what_went_well_since(office: Office) -> None:
    late = report(item(), run="n1", day=24)
    facts = {"run": "n1", "ended": "finished", "only": (), "counts": late.counts, "failed": ["hacienda"]}
    office.record(FINISHED, {**facts, "report": keep_report(office.deployment, late)})
    end(office, report(item(good=True), run="n2", day=25))

    tell_again(office)

    assert list_open_findings(office) == []


def test_thousands_of_failures_are_a_hundred_findings_and_one_that_counts_the_rest(office: Office) -> None:
    many = [Item(kind="mailbox", name=f"a{n}@x.co", outcome="failed", error=ERROR) for n in range(5000)]
    end(office, report(*many, run="n1", day=24))
    opened = list_open_findings(office)

    end(office, report(*[Item(kind="mailbox", name=one.name, outcome="done") for one in many], run="n2", day=25))

    assert len(opened) == MOST + 1
    assert opened[-1].why == "5000 en la noche n1"
    assert list_open_findings(office) == []


@pytest.fixture
def writing(tmp_path: Path) -> Office:
    """An office that sends mail to nobody who answers: what it queues stays."""
    notices = {"sender": "copias@valleclaro.example", "administrator": "admin@valleclaro.example"}
    key = tmp_path / "key.json"
    key.write_text("{}")
    key.chmod(0o600)
    google = {"key_file": str(key), "endpoint": "http://127.0.0.1:1"}
    return open_forged(tmp_path, notices=notices, google=google)


def test_summary_waits_for_gmail_and_is_queued_once(writing: Office) -> None:
    told = report(item(), run="Nightly-1")
    end(writing, told)

    tell_night(writing, told)

    (key,) = list_waiting_letters(writing)
    assert key.startswith("noche-nightly-1.")
    (event,) = writing.book.ledger.events_of({"letter.queued"})
    assert event.data["subject"] == "[copias] Noche del 25/11/2030: 1 falla de 1"


def test_night_that_nobody_heard_of_is_told_however_often_its_failures_were_repeated_since(writing: Office) -> None:
    unheard = report(item())
    facts = {"run": unheard.run, "ended": "finished", "only": (), "counts": unheard.counts, "failed": ["hacienda"]}
    writing.record(FINISHED, {**facts, "report": keep_report(writing.deployment, unheard)})
    for count in range(4):
        end(writing, report(item(), run=f"nightly-again-{count}", only=("hacienda",)))

    tell_again(writing)

    assert len(list_waiting_letters(writing)) == 1


def test_night_of_one_thing_is_told_to_nobody_by_mail(writing: Office) -> None:
    end(writing, report(item(), only=("hacienda",)))

    assert list_waiting_letters(writing) == {}
    assert [one.about for one in list_open_findings(writing)] == ["hacienda"]


def test_each_recipient_has_a_letter_of_his_own_however_the_list_changes(writing: Office) -> None:
    told = report(item())
    end(writing, told)
    more = {"night": {"summary_to": ["otra@valleclaro.example", "ADMIN@valleclaro.example"]}}
    notices = {"sender": "copias@valleclaro.example", "administrator": "admin@valleclaro.example"}
    changed = open_forged(writing.deployment.state.parent, notices=notices, **more)

    end(changed, report(item(), run="nightly-2"))

    told_to = [event.data["to"] for event in writing.book.ledger.events_of({"letter.queued"})]
    assert sorted(told_to[1:]) == ["admin@valleclaro.example", "otra@valleclaro.example"]


def test_way_that_fails_hides_no_other_and_raises_nothing(tmp_path: Path) -> None:
    missing = {"ping_url_file": str(tmp_path / "no"), "metrics_file": str(tmp_path / "no" / "x.prom")}
    office = open_forged(tmp_path, night={**missing, "heartbeat_tab": "Latido"})

    end(office, report(item()))

    untold = {event.data["way"] for event in office.book.ledger.events_of({"night.untold"})}
    assert untold == {"heartbeat", "ping"}
    assert len(list_open_findings(office)) == 1


def test_report_that_is_gone_raises_nothing_while_it_is_told(office: Office) -> None:
    told = report(item())
    shutil.rmtree(office.deployment.state, ignore_errors=True)
    office.deployment.state.parent.mkdir(exist_ok=True)
    office.deployment.state.write_bytes(b"")  # a file where the folder was

    tell_night(office, told)

    assert office.deployment.state.read_bytes() == b""


def test_red_line_says_what_is_lost_since_when_how_to_repeat_and_whom_to_call() -> None:
    told = report(item(last_good="2030-11-24T04:00:00+00:00"), item("nomina", good=True))

    text = write(told, call="Ana, ext. 12")

    red = text[text.index("CON FALLAS") : text.index("EN ORDEN")].splitlines()
    assert red[1:6] == [
        "* base de datos hacienda: el servidor no respondió: rechazó la conexión",
        "  última copia buena: 23/11/2030 23:00 (hace 2 días)",
        "  Qué hacer: revise la red",
        "  Repetir: copias nightly --only hacienda",
        "  Llamar a: Ana, ext. 12",
    ]
    assert "EN ORDEN: 1 base de datos." in text


def test_thing_without_any_good_copy_is_told_as_such() -> None:
    assert "no tiene ninguna copia buena" in write(report(item()))


def test_summary_is_a_witness_of_the_ledger() -> None:
    assert list(find_heads(write(report(item(good=True))))) == [HEAD]


@pytest.mark.parametrize(
    ("told", "subject"),
    [
        (report(item(good=True)), "todo en orden"),
        (report(item(), item("b"), item("c", good=True)), "2 fallas de 3"),
        (report(item(good=True), ended="broken"), "la noche murió antes de terminar"),
        (report(Item(kind="mailbox", name="a@x.co", outcome="postponed", error=ERROR)), "1 sin hacer"),
    ],
)
def test_subject_says_it(told: NightReport, subject: str) -> None:
    draft = write_summary(told, entity="A", head=HEAD, whom_to_call="")

    assert draft.subject == f"[copias] Noche del 25/11/2030: {subject}"


def test_summary_names_the_repositories_that_no_night_thins() -> None:
    told = report(item(good=True))

    draft = write_summary(told, entity="A", head=HEAD, whom_to_call="", unretained=["nas<i>"])

    assert "SIN RETENCIÓN POR LA NOCHE, porque solo agregan: nas<i>." in draft.text
    assert "solo agregan: nas&lt;i&gt;" in draft.html
    assert "solo agregan" not in write(told)


def test_hostile_text_is_neither_markup_nor_a_line_of_its_own() -> None:
    error = {"what": "<script>x</script>", "why": "a\r\nBcc: b@x.co\n\nEN ORDEN: todo\u202e", "repair": "<b>"}
    told = report(Item(kind="mailbox", name="o'brien; rm@x.co", outcome="failed", error=error))

    draft = write_summary(told, entity="<i>A</i>", head=HEAD, whom_to_call="<u>")

    assert "<script" not in draft.html
    assert "<b>" not in draft.html.replace("<b>Atención", "").replace("<b>buzón", "").replace("<b>&lt;i", "")
    assert draft.text.count("\nEN ORDEN") == 1
    assert "\u202e" not in draft.text + draft.html
    assert "copias nightly --only 'o'\"'\"'brien; rm@x.co'" in draft.text


def test_five_thousand_failures_are_a_short_mail() -> None:
    error = {"what": "x" * 5000, "why": "y" * 5000, "repair": "z" * 5000}
    items = [Item(kind="mailbox", name=f"a{n}@x.co", outcome="failed", error=error) for n in range(5000)]

    draft = write_summary(report(*items), entity="A", head=HEAD, whom_to_call="")

    assert draft.text.count("Repetir:") == SHOWN
    assert f"… y {5000 - SHOWN} más" in draft.text
    assert len(draft.text) + len(draft.html) < 100_000
    assert "5000 fallas de 5000" in draft.subject


def test_database_whose_restore_was_never_tried_is_told(writing: Office) -> None:
    end(writing, report(item(good=True)))

    (letter,) = (writing.deployment.state / "letters").iterdir()
    assert b"SIMULACROS VENCIDOS" in letter.read_bytes()


def test_drill_of_the_oldest_copy_does_not_pass_for_one_of_what_is_copied_now(office: Office) -> None:
    now = datetime.now(UTC)
    old, new = (forge_copy(office, "hacienda", now - timedelta(days=days)) for days in (400, 1))
    proven = Drill(database="hacienda", copy=new, outcome="passed")
    office.record(PASSED, replace(proven, copy=old).to_event())
    of_the_oldest = list_late_drills(office)

    office.record(PASSED, proven.to_event())

    assert [line.partition(":")[0] for line in of_the_oldest] == ["hacienda", "nomina"]
    assert [line.partition(":")[0] for line in list_late_drills(office)] == ["nomina"]
