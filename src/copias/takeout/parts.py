"""Which files of a delivery are the parts of a Takeout, and whether all of them are there."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from copias.errors import NotReady

if t.TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from copias.delivery.place import DeliveredFile

_PART: t.Final = re.compile(
    r"takeout-(\d{8}T\d{6}Z)(?:-(\d{1,3}))?-(\d{3})(?: ?\(\d{1,3}\)| - [^/]{1,40})?\.zip", re.ASCII | re.IGNORECASE
)
"""Google's own name, and what browsers and Windows add when such a file is there already."""
_UNFINISHED: t.Final = (".crdownload", ".part", ".partial", ".download", ".tmp")
_FURNITURE: t.Final = frozenset({"desktop.ini", "thumbs.db", ".ds_store"})
"""Files that Windows and macOS leave in every folder."""
_OTHER_ARCHIVES: t.Final = (".tgz", ".tar.gz", ".tar", ".7z", ".rar", ".mbox")
_NAMED: t.Final = 5
_SHOWN: t.Final = 120
HOW: t.Final = "ponga allí los .zip tal como los dio Google, sin abrirlos ni cambiarles el nombre"


@dataclass(frozen=True)
class Parts:
    """The parts of one export, in order.

    Args:
        export: when Google made it, as the names say: ``20261120T101112Z``; empty for a file with another name.
        files: the parts.
        unused: how many other files lie in the folder, which are not looked at.
    """

    export: str
    files: tuple[DeliveredFile, ...]
    unused: int

    @property
    def bytes(self) -> int:
        """Return the size of all parts."""
        return sum(file.bytes for file in self.files)


@dataclass(frozen=True)
class _Numbered:
    export: str
    group: int
    number: int
    file: DeliveredFile


def choose_parts(files: Sequence[DeliveredFile], *, whose: str, now: datetime, settle: timedelta) -> Parts:
    """Return the parts of the one Takeout in a delivery.

    Args:
        files: of the folder.
        whose: the case and the folder, for messages.
        now: aware.
        settle: how long nothing may have changed.

    Raises:
        NotReady: none, several, an incomplete or an unfinished one; it says which file and what to do.
    """
    seen = [file for file in files if file.name.lower() not in _FURNITURE]
    _refuse_unfinished(seen, whose)
    zips = [file for file in seen if file.name.lower().endswith(".zip")]
    if not zips:
        raise _none(seen, whose)
    export, chosen = _one_export(zips, whose)
    for file in chosen:
        if file.fault:
            raise _refuse("una parte de la entrega no se puede leer", whose, f"{_show(file)} {file.fault}", HOW)
        if not file.bytes:
            raise _refuse("una parte de la entrega está vacía", whose, _show(file), "vuelva a descargarla y a ponerla")
    _refuse_young(chosen, whose, now=now, settle=settle)
    return Parts(export, tuple(chosen), len(seen) - len(chosen))


def _one_export(zips: list[DeliveredFile], whose: str) -> tuple[str, list[DeliveredFile]]:
    numbered = [part for file in zips if (part := _number(file))]
    if not numbered:
        if len(zips) == 1:  # renamed by somebody; what is inside decides
            return "", zips
        names = ", ".join(map(_show, zips[:_NAMED]))
        raise _refuse("hay varios .zip y no llevan el nombre que les da Google", whose, names, HOW)
    exports = sorted({part.export for part in numbered})
    if len(exports) > 1:
        why = ", ".join(exports[:_NAMED])
        raise _refuse("hay partes de exportaciones distintas", whose, why, "deje en la carpeta una sola, completa")
    if strangers := [file for file in zips if not _number(file)]:
        raise _refuse(
            "hay un .zip que no es parte del Takeout",
            whose,
            _show(strangers[0]),
            "sáquelo de la carpeta, o devuélvale el nombre que le dio Google",
        )
    numbered.sort(key=lambda part: (part.group, part.number))
    _require_all(numbered, whose)
    return exports[0], [part.file for part in numbered]


def _require_all(numbered: list[_Numbered], whose: str) -> None:
    """Refuse gaps and doubles; each group of an export counts its parts from 1."""
    there: dict[int, set[int]] = {}
    for part in numbered:
        numbers = there.setdefault(part.group, set())
        if part.number in numbers:
            raise _refuse(
                "una parte del Takeout está dos veces", whose, f"la {part.number:03}", "deje solo una de las dos"
            )
        numbers.add(part.number)
    for group, numbers in there.items():
        if missing := sorted(set(range(1, max(numbers) + 1)) - numbers):
            inside = f" del grupo {group}" if group else ""
            raise _refuse(
                "faltan partes del Takeout",
                whose,
                f"{', '.join(f'{number:03}' for number in missing[:_NAMED])}{inside}; hay hasta la {max(numbers):03}",
                "descárguelas de la página de Takeout, que las guarda unos días, y póngalas con las demás",
            )


def _number(file: DeliveredFile) -> _Numbered | None:
    found = _PART.fullmatch(file.name)
    return _Numbered(found[1].upper(), int(found[2] or 0), int(found[3]), file) if found else None


def _refuse_unfinished(files: Sequence[DeliveredFile], whose: str) -> None:
    for file in files:
        if file.name.lower().endswith(_UNFINISHED):
            raise _refuse(
                "la entrega todavía se está descargando o copiando",
                whose,
                _show(file),
                "espere a que termine; si quedó de una descarga fallida, bórrelo y descargue otra vez",
            )


def _refuse_young(files: Sequence[DeliveredFile], whose: str, *, now: datetime, settle: timedelta) -> None:
    newest = max(files, key=lambda file: file.arrived)
    age = now - newest.arrived
    if age < settle:
        raise _refuse(
            "la entrega puede estar todavía en camino",
            whose,
            f"{_show(newest)} cambió hace {max(0, round(age.total_seconds()))} segundos",
            f"ejecute el caso cuando lleve {settle.total_seconds() / 60:g} minutos sin cambios",
        )


def _none(files: Sequence[DeliveredFile], whose: str) -> NotReady:
    other = next((file for file in files if file.name.lower().endswith(_OTHER_ARCHIVES)), None)
    if other is not None:
        repair = f"pida el Takeout otra vez con «.zip» como tipo de archivo, y {HOW}"
        return _refuse("la entrega no está en formato .zip", whose, _show(other), repair)
    return _refuse("no hay ninguna entrega", whose, "no está la carpeta, o no hay ningún .zip en ella", HOW)


def _show(file: DeliveredFile) -> str:
    return ascii(file.name[:_SHOWN])


def _refuse(what: str, whose: str, why: str, repair: str) -> NotReady:
    return NotReady(what, whose=whose, why=why, repair=repair)
