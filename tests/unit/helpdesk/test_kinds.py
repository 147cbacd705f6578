"""Configured words settle the kind, or leave it to the agent."""

from __future__ import annotations

import pytest

from copias.helpdesk import HelpDeskSettings, Kind, Mode
from copias.helpdesk.kinds import Classifier

COPY = "Copia de seguridad"
SETTINGS = HelpDeskSettings(
    spreadsheet="1x",
    requests_tab="S",
    systems={"Contabilidad": "contabilidad", "presupuesto": "contabilidad", "Nómina": "nomina"},
)


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(SETTINGS)


@pytest.mark.parametrize(
    ("service", "description", "kind"),
    [
        (COPY, "Copia del buzón, entrega del cargo", Kind.MAILBOX),
        ("Copias de seguridad - correo", "", Kind.MAILBOX),
        (COPY, "Backup SINFA para auditoría", Kind.SINFA),
        (COPY, "cierre de NOMINA", Kind.SINFA),
        (COPY, "Todo mi Google Drive", Kind.DRIVE),
        (COPY, "computador en memoria USB", Kind.MANUAL),
        ("Recuperación de información", "un correo borrado", Kind.RECOVERY),
        ("Otro", "necesito un respaldo del correo", Kind.MAILBOX),
    ],
)
def test_unambiguous_words_settle_the_kind(classifier: Classifier, service: str, description: str, kind: Kind) -> None:
    guess = classifier.guess(service, description)

    assert (guess.is_case, guess.kind) == (True, kind)


@pytest.mark.parametrize(
    "description",
    [
        "",
        "mi drive",
        "copia del drive externo (disco USB)",
        "correo y Google Drive",
        "SINFA, y enviarla a mi correo",
        "recuperar un correo",
        "la unidad compartida",
        "todo",
    ],
)
def test_what_words_leave_open_is_not_guessed(classifier: Classifier, description: str) -> None:
    guess = classifier.guess(COPY, description)

    assert (guess.is_case, guess.kind) == (True, None)


@pytest.mark.parametrize(
    ("service", "description"),
    [
        ("Impresoras", "no salen copias"),
        ("Contraseñas", "olvidé la clave del correo"),
        ("Software", "error al abrir SINFA"),
        ("", ""),
        ("Fotocopias de seguridad", ""),
    ],
)
def test_other_services_are_no_cases(classifier: Classifier, service: str, description: str) -> None:
    assert not classifier.guess(service, description).is_case


@pytest.mark.parametrize(
    ("description", "system"),
    [
        ("copia de CONTABILIDAD y presupuesto", "contabilidad"),
        ("nómina", "nomina"),
        ("nómina y contabilidad", None),
        ("SINFA", None),
    ],
)
def test_system_by_its_words(classifier: Classifier, description: str, system: str | None) -> None:
    assert classifier.guess(COPY, description).system == system


@pytest.mark.parametrize(
    ("description", "mode"),
    [("SINFA remota, la hace el proveedor", Mode.REMOTE), ("SINFA en sitio", Mode.ON_SITE), ("SINFA", None)],
)
def test_mode_by_words(classifier: Classifier, description: str, mode: Mode | None) -> None:
    assert classifier.guess(COPY, description).mode == mode
