"""The alarm that runs in Google: its own file in a JavaScript engine, with Google's services as fakes."""

from __future__ import annotations

import json
import typing as t
from datetime import UTC, datetime
from pathlib import Path

import pytest
from py_mini_racer import MiniRacer

SCRIPT = Path(__file__).parents[3] / "extras" / "apps_script" / "latido.gs"
NOW = "2026-11-26T12:00:00Z"  # 07:00 in Bogotá
HEADER = ["Fecha", "Resultado", "Bien"]
GOOGLE = """
var sheet = null, mails = [], memory = {}, triggers = [], mailFails = false;
var SpreadsheetApp = {getActiveSpreadsheet: function () { return {
  getUrl: function () { return 'https://sheet.example/1'; },
  getSheetByName: function (title) { return title === 'Latido' && sheet ? {
    getDataRange: function () { return {getValues: function () { return sheet; }}; }} : null; }}; }};
var PropertiesService = {getScriptProperties: function () { return {
  getProperty: function (name) { return name in memory ? memory[name] : null; },
  setProperty: function (name, value) { memory[name] = value; }}; }};
var MailApp = {sendEmail: function (to, subject, body) {
  if (mailFails) { throw new Error('Service invoked too many times'); }
  mails.push([to, subject, body]); }};
var Session = {getEffectiveUser: function () { return {getEmail: function () { return 'owner@example.org'; }}; }};
var ScriptApp = {
  getProjectTriggers: function () { return triggers.slice(); },
  deleteTrigger: function (trigger) { triggers.splice(triggers.indexOf(trigger), 1); },
  newTrigger: function (name) { return {timeBased: function () { return {everyHours: function (hours) {
    return {create: function () { triggers.push({hours: hours, getHandlerFunction: function () { return name; }}); }};
  }}; }}; }};
var RealDate = Date;
function setNow(text) {
  Date = function () { return arguments.length
    ? new (Function.prototype.bind.apply(RealDate, [null].concat([].slice.call(arguments))))()
    : new RealDate(text); };
  Date.UTC = RealDate.UTC; Date.prototype = RealDate.prototype;
}
"""


class Sheet:
    """A sheet with the script in it."""

    def __init__(self, rows: list[list[t.Any]] | None, *, now: str = NOW) -> None:
        self._engine = MiniRacer()
        self._engine.eval(GOOGLE)
        self._engine.eval(SCRIPT.read_text(encoding="utf-8"))
        self.set_now(now)
        self.put(rows)

    def put(self, rows: list[list[t.Any]] | None) -> None:
        """Have these rows in the tab; ``None``: no such tab. A text ``date:…`` becomes a date of the sheet."""
        self._engine.eval(f"sheet = {json.dumps(rows)};")
        self._engine.eval("""
            if (sheet) { sheet = sheet.map(function (row) { return row.map(function (cell) {
              return String(cell).indexOf('date:') === 0 ? new RealDate(cell.slice(5)) : cell; }); }); }
        """)

    def set_now(self, now: str) -> None:
        self._engine.eval(f"setNow('{now}')")

    def run(self, function: str = "vigilarLatido") -> None:
        self._engine.eval(f"{function}()")

    def evaluate(self, expression: str) -> t.Any:
        return json.loads(str(self._engine.eval(f"JSON.stringify({expression})")))

    @property
    def mails(self) -> list[list[str]]:
        found: list[list[str]] = self.evaluate("mails")
        return found


def row(moment: str, result: str = "todo en orden") -> list[t.Any]:
    return [moment, result, 12]


@pytest.mark.parametrize(
    "moment",
    [
        "26/11/2026 05:30:00",
        "25/11/2026 05:00:01",  # 25 h 59 min 59 s ago, in Bogotá's time
        "25/11/2026 22:15",
        "date:2026-11-25T10:30:00Z",
        " 26/11/2026 05:30:00 ",
    ],
)
def test_recent_night_is_silent(moment: str) -> None:
    sheet = Sheet([HEADER, row("20/11/2026 05:00:00"), row(moment)])

    sheet.run()

    assert sheet.mails == []


def test_old_night_is_mailed_with_its_moment_in_the_time_of_bogota() -> None:
    sheet = Sheet([HEADER, row("25/11/2026 04:59:00")])

    sheet.run()

    ((to, subject, body),) = sheet.mails
    assert to == "owner@example.org"
    assert subject.startswith("[copias] ")
    assert "terminó hace 26 horas, el 25/11/2026 04:59." in body
    assert "https://sheet.example/1" in body


