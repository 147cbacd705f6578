"""The settings: defaults that work, and mistakes that are named."""

from __future__ import annotations

import typing as t

import pytest
from pydantic import ValidationError

from copias.helpdesk import HelpDeskSettings, Kind, SheetStatus
from copias.helpdesk.tabs import tabs_of

ID = "1AbC_d-9"


def settings(**given: t.Any) -> HelpDeskSettings:
    return HelpDeskSettings.model_validate({"spreadsheet": ID, "requests_tab": "Solicitudes", **given})


@pytest.mark.parametrize("given", [ID, f" {ID} ", f"https://docs.google.com/spreadsheets/d/{ID}/edit?gid=19#gid=19"])
def test_spreadsheet_by_id_or_address(given: str) -> None:
    assert settings(spreadsheet=given).spreadsheet == ID


@pytest.mark.parametrize("given", ["", "../x", "https://sitio.example/hoja", "a b"])
def test_what_is_no_spreadsheet(given: str) -> None:
    with pytest.raises(ValidationError, match="no es el id"):
        settings(spreadsheet=given)


def test_words_come_with_defaults() -> None:
    given = settings()

    assert given.status_words["En trámite"] is SheetStatus.IN_PROGRESS
    assert "buzón" in given.kinds[Kind.MAILBOX]


@pytest.mark.parametrize(
    "wrong",
    [
        {"aliases": {"numero": ["Caso"]}},
        {"optional": ["sedes"]},
        {"status_words": {"Listo": "done"}},
        {"kinds": {"tape": ["cinta"]}},
        {"settle_seconds": -1},
        {"tab": "x"},
        {"requests_tab": ""},
    ],
)
def test_mistakes_are_refused(wrong: dict[str, t.Any]) -> None:
    with pytest.raises(ValidationError):
        settings(**wrong)


def test_aliases_replace_only_their_own_field() -> None:
    given = settings(aliases={"number": ["Ticket"]})

    assert given.headers_of("number") == ("Ticket",)
    assert "Estado" in given.headers_of("status")


@pytest.mark.parametrize("responses", [None, "Solicitudes"])
def test_one_tab_layout(responses: str | None) -> None:
    assert tabs_of(settings(responses_tab=responses)).shared


def test_control_sheet_may_be_in_the_same_spreadsheet() -> None:
    tabs = tabs_of(settings(responses_tab="Respuestas", control_tab="Control"))

    assert not tabs.shared
    assert tabs.need_control().spreadsheet == ID
