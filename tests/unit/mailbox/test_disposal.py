"""The mirror of a closed case goes after its grace, told in the ledger, and only when nothing needs or covers it."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from copias.case.copy_folder import CopyFolder
from copias.mailbox.copying import IDS
from copias.mailbox.disposal import DISPOSED, Decision, _set_aside, dispose, has_unfinished, plan_disposals
from copias.mailbox.mirror import Mirror, NewMessage
from copias.mailbox.status import mirror_folder
from copias.night.mirrors_copy import freeze_all
from copias.night.mirrors_view import frozen_folder
from copias.office import Office
from copias.people import Person, Role
from copias.retention.holds import HELD
from tests.deployment import describe_deployment, office_of

ANA = "ana.prueba@valleclaro.example"
GRANT = {"authoriser": "Mariela Ejemplo", "post": "Secretaria", "document": "Oficio 12", "motive": "custodia"}
STANDING = {**GRANT, "until": "2099-12-31", "accounts": [ANA]}
LATER = datetime.now(UTC) + timedelta(days=31)


def make_office(folder: Path, **mailboxes: t.Any) -> Office:
    given = {"domains": ["valleclaro.example"], "administrator": ANA, "store": "nas", **mailboxes}
    content = describe_deployment(folder, mailboxes=given)
    return office_of(content, folder, person=Person(name="Ana Prueba", role=Role.AGENT))


def add(office: Office, key: str) -> None:
    with Mirror.open(mirror_folder(office.deployment, ANA), account=ANA) as mirror:
        mirror.add(NewMessage(key, key, ("INBOX",), 1, 1_700_000_000_000, b"Subject: Acta\r\n\r\nx"))
        mirror.commit()


def open_case(office: Office, number: str, kind: str = "mailbox") -> None:
    of, book = {"kind": kind, "subject": ANA}, office.book
    book.record(number, "case.assigned", {"agent": "Ana"})
    book.record(number, "case.classified", {**of, "mode": "remote"})
    book.record(number, "case.authorised", {**GRANT, "of": of})
    book.record(number, "case.started", {**of, "authorisation": GRANT})


def stored(office: Office) -> Path:
    return office.deployment.state.parent / "store" / "a.zip"


def finish_case(office: Office, number: str, *, subject: str = ANA, ids: t.Collection[str] = ("1",)) -> None:
    """Store, prove and resolve a package of some messages."""
    book, now = office.book, datetime.now(UTC).isoformat(timespec="seconds")
    office.open_store("nas").prepare()
    stored(office).write_bytes(b"a package")
    CopyFolder(office.deployment, f"correo-{number}").write(IDS, sorted(ids))
    facts = {"copy": f"correo-{number}", "kind": "mailbox", "subject": subject, "package": "a.zip", "store": "nas"}
    book.record(number, "copy.made", {**facts, "sha256": "00" * 32, "bytes": 9, "finished": now, "generation": 1})
    book.record(number, "copy.stored", {"copy": f"correo-{number}"})
    book.record(number, "copy.verified", {"copy": f"correo-{number}"})
    book.record(number, "case.resolved", {})


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """An office with a mirror whose case is closed and whose package is proven."""
    made = make_office(tmp_path)
    open_case(made, "77")
    add(made, "1")
    finish_case(made, "77")
    return made


def decide(office: Office, now: datetime = LATER) -> Decision:
    (found,) = plan_disposals(office, now)
    return found


def disposed(office: Office) -> list[dict[str, t.Any]]:
    return [event.data for event in office.book.ledger.events_of({DISPOSED})]


def test_it_goes_after_its_grace_with_what_was_frozen_of_it_and_the_ledger_says_by_what_rule(office: Office) -> None:
    freeze_all(office)
    frozen = frozen_folder(office.deployment, ANA)
    assert frozen.is_dir()

    gone, errors = dispose(office, LATER)

    assert ([one.account for one in gone], errors) == ([ANA], [])
    assert not mirror_folder(office.deployment, ANA).exists()
    assert not frozen.exists()
    (told,) = disposed(office)
    assert (told["account"], told["case"], told["messages"], told["package"]) == (ANA, "77", 1, "correo-77")
    assert "30 días" in told["rule"]
    assert dispose(office, LATER) == ([], [])
    assert len(disposed(office)) == 1


def test_looking_changes_nothing(office: Office) -> None:
    found = decide(office)

    assert (found.stays, found.package) == ("", "correo-77")
    assert mirror_folder(office.deployment, ANA).is_dir()
    assert disposed(office) == []


def test_it_stays_during_its_grace(office: Office) -> None:
    assert "desde el" in decide(office, datetime.now(UTC) + timedelta(days=29)).stays


@pytest.mark.parametrize("kind", ["mailbox", "recovery"])
def test_an_open_case_keeps_it_on_hold_too(office: Office, kind: str) -> None:
    open_case(office, "78", kind)
    assert "78 está abierto" in decide(office).stays

    office.book.record("78", "case.held", {"reason": "espera"})

    assert "78 está abierto" in decide(office).stays


def test_a_standing_authorisation_keeps_it(office: Office, tmp_path: Path) -> None:
    covered = make_office(tmp_path, standing=STANDING)

    assert "lo cubre Oficio 12" in decide(covered).stays


def test_a_directory_that_does_not_answer_keeps_it(office: Office, tmp_path: Path) -> None:
    doubtful = make_office(tmp_path, standing={**STANDING, "accounts": [], "departments": ["Hacienda"]})

    assert "no se sabe" in decide(doubtful).stays


def test_a_hold_keeps_it(office: Office) -> None:
    office.record(HELD, {"hold": "R-1", "copy": "", "subject": ANA, "reason": "demanda"})

    assert "R-1" in decide(office).stays


def test_the_only_copy_is_never_removed(tmp_path: Path) -> None:
    office = make_office(tmp_path)
    open_case(office, "77")
    add(office, "1")
    office.book.record("77", "case.cancelled", {"reason": "no procede"})

    assert "ningún paquete" in decide(office).stays
    assert dispose(office, LATER) == ([], [])
    assert mirror_folder(office.deployment, ANA).is_dir()


def test_what_came_in_after_the_package_keeps_it(office: Office) -> None:
    add(office, "2")

    assert "ningún paquete" in decide(office).stays


def test_a_package_that_was_removed_or_spoilt_proves_nothing(office: Office) -> None:
    office.book.record("77", "copy.spoilt", {"copy": "correo-77", "why": "otra suma"})

    assert "ningún paquete" in decide(office).stays


@pytest.mark.parametrize("content", [None, b"a pack", b""], ids=["gone", "short", "empty"])
def test_a_package_that_is_not_on_its_store_as_it_was_keeps_the_mirror(office: Office, content: bytes | None) -> None:
    if content is None:
        stored(office).unlink()
    else:
        stored(office).write_bytes(content)

    assert "no está como se guardó en nas" in decide(office).stays
    assert dispose(office, LATER) == ([], [])


def test_a_store_that_is_away_keeps_the_mirror(office: Office) -> None:
    stored(office).parent.rename(stored(office).parent.with_name("unmounted"))

    assert "no se sabe si a.zip sigue en nas" in decide(office).stays


def test_a_mirror_that_no_case_explains_stays(tmp_path: Path) -> None:
    office = make_office(tmp_path)
    add(office, "1")

    assert "ningún caso" in decide(office).stays


def test_a_mirror_that_is_being_written_stays_until_the_next_night(office: Office) -> None:
    with Mirror.open(mirror_folder(office.deployment, ANA), account=ANA):
        gone, errors = dispose(office, LATER)

    assert (gone, [type(error).__name__ for error in errors]) == ([], ["AlreadyRunning"])
    assert dispose(office, LATER)[0] != []


@pytest.mark.parametrize("recorded", [False, True])
def test_a_power_cut_after_the_rename_is_finished_by_the_next_call_and_told_once(
    office: Office, recorded: bool
) -> None:
    _set_aside(office, decide(office), LATER)
    (aside,) = (office.deployment.state / "disposed").iterdir()
    if recorded:
        office.record(DISPOSED, {"disposal": aside.name, "account": ANA})
        (aside / "index.sqlite").unlink()
    assert has_unfinished(office)

    assert dispose(office, LATER) == ([], [])

    assert not has_unfinished(office)
    assert [event["account"] for event in disposed(office)] == [ANA]


def test_a_power_cut_before_the_very_last_step_does_not_stop_the_next_call(office: Office) -> None:
    (office.deployment.state / "disposed" / "ana.prueba~20260101T000000000000").mkdir(parents=True)

    gone, errors = dispose(office, LATER)

    assert ([one.account for one in gone], errors) == ([ANA], [])
    assert not has_unfinished(office)


@pytest.mark.parametrize(("ids", "subject"), [((), ANA), (("2",), ANA), (("1",), "luz.prueba@valleclaro.example")])
def test_a_package_that_lacks_a_message_or_is_anothers_does_not_let_the_mirror_go(
    tmp_path: Path, ids: tuple[str, ...], subject: str
) -> None:
    made = make_office(tmp_path)
    open_case(made, "77")
    add(made, "1")
    finish_case(made, "77", subject=subject, ids=ids)

    assert "ningún paquete probado" in decide(made).stays
    assert dispose(made, LATER) == ([], [])
