"""What is wrong with rows, said in Spanish with what puts it right."""

from __future__ import annotations

import typing as t

from copias.helpdesk.cells import quote
from copias.helpdesk.model import Problem, ProblemCode

if t.TYPE_CHECKING:
    from collections.abc import Sequence


class Reporter:
    """Makes the problems of one tab."""

    def __init__(self, tab: str) -> None:
        self._tab = tab

    def _problem(self, code: ProblemCode, number: str | None, row: int, text: str, repair: str) -> Problem:
        return Problem(code, number, row, self._tab, text, repair)

    def missing_number(self, row: int) -> Problem:
        """Report a request without a case number."""
        return self._problem(
            ProblemCode.MISSING_NUMBER,
            None,
            row,
            "la solicitud no tiene número de caso",
            f"escriba el número en la fila {row} de «{self._tab}»; después `copias cases` la mostrará",
        )

    def bad_number(self, row: int, value: t.Any) -> Problem:
        """Report a case number that is none."""
        return self._problem(
            ProblemCode.BAD_NUMBER,
            None,
            row,
            f"{quote(value)} no es un número de caso (de 1 a 10 dígitos)",
            f"corrija el número en la fila {row} de «{self._tab}»; después `copias cases` la mostrará",
        )

    def doubled_number(self, number: str, row: int, rows: Sequence[int]) -> Problem:
        """Report a case number that several requests have; none of them can be run."""
        listed = ", ".join(map(str, rows))
        return self._problem(
            ProblemCode.DOUBLED_NUMBER,
            number,
            row,
            f"el caso {number} está en {len(rows)} solicitudes (filas {listed})",
            "deje un número distinto en cada solicitud; mientras tanto `copias run` no lo atiende",
        )

    def unknown_status(self, number: str, row: int, value: t.Any, known: Sequence[str]) -> Problem:
        """Report a status word that is not configured."""
        return self._problem(
            ProblemCode.UNKNOWN_STATUS,
            number,
            row,
            f"el estado {quote(value)} no se conoce",
            f"escriba en la fila {row} de «{self._tab}» uno de: {', '.join(known)}; "
            "o agregue la palabra a help_desk.status_words en copias.yml",
        )

    def unknown_kind(self, number: str, row: int) -> Problem:
        """Report a request whose words do not settle the kind of copy."""
        return self._problem(
            ProblemCode.UNKNOWN_KIND,
            number,
            row,
            "las palabras de la solicitud no dicen qué clase de copia es",
            f"defínala con `copias classify {number} --kind CLASE --subject CUENTA_O_BASE`: "
            "la clase es sinfa, mailbox (correo), manual (Takeout) o recovery (devolver lo copiado)",
        )

    def unknown_department(self, number: str, row: int, value: t.Any) -> Problem:
        """Report a department that the deployment does not have."""
        return self._problem(
            ProblemCode.UNKNOWN_DEPARTMENT,
            number,
            row,
            f"la dependencia {quote(value)} no se conoce",
            f"corríjala en la fila {row} de «{self._tab}», o agréguela a departments en copias.yml",
        )

    def bad_date(self, number: str, row: int, value: t.Any) -> Problem:
        """Report a date that cannot be read."""
        return self._problem(
            ProblemCode.BAD_DATE,
            number,
            row,
            f"la fecha {quote(value)} no se entiende",
            f"escríbala como dd/mm/aaaa hh:mm:ss en la fila {row} de «{self._tab}»",
        )

    def bad_response_number(self, row: int, value: t.Any) -> Problem:
        """Report one of our responses whose case number was spoilt."""
        return self._problem(
            ProblemCode.BAD_RESPONSE_NUMBER,
            None,
            row,
            f"una respuesta de este producto tiene el número de caso {quote(value)}",
            f"deshaga el cambio en la fila {row} de «{self._tab}» (Archivo → Historial de versiones)",
        )

    def doubled_response(self, number: str, row: int, first: int) -> Problem:
        """Report a late double of an appended row."""
        return self._problem(
            ProblemCode.DOUBLED_RESPONSE,
            number,
            row,
            f"la respuesta de la fila {first} llegó otra vez; cuenta una sola vez",
            f"puede borrar la fila {row} de «{self._tab}»",
        )

    def copied_key(self, number: str, row: int, first: int) -> Problem:
        """Report an event key on a row that is not the one it was given to."""
        return self._problem(
            ProblemCode.COPIED_KEY,
            number,
            row,
            f"la clave de la fila {first} está también en la fila {row}, que dice otra cosa",
            f"borre la clave copiada de la fila {row} de «{self._tab}»",
        )

    def orphan_response(self, number: str, row: int) -> Problem:
        """Report one of our responses whose request is gone."""
        return self._problem(
            ProblemCode.ORPHAN_RESPONSE,
            number,
            row,
            f"hay una respuesta de este producto para el caso {number}, cuya solicitud ya no está",
            f"recupere la solicitud en «{self._tab}» (Archivo → Historial de versiones)",
        )
