"""The night's row in the control sheet: there once, whatever happens, and a witness of the ledger."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from copias.errors import BadSheet, HelpDeskUnavailable
from copias.helpdesk import WriteUncertain
from copias.helpdesk.vocabulary import ALIASES, HEARTBEAT_FIELDS
from copias.ledger.chain import Head
from copias.ledger.witnesses import find_unmet, gather_witnesses
from copias.night.heartbeat import append_heartbeat
from copias.night.report import Ended, Item, NightReport
from copias.night.told import look_at
from copias.office import Office
from copias_sandbox import control
from tests.integration.case.conftest import Desk, make_office
from tests.unit.ledger.test_witnesses import rewrite

TAB = "Latido"
HEADER = [ALIASES[field][0] for field in HEARTBEAT_FIELDS]
APPEND = "sheets.spreadsheets.values.append"
NAS = Item(kind="store", name="nas", outcome="done")
BAD = Item(kind="database", name="hacienda", outcome="failed", error={"what": "no respondió"})


def report(run: str = "nightly-1", *items: Item, ended: Ended = "finished", only: tuple[str, ...] = ()) -> NightReport:
    moment = "2026-11-26T08:15:20+00:00"
    return NightReport(run=run, started=moment, finished=moment, ended=ended, only=only, items=items or (NAS,))


@pytest.fixture
def night(desk: Desk, home: Path) -> Desk:
    """An office whose control sheet has the tab, and one event in its ledger."""
    desk.office = make_office(control.required(home), desk.config, night={"heartbeat_tab": TAB})
    spreadsheet = desk.office.deployment.help_desk.control_spreadsheet
    assert spreadsheet
    gateway = desk.office.help_desk._gateway
    gateway.change_structure(spreadsheet, [{"addSheet": {"properties": {"title": TAB}}}])
    desk.admin.edit(spreadsheet, "append", sheet=TAB, values=HEADER)
    desk.office.record("finding.opened", {"finding": "H-1", "about": "nas", "what": "lleno"})
    desk.admin.clear_calls()
    return desk


def rows(office: Office) -> list[list[t.Any]]:
    return [list(row) for row in office.help_desk.control_cells(TAB)][1:]


def test_row_says_when_how_many_and_the_ledgers_head(night: Desk) -> None:
    assert append_heartbeat(night.office, report("nightly-1", NAS, BAD))

    (row,) = rows(night.office)
    count, sha256 = row[5:7]
    assert row == ["26/11/2026 03:15:20", "con fallas", 1, 1, 0, count, sha256, "nightly-1"]
    assert Head(count, sha256) in night.office.book.ledger.heads()
    assert look_at(night.office, report().run, "heartbeat").done


def test_row_is_a_witness_that_catches_history_written_anew(night: Desk) -> None:
    append_heartbeat(night.office, report())
    ledger = night.office.book.ledger
    kept = [one for one in gather_witnesses(night.office).witnesses if TAB in one.kept_in]
    before = find_unmet(ledger, kept)

    rewrite(ledger, b"lleno", b"vacio")

    assert before == []
    assert [one.kept_in for one in find_unmet(ledger, kept)] == [f"pestaña «{TAB}», fila 2"]


def test_night_is_told_once_and_one_of_some_things_not_at_all(night: Desk) -> None:
    append_heartbeat(night.office, report())

    assert not append_heartbeat(night.office, report())
    assert not append_heartbeat(night.office, report("nightly-2", only=("nas",)))
    assert append_heartbeat(night.office, report("nightly-3", ended="broken"))

    assert [row[1] for row in rows(night.office)] == ["todo en orden", "murió"]


def test_row_whose_answer_was_lost_is_found_and_not_written_again(night: Desk) -> None:
    night.admin.fault("lost", APPEND)
    with pytest.raises(WriteUncertain):
        append_heartbeat(night.office, report())

    assert append_heartbeat(night.office, report())

    assert len(rows(night.office)) == 1
    assert night.count(APPEND) == 1


def test_machine_that_died_before_the_answer_finds_its_row(night: Desk) -> None:
    append_heartbeat(night.office, report())
    ledger = night.office.deployment.ledger
    lines = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(b"".join(lines[:-1]))  # the row is in the sheet; that it is there was not written down

    assert append_heartbeat(night.office, report())

    assert len(rows(night.office)) == 1


def test_sheet_that_does_not_answer_gets_the_row_later(night: Desk) -> None:
    night.admin.outage()
    with pytest.raises(HelpDeskUnavailable):
        append_heartbeat(night.office, report())
    told = look_at(night.office, report().run, "heartbeat")
    night.admin.clear_faults()

    assert append_heartbeat(night.office, report())

    assert not told.done
    assert len(rows(night.office)) == 1


def test_tab_that_is_gone_is_told_and_loses_nothing(night: Desk) -> None:
    spreadsheet = str(night.office.deployment.help_desk.control_spreadsheet)
    night.admin.edit(spreadsheet, "rename-sheet", sheet=TAB, to="Otra")

    with pytest.raises(BadSheet, match=f"no está la pestaña «{TAB}»"):
        append_heartbeat(night.office, report())

    night.admin.edit(spreadsheet, "rename-sheet", sheet="Otra", to=TAB)
    assert append_heartbeat(night.office, report())


def test_deployment_without_the_tab_asks_nobody(desk: Desk) -> None:
    assert not append_heartbeat(desk.office, report())
    assert desk.admin.calls() == []
