"""The cases as spreadsheets, in the layouts that help desks have."""

from __future__ import annotations

import base64
import enum
import hashlib
import typing as t
from datetime import datetime, timedelta

from copias_sandbox.rooms.sheets.cells import Cell, Formatted, serial_number
from copias_sandbox.rooms.sheets.grid import Grid, Row
from copias_sandbox.rooms.sheets.workbook import Sheet, Workbook
from copias_sandbox.seed.cases import Case
from copias_sandbox.seed.words import DONE_WORK, NOTES

REQUESTS: t.Final = "Solicitudes"
RESPONSES: t.Final = "Respuestas"
ONE_TAB: t.Final = "Mesa de Ayuda"
HELP_DESK_TITLE: t.Final = "Mesa de Ayuda"
CONTROL_TITLE: t.Final = "Control Copias de Seguridad por dependencias"
CONTROL: t.Final = "Control"

REQUEST_HEADERS: t.Final = (
    "Marca temporal", "Dirección de correo electrónico", "Nombre del solicitante", "Dependencia", "Sede",
    "Tipo de servicio", "Descripción de la solicitud", "Número de caso", "Agente asignado", "Estado",
)  # fmt: skip
RESPONSE_HEADERS: t.Final = (
    "Marca temporal", "Número de caso", "Agente", "Estado", "Actividades realizadas", "Evidencia", "Clave de evento",
)  # fmt: skip
CONTROL_HEADERS: t.Final = (
    "Fecha", "Número de caso", "Dependencia", "Tipo de copia", "Sistema o cuenta", "Ubicación", "Archivo",
    "Tamaño (bytes)", "SHA-256", "Nivel de prueba", "Agente", "Bitácora (evento)", "Bitácora (hash)",
    "Clave de evento",
)  # fmt: skip
INSERTED_HEADER: t.Final = "Observaciones internas"
INSERTED_AT: t.Final = 5
"""Where somebody inserted a column of their own into the requests: after "Sede"."""
SPARE_ROWS: t.Final = 100
STAMP: t.Final = "dd/MM/yyyy H:mm:ss"


class Layout(enum.StrEnum):
    """How a help desk keeps requests and responses."""

    TWO_TABS = "two-tabs"
    ONE_TAB = "one-tab"


def spreadsheet_id(seed: int, name: str) -> str:
    """Return an id of Google's form that is always the same for a seed."""
    digest = hashlib.sha256(f"copias:{seed}:{name}".encode()).digest()
    return "1" + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def help_desk(cases: list[Case], seed: int, layout: Layout) -> Workbook:
    """Return the help desk's spreadsheet."""
    workbook = Workbook(spreadsheet_id(seed, "mesa"), HELP_DESK_TITLE)
    if layout is Layout.ONE_TAB:
        workbook.sheets.append(_sheet(0, ONE_TAB, _one_tab(cases)))
        return workbook
    requests: list[Row] = [list(REQUEST_HEADERS), *(_request_row(case, index) for index, case in enumerate(cases))]
    workbook.sheets.append(_sheet(0, REQUESTS, [_with_inserted(row, index) for index, row in enumerate(requests)]))
    responses = [row for index, case in enumerate(cases) for row in _response_rows(case, index)]
    workbook.sheets.append(_sheet(1, RESPONSES, [list(RESPONSE_HEADERS), *responses]))
    return workbook


def control(seed: int) -> Workbook:
    """Return the control spreadsheet: a header, and nothing yet."""
    workbook = Workbook(spreadsheet_id(seed, "control"), CONTROL_TITLE)
    workbook.sheets.append(_sheet(0, CONTROL, [list(CONTROL_HEADERS)]))
    return workbook


def _sheet(identifier: int, title: str, rows: list[Row]) -> Sheet:
    grid = Grid(row_count=len(rows) + SPARE_ROWS)
    grid.replace_rows(0, [[cell if cell != "" else None for cell in row] for row in rows])
    return Sheet(identifier, title, grid, frozen_rows=1)


def _stamp(moment: datetime, index: int) -> Cell:
    """Return a form's time stamp; now and then somebody pasted it as text."""
    if index % 37 == 5:
        return f"{moment.day}/{moment.month:02}/{moment.year} {moment.hour}:{moment.minute:02}"
    return Formatted(round(serial_number(moment), 8), "DATE_TIME", STAMP)


def _request_row(case: Case, index: int) -> Row:
    return [
        _stamp(case.received, index),
        case.email,
        case.name,
        case.department,
        case.site,
        case.service,
        case.description,
        case.number,
        case.agent,
        case.status,
    ]


def _with_inserted(row: Row, index: int) -> Row:
    note: Cell = NOTES[index // 60 % len(NOTES)] if index and index % 60 == 0 else None
    return [*row[:INSERTED_AT], INSERTED_HEADER if index == 0 else note, *row[INSERTED_AT:]]


def _progress(case: Case, index: int) -> list[tuple[datetime, str, str]]:
    """Return the responses that agents gave before this product came: time, status, work."""
    status = case.status.strip().capitalize()
    if status not in {"Solucionado", "Cerrado", "Resuelto", "En proceso"} or not isinstance(case.number, int):
        return []
    steps = [(case.received + timedelta(hours=1 + index % 5), "En proceso", "")]
    if status != "En proceso":
        done = case.received + timedelta(hours=6 + index % 30)
        steps.append((done, "Solucionado", DONE_WORK[index % len(DONE_WORK)]))
    return steps


def _response_rows(case: Case, index: int) -> list[Row]:
    return [
        [_stamp(moment, index + 1), case.number, case.agent, status, work, "", ""]
        for moment, status, work in _progress(case, index)
    ]


def _one_tab(cases: list[Case]) -> list[Row]:
    header: Row = [*REQUEST_HEADERS, *RESPONSE_HEADERS[4:]]
    rows: list[Row] = [header]
    for index, case in enumerate(cases):
        rows.append(_request_row(case, index))
        for moment, status, work in _progress(case, index):
            stamp = _stamp(moment, index + 1)
            rows.append([stamp, *[None] * 6, case.number, case.agent, status, work])
    return rows
