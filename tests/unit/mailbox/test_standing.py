"""The standing authorisation says whose mailboxes, by which act, and until when; nothing of it can be left out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from copias.local_time import BOGOTA
from copias.mailbox.settings import MailboxSettings
from copias.mailbox.standing import StandingAuthorisation

WHOLE = {
    "authoriser": "Mariela Ejemplo",
    "post": "Secretaria General",
    "document": "Resolución 100 de 2026",
    "motive": "Custodia del correo institucional",
    "until": "2099-12-31",
    "accounts": ["Ana.Prueba@example.test"],
}


def test_accounts_are_compared_in_lower_case():
    assert StandingAuthorisation.model_validate(WHOLE).accounts == ("ana.prueba@example.test",)


@pytest.mark.parametrize("part", ["authoriser", "post", "document", "motive", "until"])
def test_each_part_is_required(part):
    with pytest.raises(ValidationError, match=part):
        StandingAuthorisation.model_validate({key: value for key, value in WHOLE.items() if key != part})


@pytest.mark.parametrize("part", ["authoriser", "post", "document", "motive"])
def test_blank_part_is_refused(part):
    with pytest.raises(ValidationError, match=part):
        StandingAuthorisation.model_validate({**WHOLE, part: "   "})


@pytest.mark.parametrize("scope", [{"accounts": []}, {"accounts": [], "departments": [" "]}])
def test_scope_that_covers_nobody_or_everybody_by_mistake_is_refused(scope):
    with pytest.raises(ValidationError, match="permanente"):
        StandingAuthorisation.model_validate({**WHOLE, **scope})


def test_department_is_compared_without_case_and_accents():
    standing = StandingAuthorisation.model_validate({**WHOLE, "departments": ["Secretaría de Hacienda"]})

    assert standing.covers_department("SECRETARIA  DE HACIENDA")
    assert not standing.covers_department("Secretaría de Hacienda y otras")
    assert not standing.covers_department("")


@pytest.mark.parametrize(("days", "counts"), [(0, True), (1, True), (-1, False)])
def test_its_last_day_counts(days, counts):
    day = datetime.now(UTC).astimezone(BOGOTA).date() + timedelta(days=days)

    assert StandingAuthorisation.model_validate({**WHOLE, "until": day}).in_force is counts


def test_nobody_is_mirrored_without_a_case_unless_told():
    settings = MailboxSettings(domains=("example.test",), administrator="a@example.test", store="nas")

    assert settings.standing is None
    assert settings.time_limit == timedelta(hours=12)
