"""Evidence: what the control sheet and the stores say otherwise than the ledger is found and named."""

from __future__ import annotations

import typing as t
from datetime import timedelta

import pytest

from copias.audit.case_fold import CaseCopy
from copias.audit.evidence import SAMPLE, Look, evidence_section
from copias.audit.ledger_pass import read_ledger
from copias.audit.sheet_fold import SheetFold
from copias.audit.whole import AuditOptions, make_audit
from copias.helpdesk.control_rows import KeptControlRow, read_control_rows
from copias.helpdesk.settings import HelpDeskSettings
from copias.helpdesk.tabs import tabs_of
from tests.unit.audit.conftest import NOW, Place

KEY = "copias-1234-1-control"
WRITTEN = {
    "number": "1234",
    "department": "Hacienda",
    "subject": "hacienda",
    "place": "nas",
    "package": "sinfa/x.zip",
    "size": 10,
    "sha256": "ab" * 32,
    "proof": "probada",
    "ledger_count": 7,
    "ledger_hash": "cd" * 32,
}


def in_sheet(row: int = 2, key: str | None = KEY, **changes: str) -> KeptControlRow:
    values = {name: str(value) for name, value in WRITTEN.items()} | changes
    return KeptControlRow(row, "1234", key, {name: text for name, text in values.items() if text})


def compare(place: Place, *rows: KeptControlRow, delivered: bool = True) -> list[tuple[str, str, str]]:
    """Tell what a sheet with these rows says otherwise than a ledger that wrote one row."""
    place.add("outbox.queued", {"key": KEY, "kind": "control", **WRITTEN}, case="1234")
    if delivered:
        place.add("outbox.delivered", {"key": KEY, "range": "Control!A2:G2"}, case="1234")
    fold = SheetFold(rows)
    read_ledger(place.ledger, [fold])
    return [(remark.severity, remark.whose, remark.why) for remark in fold.remarks([])]


def test_a_sheet_as_it_was_written_agrees(place: Place) -> None:
    assert compare(place, in_sheet(), in_sheet(3, None, subject="escrita a mano")) == []


def test_a_cell_that_a_person_changed_is_named(place: Place) -> None:
    ((severity, whose, why),) = compare(place, in_sheet(sha256="ef" * 32))

    assert (severity, whose) == ("red", "fila 2, caso 1234")
    assert "la suma SHA-256" in why


def test_a_cell_that_a_person_emptied_is_named(place: Place) -> None:
    assert "el paquete" in compare(place, in_sheet(package=""), in_sheet(3, "x"))[0][2]


def test_a_column_that_the_sheet_does_not_have_is_no_difference(place: Place) -> None:
    assert compare(place, in_sheet(proof="")) == []


def test_a_column_that_a_person_emptied_in_every_row_is_told(place: Place) -> None:
    tab = tabs_of(HelpDeskSettings(spreadsheet="s", requests_tab="Solicitudes", control_tab="Control")).need_control()
    fields = ("made_at", *WRITTEN, "event_key")
    header = [tab.fields.aliases[field][0] for field in fields]
    values = {"made_at": "26/11/2026", **WRITTEN, "sha256": "", "event_key": KEY}
    cells = [str(values[field]) for field in fields]

    ((severity, whose, why),) = compare(place, *read_control_rows(tab, [header, cells]))

    assert (severity, whose) == ("red", "fila 2, caso 1234")
    assert why.startswith("alguien cambió la suma SHA-256;")


def test_a_row_that_was_deleted_is_told(place: Place) -> None:
    ((severity, whose, why),) = compare(place)

    assert (severity, whose) == ("red", "caso 1234")
    assert "ya no está" in why


def test_a_row_that_waits_to_be_delivered_is_a_warning(place: Place) -> None:
    assert [severity for severity, _, _ in compare(place, delivered=False)] == ["yellow"]


@pytest.mark.parametrize("key", ["copias-99-1-control", KEY])
def test_a_row_that_the_ledger_never_wrote_or_that_is_there_twice_is_told(place: Place, key: str) -> None:
    found = compare(place, in_sheet(), in_sheet(9, key))

    assert [(severity, whose) for severity, whose, _ in found] == [("red", "fila 9")]


def test_a_proven_copy_of_a_resolved_case_without_a_row_is_told(place: Place) -> None:
    copy = CaseCopy("1", "c", "sinfa", "hacienda", NOW.isoformat(), "nas", "p.zip", 1, b"x" * 32, "verified")

    (remark,) = SheetFold([]).remarks([copy])

    assert (remark.severity, remark.whose) == ("red", "c")


def test_nightly_copies_whose_repository_nobody_configures_any_more_are_red_and_told_once(place: Place) -> None:
    for hours in (1, 25):
        place.add_night(ago=hours)

    section = make_audit(place.office, AuditOptions(parts=("evidence",)), now=NOW).sections[0]

    assert [(one.severity, one.whose) for one in section.remarks] == [("red", "nas")]
    assert {row["verdict"] for row in section.rows} == {"no se pudo mirar"}


def many(count: int) -> list[CaseCopy]:
    moment = (NOW - timedelta(days=1)).isoformat()
    one: t.Any = ("mailbox", "a@b", moment, "nas", "p.zip", 1, b"x" * 32, "verified")
    return [CaseCopy(str(number), f"copia-{number}", *one) for number in range(count)]


def test_a_sample_is_the_same_for_everybody_who_has_its_seed() -> None:
    copies = many(SAMPLE * 2)

    drawn = Look(seed="a").draw(copies)

    assert len(drawn) == SAMPLE
    assert [one.copy for one in drawn] == [one.copy for one in Look(seed="a").draw(copies[::-1])]
    assert [one.copy for one in drawn] != [one.copy for one in Look(seed="b").draw(copies)]
    assert len(Look(seed="a", everything=True).draw(copies)) == SAMPLE * 2


def test_a_store_that_does_not_answer_is_told_once_and_not_asked_again(place: Place) -> None:
    for number in range(3):
        place.add_package(str(number + 1))

    section = make_audit(place.office, AuditOptions(parts=("evidence",)), now=NOW).sections[0]
    without = evidence_section(place.office, [], [], Look())

    assert without.remarks == ()
    assert len(section.rows) == 3
    assert "bien" not in {row["verdict"] for row in section.rows}


@pytest.mark.parametrize("after", [(), ("copy.made", "copy.verified", "copy.spoilt")])
def test_a_resolved_case_without_a_proven_copy_is_red(place: Place, after: tuple[str, ...]) -> None:
    made = {"kind": "sinfa", "subject": "hacienda", "finished": NOW.isoformat(), "store": "nas", "package": "p.zip"}
    place.add("case.started", {"kind": "sinfa", "subject": "hacienda"}, case="7")
    for name in after:
        place.add(name, {"copy": "copia-7", "sha256": "00" * 32, "bytes": 1, **made}, case="7")
    place.add("case.resolved", {}, case="7")

    section = make_audit(place.office, AuditOptions(parts=("evidence",)), now=NOW).sections[0]

    assert ("red", "caso 7") in [(one.severity, one.whose) for one in section.remarks]
