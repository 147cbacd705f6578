"""What an agent reads when a module fails."""

import pytest

from copias.case.preflight import Check, Preflight
from copias.errors import BackupError, NotReady

FAILED = Check("agente asignado", False, "la fila no tiene agente", "asigne el caso")


def test_error_is_told_a_line_for_each_part(seam):
    error = BackupError("no hay copia", whose="caso 7", why="se cortó", repair="ejecute otra vez")

    assert seam.tell(error) == "caso 7: no hay copia\nPor qué: se cortó\nQué hacer: ejecute otra vez"


def test_parts_that_nobody_gave_are_not_told(seam):
    assert seam.tell(BackupError("no hay copia")) == "no hay copia"


def test_conditions_that_fail_together_are_told_one_a_line(seam):
    other = Check("autorización", False, "no hay quien autorice; falta el oficio", "regístrela")

    with pytest.raises(NotReady) as caught:
        Preflight((FAILED, other)).require("7")

    assert seam.tell(caught.value).splitlines() == [
        "caso 7: no se cumplen las condiciones de operación",
        "Por qué:",
        "  (1) agente asignado: la fila no tiene agente",
        "  (2) autorización: no hay quien autorice; falta el oficio",
        "Qué hacer:",
        "  (1) asigne el caso",
        "  (2) regístrela",
    ]
