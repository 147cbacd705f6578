"""A recovery whose labels Gmail refused is never whole: they are counted, named to its agent, accepted or mended."""

from __future__ import annotations

from dataclasses import replace

import pytest

from copias.case.closing import plan_close
from copias.case.states import State
from copias.case.telling import tell_events
from copias.errors import BadInput, Doubtful, NotEqual, NotReady
from copias.mailbox.restore.labels import accept_labels, name_lacking
from copias.mailbox.restore.search import Query
from copias.office import Office
from copias.people import Role
from tests.integration.recovery.conftest import CASE, IMPORT, MARTA, OTHER, Recovery, grant

LABEL = f"Recuperado caso {CASE}"
CREATE = "gmail.users.labels.create"
OWN, SECOND = "Salud de Marta", "Ruta/Año 2026"
"""Names of labels that are personal data, and are on three messages, and on one of those."""


@pytest.fixture
def labelled(recovery: Recovery) -> Recovery:
    """Marta's copy has two labels that the other account does not have, and that account may get it."""
    ids = list(recovery.copied)[:3]
    recovery.admin.relabel_mail(MARTA, ids, add=[OWN])
    recovery.admin.relabel_mail(MARTA, ids[:1], add=[SECOND])
    recovery.begin_mirror()
    grant(recovery.office, recipient=OTHER)
    return recovery


@pytest.fixture
def refused(labelled: Recovery) -> Recovery:
    """Gmail made the label of the recovery, and refused those two; nobody has looked at it yet."""
    labelled.admin.fault("status", CREATE, nth=2, times=0, status=400, message="Invalid label name")
    with pytest.raises(Doubtful, match=r"a 3 les falta alguna de 2 .*copias accept"):
        labelled.plan(query=Query(), to=OTHER).run()
    labelled.end_run()
    return labelled


def last(recovery: Recovery, event: str) -> dict[str, object]:
    return [one.data for one in recovery.office.book.story(CASE).events if one.event == event][-1]


def test_labels_that_gmail_refused_are_counted_and_named_and_the_case_is_not_done(refused: Recovery) -> None:
    office, step = refused.office, refused.step()
    auditor = replace(office.actor, person=office.actor.person.model_copy(update={"role": Role.AUDITOR}))
    with pytest.raises(Doubtful):  # the same again, from the journal: what was given back is not given again
        step.run()
    with pytest.raises(NotReady, match="haber devuelto y releído todo"):
        plan_close(office, CASE).run()

    story, given = office.book.story(CASE), last(refused, "restore.given")

    assert refused.held(LABEL, OTHER) == sorted(refused.copied.values())
    assert refused.held("INBOX", OTHER)
    assert len(refused.admin.calls(IMPORT)) == len(refused.copied)
    assert (given["unlabelled"], given["labels"]) == (3, 2)
    assert (step.describe()["unlabelled"], step.describe()["labels"]) == (3, 2)
    assert any("a 3 les falta alguna de 2 etiquetas" in words for _, _, words in tell_events(story))
    assert name_lacking(office, story.restore) == [(OWN, 3), (SECOND, 1)]
    assert name_lacking(Office(office.deployment, auditor), story.restore) == []
    assert OWN not in office.book.ledger.path.read_text(encoding="utf-8")


def test_person_accepts_it_so_and_the_answer_says_what_lacks(refused: Recovery) -> None:
    with pytest.raises(BadInput, match="falta el motivo"):
        accept_labels(refused.office, CASE, reason=" ")
    accept_labels(refused.office, CASE, reason="Marta no las usa")

    refused.step().run()
    story = plan_close(refused.office, CASE).run()

    proof = last(refused, "restore.verified")
    answer = next(row for row in story.queued.values() if row.get("status") == "Solucionado")
    assert story.state is State.RESOLVED
    assert (proof["unlabelled"], proof["accepted"]) == (3, "Marta no las usa")
    assert "a 3 les falta alguna de 2 etiquetas que Gmail no recibió" in answer["done"]


def test_what_is_deleted_and_given_back_again_with_its_labels_is_whole(refused: Recovery) -> None:
    refused.admin.clear_faults()
    given = [one["id"] for one in refused.admin.mail(OTHER) if LABEL in one["labels"]]
    refused.admin.delete_mail(OTHER, given)
    with pytest.raises(NotEqual, match="faltan mensajes"):
        refused.step().run()

    refused.step().run()

    assert len(refused.held(OWN, OTHER)) == 3
    assert last(refused, "restore.verified")["unlabelled"] == 0
    story = plan_close(refused.office, CASE).run()
    assert "etiquetas" not in next(row["done"] for row in story.queued.values() if row.get("status") == "Solucionado")
    with pytest.raises(NotReady, match="no tiene una recuperación a la que le falten"):
        accept_labels(refused.office, CASE, reason="Ya no hace falta")
