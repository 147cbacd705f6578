"""The control sheet against the ledger: each row that was delivered must be there, as it was written, and no other."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from copias.audit.model import Remark
from copias.helpdesk.cells import cell_line, text_of

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from copias.audit.case_fold import CaseCopy
    from copias.audit.ledger_pass import Entry
    from copias.helpdesk.control_rows import KeptControlRow

CLAUSE: t.Final = "evidence"
_COMPARED: t.Final = {
    "number": "el caso",
    "department": "la dependencia",
    "subject": "el sistema o cuenta",
    "place": "la ubicación",
    "package": "el paquete",
    "size": "el tamaño",
    "sha256": "la suma SHA-256",
    "proof": "la prueba",
    "ledger_count": "el evento de la bitácora",
    "ledger_hash": "la suma de la bitácora",
}
"""What of a row proves something, and how it is named; dates and names of people may be put in another form."""
_OURS: t.Final = "copias-"


@dataclass(slots=True)
class _Queued:
    case: str
    delivered: bool = False
    found: bool = False
    differs: tuple[str, ...] = ()
    row: int = 0


class SheetFold:
    """Takes the rows that the ledger says were written, and compares each with the sheet at once.

    Args:
        rows: of the control sheet, as they are now.
    """

    events = frozenset({"outbox.queued", "outbox.delivered"})

    def __init__(self, rows: Iterable[KeptControlRow]) -> None:
        self._columns: set[str] = set()
        self._rows: dict[str, KeptControlRow] = {}
        self._doubled: list[KeptControlRow] = []
        for row in rows:
            self._columns |= row.values.keys()
            if row.key in self._rows:
                self._doubled.append(row)
            elif row.key is not None:
                self._rows[row.key] = row
        self._queued: dict[str, _Queued] = {}
        self._sums: set[bytes] = set()

    def take(self, entry: Entry) -> None:
        """Take one event."""
        data = entry["data"]
        key = str(data["key"])
        if entry["event"] == "outbox.delivered":
            if key in self._queued:
                self._queued[key].delivered = True
        elif data.get("kind") == "control":
            queued = _Queued(entry["case"])
            row = self._rows.pop(key, None)
            if row is not None:
                queued.found, queued.row = True, row.row
                queued.differs = tuple(self._compare(data, row))
            self._queued[key] = queued
            self._sums.add(bytes.fromhex(str(data.get("sha256", ""))))

    @property
    def compared(self) -> int:
        """Return how many rows of the ledger were found in the sheet."""
        return sum(one.found for one in self._queued.values())

    def remarks(self, resolved: Iterable[CaseCopy]) -> Iterator[Remark]:
        """Yield what does not agree.

        Args:
            resolved: the proven copies of cases that were resolved: each must have its row.
        """
        for queued in self._queued.values():
            yield from _judge(queued)
        for row in self._rows.values():
            if row.key is not None and row.key.startswith(_OURS):
                yield _red("una fila de la hoja de control no la escribió copias", row.row, f"su clave es {row.key}")
        for row in self._doubled:
            yield _red("una fila de la hoja de control está dos veces", row.row, f"su clave es {row.key}")
        for copy in resolved:
            if copy.sha256 not in self._sums:
                yield Remark(
                    severity="red",
                    what="una copia probada no está registrada en la hoja de control",
                    whose=copy.copy,
                    why=f"el caso {copy.case} se resolvió y la bitácora no dice que se escribiera su fila",
                    repair=f"vea el caso con copias show {copy.case}",
                    clause=CLAUSE,
                )

    def _compare(self, data: dict[str, t.Any], row: KeptControlRow) -> Iterator[str]:
        for field, name in _COMPARED.items():
            # A field of which no row tells is one that this sheet has no column for.
            if field in self._columns and field in data:
                written = text_of(cell_line(str(data[field])))
                if written != row.values.get(field, ""):
                    yield name


def _judge(queued: _Queued) -> Iterator[Remark]:
    if queued.differs:
        why = f"alguien cambió {', '.join(queued.differs)}; la bitácora guarda lo que se escribió"
        yield _red("una fila de la hoja de control no dice lo que se escribió", queued.row, why, queued.case)
    elif queued.delivered and not queued.found:
        why = "la bitácora dice que se escribió y ya no está"
        yield _red("falta una fila de la hoja de control", 0, why, queued.case)
    elif not queued.delivered and not queued.found:
        yield Remark(
            severity="yellow",
            what="una fila de la hoja de control no se ha entregado todavía",
            whose=f"caso {queued.case}",
            repair="copias outbox",
            clause=CLAUSE,
        )


def _red(what: str, row: int, why: str, case: str = "") -> Remark:
    places = (f"fila {row}" if row else "", f"caso {case}" if case else "")
    return Remark(
        severity="red",
        what=what,
        whose=", ".join(filter(None, places)),
        why=why,
        repair="vea en el historial de versiones de la hoja quién la cambió, y devuélvala",
        clause=CLAUSE,
    )
