"""The data files of documents, clauses and defaults, and what is read from them."""

from __future__ import annotations

from datetime import date

import pytest

from copias.procedure import Procedure
from copias.retention.settings import RetentionSettings
from copias.standards import Clauses, clause, clauses, defaults, documents


def test_defaults_of_the_deployment_come_from_the_files() -> None:
    assert RetentionSettings().years == defaults().years == {"mailbox": 5, "drive": 5, "manual": 5, "sinfa": 10}
    assert RetentionSettings().nights.model_dump() == defaults().nights
    assert (Procedure().code, Procedure().version) == (documents().procedure.code, "1")


@pytest.mark.parametrize("topic", sorted(clauses().topics))
def test_every_topic_names_document_and_clause(topic: str) -> None:
    said = clause(topic)

    assert all(str(one.number) in said and one.document in said for one in clauses().of(topic))
    assert said


def test_unknown_topic_is_an_error() -> None:
    with pytest.raises(KeyError):
        clause("nada")


def test_every_clause_says_its_version_and_how_it_was_checked_on_which_day() -> None:
    found = clauses().all()

    assert {one.against for one in found} == {"text", "secondary", "unchecked"}
    assert all(one.version and date(2025, 1, 1) < one.checked <= clauses().as_of for one in found)
    assert {one.against for one in found if one.document.startswith("ISO")} == {"secondary", "unchecked"}


def test_clause_of_a_document_that_the_file_does_not_have_is_refused() -> None:
    facts = clauses().model_dump()
    facts["clauses"]["nada/1"] = {"title": "x"}

    with pytest.raises(ValueError, match="nada/1"):
        Clauses.model_validate(facts)
