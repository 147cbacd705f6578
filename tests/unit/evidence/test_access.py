"""Who could read a copy and who opened it: dated, recorded when it changes, and no more claimed than seen."""

from __future__ import annotations

import pytest

from copias.errors import BadInput
from copias.evidence.access import SEEN, look_at_places, tell_access
from copias.office import Office
from copias.opened import record_opening


@pytest.fixture
def store(office: Office):
    path = office.deployment.stores["nas"].path
    path.mkdir(mode=0o700)
    return path


def test_what_did_not_change_is_recorded_once(office: Office, store) -> None:
    first = look_at_places(office)

    second = look_at_places(office)

    assert (first.changed, second.changed) == (["store:nas"], [])
    assert len(list(office.book.ledger.events_of({SEEN}))) == 1


def test_folder_that_everybody_may_read_is_told_from_the_day_it_was_seen(office: Office, store) -> None:
    look_at_places(office)
    store.chmod(0o755)
    look_at_places(office)

    seen = tell_access(office, "copia-1234").seen

    assert [any("cualquier cuenta" in one for one in look["readers"]) for look in seen] == [False, True]
    assert all("root" in look["note"] for look in seen)


def test_who_opened_a_copy_is_named_and_only_of_that_copy(office: Office) -> None:
    office.record("restore.sinfa", {"copy": "copia-1234", "equal": True})
    office.book.record("1235", "copy.checked", {"copy": "copia-1235", "outcome": "good"})

    opened = tell_access(office, "copia-1234").openings

    assert [(one.name, one.what) for one in opened] == [
        ("Ana Lucía Prueba", "la restauró en una base de datos o un archivo")
    ]


def test_mail_looked_for_given_back_and_exported_counts_as_opened(office: Office) -> None:
    book, source = office.book, {"kind": "copy", "name": "copia-1234"}
    planned = {"restore": "r1", "source": source, "account": "a", "messages": 1, "generation": 1}
    book.record("1300", "case.assigned", {})
    book.record("1300", "case.started", {"authorisation": {"authoriser": "X"}})
    book.record("1300", "recovery.searched", {"account": "a", "source": "copia copia-1234", "found": 1})
    book.record("1300", "restore.planned", planned)
    book.record("1300", "restore.given", {"restore": "r1"})
    book.record("1300", "copy.exported", {"of_case": "1234"})
    book.record("1300", "copy.exported", {"of_case": "1235"})

    opened = tell_access(office, "copia-1234").openings

    assert [one.what for one in opened] == [
        "buscó en ella",
        "escogió qué devolver de ella",
        "devolvió mensajes de ella",
        "la exportó a un archivo mbox",
    ]


def test_export_of_the_first_copy_of_a_reopened_case_is_told_of_that_copy_only(office: Office) -> None:
    made = {"kind": "mailbox", "subject": "a", "package": "p.zip", "store": "nas", "bytes": 1, "sha256": "0" * 64}
    office.book.record("1234", "case.reopened", {"reason": "otra vez"})
    office.book.record("1234", "copy.made", {**made, "copy": "copia-1234-2", "finished": "2026-12-31T23:59:59+00:00"})
    office.book.record("1234", "copy.exported", {"of_case": "1234", "copy": "copia-1234"})

    opened = {copy: [one.what for one in tell_access(office, copy).openings] for copy in ("copia-1234", "copia-1234-2")}

    assert opened == {"copia-1234": ["la exportó a un archivo mbox"], "copia-1234-2": []}


def test_copy_that_is_not_there_is_refused(office: Office) -> None:
    with pytest.raises(BadInput, match="no hay una copia"):
        tell_access(office, "otra")


def test_copy_that_was_opened_is_told_with_its_verb_although_nothing_came_of_it(office: Office) -> None:
    record_opening(office, "copia-1234", by="copias restore sinfa", to="/tmp/carpeta/x.dump", case="1300", motive="m")

    (opened,) = tell_access(office, "copia-1234").openings

    assert (opened.what, opened.case) == ("la abrió con `copias restore sinfa`, hacia /tmp/carpeta/x.dump", "1300")


def test_mirror_that_was_taken_out_of_a_copy_of_all_mirrors_is_told_of_that_copy(office: Office) -> None:
    made = {"repository": "nas", "path": "/m", "day": "2026-11-26", "failed": []}
    for snapshot in ("a" * 64, "b" * 64):
        office.record("night.mirrors", {**made, "snapshot": snapshot})
    office.record("mirror.recovered", {"account": "a", "repository": "nas", "snapshot": "b" * 64, "messages": 3})

    told = tell_access(office, "espejos-" + "b" * 12)

    assert told.places == ("repository:nas",)
    assert [one.what for one in told.openings] == ["sacó de ella el espejo de una cuenta"]
    assert tell_access(office, "espejos-" + "a" * 12).openings == ()


def test_evidence_pack_of_its_case_took_the_records_of_a_copy_along(office: Office) -> None:
    facts = {"cases": [], "from": "2026-01-01", "to": "2026-12-31", "name": "e.zip"}
    office.record("audit.packed", {**facts, "holds": ["1234"]})
    office.record("audit.packed", {**facts, "holds": ["1235"]})

    opened = tell_access(office, "copia-1234").openings

    assert [one.what for one in opened] == ["llevó sus registros, y no su contenido, en un paquete de evidencia"]
