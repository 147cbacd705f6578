"""A column of the control sheet that somebody takes away is missed: in the next write, and in the audit."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from copias.audit.model import Section
from copias.audit.whole import AuditOptions, make_audit
from copias.case.sheet_columns import COLUMNS
from copias.errors import BadSheet
from copias.helpdesk import ControlRow
from copias.office import Office
from copias_sandbox import control
from tests.integration.case.conftest import Desk, make_office

TAB = "Control"
APPEND = "sheets.spreadsheets.values.append"
ROW = ControlRow(
    key="1234/1/registered",
    made_at=datetime(2026, 11, 3, 15, 4, 5, tzinfo=UTC),
    department="Secretaría de Hacienda",
    number="1234",
    requester="Marta Ejemplo",
    kind="SINFA (en sitio)",
    subject="contabilidad",
    agent="Ana Prueba",
    place="nas",
    package="contabilidad-2026-11-03.zip",
    size=1_234,
    sha256="ab" * 32,
    proof="probada por restauración",
    ledger_count=17,
    ledger_hash="cd" * 32,
)
NEXT = replace(ROW, key="1235/1/registered", number="1235")


@pytest.fixture
def written(desk: Desk) -> Desk:
    """An office whose control sheet has a row of it."""
    desk.office.help_desk.deliver_once(ROW)
    desk.admin.clear_calls()
    return desk


def edit(desk: Desk, action: str, **options: t.Any) -> None:
    """Do what a person does in the browser."""
    place = desk.office.deployment.help_desk.control_spreadsheet
    assert place
    desk.admin.edit(place, action, sheet=TAB, **options)


def again(desk: Desk) -> Office:
    """Return the office as the next process sees it."""
    return Office(desk.office.deployment, desk.office.actor)


def header_of(desk: Desk, field: str) -> str:
    (event,) = desk.office.book.ledger.events_of({COLUMNS})
    return str(event.data["columns"][field])


def column_of(desk: Desk, field: str) -> int:
    """Return where a column is, counted from 1."""
    first = desk.office.help_desk.control_cells(TAB)[0]
    return list(first).index(header_of(desk, field)) + 1


def audit(office: Office) -> Section:
    (section,) = make_audit(office, AuditOptions(parts=("evidence",))).sections
    return section


@pytest.mark.parametrize("how", ["renamed", "deleted"])
def test_column_that_is_gone_stops_the_next_row_and_is_red_in_the_audit(written: Desk, how: str) -> None:
    name = header_of(written, "ledger_hash")
    if how == "renamed":
        edit(written, "rename-header", header=name, to="Código interno")
    else:
        edit(written, "delete-column", at=column_of(written, "ledger_hash"))
    office = again(written)

    with pytest.raises(BadSheet, match=rf"falta una columna.*«{name[:6]}.*\(campo ledger_hash\).*ledger_hash: \[\]"):
        office.help_desk.deliver_once(NEXT)

    assert written.admin.calls(APPEND) == []
    red = [remark.what for remark in audit(office).remarks if remark.severity == "red"]
    assert any("falta una columna que la hoja tenía" in what for what in red)


def test_column_that_the_deployment_gives_another_name_or_none_is_missed_no_more(written: Desk, home: Path) -> None:
    edit(written, "rename-header", header=header_of(written, "proof"), to="Cómo se probó")
    edit(written, "rename-header", header=header_of(written, "size"), to="Peso")
    settings = written.office.deployment.help_desk.model_dump(include={"spreadsheet", "control_spreadsheet"})
    tabs = {"requests_tab": "Solicitudes", "responses_tab": "Respuestas", "control_tab": TAB, "settle_seconds": 0}
    aliases = {"proof": ["Cómo se probó"], "size": []}
    office = make_office(control.required(home), written.config, help_desk={**settings, **tabs, "aliases": aliases})

    office.help_desk.deliver_once(NEXT)

    first, second = office.book.ledger.events_of({COLUMNS})
    assert second.data["columns"]["proof"] == "Cómo se probó"
    assert first.data["columns"].keys() - second.data["columns"].keys() == {"size"}
    assert office.help_desk.faults() == []
    assert [row.values.get("proof") for row in office.help_desk.control_rows()][-1] == ROW.proof


def test_two_columns_of_one_name_stop_the_next_row_and_are_red_in_the_audit(written: Desk) -> None:
    edit(written, "rename-header", header=header_of(written, "proof"), to=header_of(written, "size"))
    office = again(written)

    with pytest.raises(BadSheet, match=r"\(campo size\) aparece 2 veces"):
        office.help_desk.deliver_once(NEXT)

    assert written.admin.calls(APPEND) == []
    assert [remark.severity for remark in audit(office).remarks if "encabezado" in remark.what] == ["red"]


def test_sheet_that_is_written_to_as_before_is_remembered_once(written: Desk) -> None:
    again(written).help_desk.deliver_once(NEXT)
    edit(written, "insert-column", at=2)
    again(written).help_desk.deliver_once(replace(NEXT, key="1236/1/registered", number="1236"))

    assert len(list(written.office.book.ledger.events_of({COLUMNS}))) == 1
    assert again(written).help_desk.faults() == []
