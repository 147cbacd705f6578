"""The data files of documents, clauses and defaults, and what is read from them."""

from __future__ import annotations

import pytest

from copias.procedure import Procedure
from copias.retention.settings import RetentionSettings
from copias.standards import clause, clauses, defaults, documents


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