def test_date_of_the_sheet_is_told_in_the_time_of_bogota_too() -> None:
    sheet = Sheet([HEADER, row("date:2026-11-24T03:00:00Z")])

    sheet.run()

    assert "el 23/11/2026 22:00." in sheet.mails[0][2]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (None, "ya no está en la hoja"),
        ([[""]], "no tiene la columna «Fecha»"),
        ([["Día", "Resultado"], row("26/11/2026 05:30:00")], "no tiene la columna «Fecha»"),
        ([HEADER], "no tiene ninguna noche"),
        ([HEADER, ["", "", ""]], "no tiene ninguna noche"),
        ([HEADER, row("26/11/2026 05:30:00", "murió")], "no tiene ninguna noche que haya llegado a su final"),
        ([HEADER, row("24/11/2026 05:30:00"), row("26/11/2026 05:30:00", " Murió ")], "el 24/11/2026 05:30"),
        ([HEADER, row("ayer")], "No se entiende la fecha de la fila 2: «ayer»"),
        ([HEADER, row("")], "No se entiende la fecha de la fila 2"),
        ([HEADER, row("26/11/2026 05:30:00"), row("11/26/2026 05:30:00")], "No se entiende la fecha de la fila 3"),
        ([HEADER, row("31/02/2026 05:30:00")], "No se entiende la fecha"),
        ([HEADER, row("26/11/2026 25:30:00")], "No se entiende la fecha"),
        ([HEADER, row("26/11/2027 05:30:00")], "No se entiende la fecha de la fila 2: «26/11/2027"),
    ],
)
def test_what_is_no_sign_of_life_is_mailed(rows: list[list[t.Any]] | None, said: str) -> None:
    sheet = Sheet(rows)

    sheet.run()

    assert said in sheet.mails[0][2]


def test_unreadable_row_above_a_recent_night_is_an_old_story() -> None:
    sheet = Sheet([["Latido de las copias", "", ""], HEADER, row("borrador"), row("26/11/2026 05:30:00")])

    sheet.run()

    assert sheet.mails == []


@pytest.mark.parametrize("result", ["con fallas", "con aplazadas", "detenida", "sin tiempo"])
def test_night_that_ended_by_itself_is_a_sign_of_life_whatever_it_failed_of(result: str) -> None:
    sheet = Sheet([HEADER, row("26/11/2026 05:30:00", result)])

    sheet.run()

    assert sheet.mails == []


def test_sorted_sheet_is_read_by_its_newest_row() -> None:
    sheet = Sheet([HEADER, row("26/11/2026 05:30:00"), row("20/11/2026 05:30:00")])

    sheet.run()

    assert sheet.mails == []


def test_alarm_is_mailed_once_a_day_of_bogota_and_again_the_next() -> None:
    sheet = Sheet([HEADER, row("20/11/2026 05:00:00")])
    for moment in ("2026-11-26T05:30:00Z", "2026-11-26T12:00:00Z", "2026-11-27T04:30:00Z"):
        sheet.set_now(moment)
        sheet.run()
    first_day = len(sheet.mails)

    sheet.set_now("2026-11-27T05:30:00Z")
    sheet.run()

    assert first_day == 1
    assert len(sheet.mails) == 2


def test_mail_that_failed_is_sent_the_next_hour() -> None:
    sheet = Sheet([HEADER])
    sheet.evaluate("mailFails = true")
    with pytest.raises(Exception, match="too many times"):
        sheet.run()
    sheet.evaluate("mailFails = false")

    sheet.run()

    assert len(sheet.mails) == 1


def test_installing_twice_leaves_one_trigger() -> None:
    sheet = Sheet([HEADER])

    sheet.run("instalar")
    sheet.run("instalar")

    assert sheet.evaluate("triggers.length") == 1
    assert sheet.evaluate("[triggers[0].hours, triggers[0].getHandlerFunction()]") == [1, "vigilarLatido"]


def test_row_that_the_night_writes_is_one_that_the_script_reads() -> None:
    from copias.helpdesk.dates import write_moment
    from copias.helpdesk.vocabulary import ALIASES
    from copias.night.heartbeat import say_result
    from copias.night.report import NightReport

    moment = datetime(2026, 11, 26, 3, 15, 20, tzinfo=UTC)

    sheet = Sheet([[ALIASES["night_at"][0]], [write_moment(moment)]])

    assert sheet.evaluate(f"leerMomento('{write_moment(moment)}')") == moment.timestamp() * 1000
    assert sheet.evaluate("buscarEncabezado(sheet, COLUMNA)") == {"fila": 0, "columna": 0}
    assert sheet.evaluate("COLUMNA_RESULTADO") in ALIASES["night_result"]
    died = say_result(NightReport(run="r", started="", finished="", ended="broken"))
    assert sheet.evaluate(f"murio('{died}')")
