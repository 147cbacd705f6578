"""Expired packages go only when two people approved the exact list, and nothing was held since."""

from __future__ import annotations

import hashlib
import itertools
import os
import time
import typing as t
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from copias.case.catalogue import list_copies
from copias.case.evidence import manifest_name, put_small
from copias.case.storing import plan_storing
from copias.case.telling import tell_outcome
from copias.errors import AlreadyRunning, Altered, BadInput, NotAllowed, NotReady, StoreUnavailable
from copias.findings import list_findings
from copias.local_time import BOGOTA
from copias.office import Office
from copias.package.canonical import to_canonical
from copias.package.signing import is_signed, load_trusted, public_path
from copias.people import Role
from copias.retention.approval import approve_list, list_pending, read_list
from copias.retention.destruction import DESTROYED, destroy_list
from copias.retention.expiry import PackagePlan, plan_office
from copias.retention.holds import hold_copies
from copias.retention.turn import hold_retention
from tests.integration.retention.conftest import make_office

TODAY = datetime.now(BOGOTA).date()


@dataclass
class Archive:
    """An office with sealed packages on its store, and the people who may decide about them."""

    folder: Path
    numbers: t.Iterator[int] = field(default_factory=lambda: itertools.count(100))

    def office(
        self, account: str = "alucia", name: str = "Ana Lucía Prueba", role: Role = Role.ADMINISTRATOR
    ) -> Office:
        return make_office(self.folder, account=account, name=name, role=role)

    @property
    def second(self) -> Office:
        return self.office("bmartinez", "Beatriz Martínez Ejemplo", Role.AGENT)

    @property
    def packages(self) -> Path:
        return self.folder / "packages"

    def add(self, day: date, *, subject: str = "marta@example.test", kind: str = "mailbox", parts: int = 1) -> str:
        """Store and prove a package as a case of that day did."""
        number = str(next(self.numbers))
        copy, place = f"{kind}-{subject}-{number}", f"{kind}/{number}"
        names = [f"{number}.zip", *(f"{number}.parte{part}.zip" for part in range(2, parts + 1))]
        office, content = self.office(), number.encode()
        store = office.open_store("nas")
        for name in names:
            put_small(store, f"{place}/{name}", content)
        put_small(store, manifest_name(f"{place}/{names[0]}"), b"{}")
        for ending in (".prueba.json", ".constancia.html"):
            put_small(store, f"{place}/{number}{ending}", b"x")
        made = {
            "copy": copy,
            "generation": 1,
            "kind": kind,
            "subject": subject,
            "record_series": "Correo electrónico institucional",
            "store": "nas",
            "package": f"{place}/{names[0]}",
            "parts": names,
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "finished": datetime(day.year, day.month, day.day, 12, tzinfo=BOGOTA).isoformat(),
        }
        leave = {"authoriser": "Mariela", "document": "1", "motive": "x", "post": "x"}
        for event, data in (
            ("case.assigned", {}),
            ("case.started", {"authorisation": leave, "kind": kind, "subject": subject}),
            ("copy.made", made),
            ("copy.stored", {"copy": copy}),
            ("copy.verified", {"copy": copy}),
        ):
            office.book.record(number, event, data)
        return copy

    def plan(self) -> PackagePlan:
        return plan_office(self.office(), TODAY)

    def code(self) -> str:
        return self.plan().code

    def files(self) -> set[str]:
        return {path.name for path in self.packages.rglob("*") if path.is_file() and not path.name.startswith(".")}

    def approve_twice(self) -> str:
        code = self.code()
        approve_list(self.office(), code[:12])
        approve_list(self.second, code[:12])
        return code


@pytest.fixture
def archive(empty_repository: tuple[Path, str], tmp_path: Path) -> Archive:
    template, _ = empty_repository
    folder = tmp_path / "place"
    folder.mkdir()
    (folder / "password").write_bytes((template / "password").read_bytes())
    (folder / "password").chmod(0o600)
    found = Archive(folder)
    keys = template / "state" / "keys"
    target = found.office().deployment.signing_key.parent
    target.mkdir(parents=True, mode=0o700)
    for path in keys.iterdir():
        (target / path.name).write_bytes(path.read_bytes())
        (target / path.name).chmod(0o600)
    found.office().open_store("nas").prepare()
    return found


@pytest.fixture
def expired(archive: Archive) -> list[str]:
    """Two packages past their time, and a newer one of the same account that is not."""
    names = [archive.add(date(TODAY.year - 7, 3, 1), parts=3), archive.add(date(TODAY.year - 6, 3, 1))]
    archive.add(date(TODAY.year - 1, 3, 1))
    return names


def test_approved_packages_go_with_all_their_files_and_a_record_is_drawn_up(
    archive: Archive, expired: list[str]
) -> None:
    code = archive.approve_twice()

    done = destroy_list(archive.office(), code[:12])

    assert (done.removed, done.left, done.why) == (expired, [], "")
    assert archive.files() == {"102.zip", "102.zip.manifest.json", "102.prueba.json", "102.constancia.html"}
    assert [copy.copy_id for copy in list_copies(archive.office())] == ["mailbox-marta@example.test-102"]
    assert len(list_copies(archive.office(), removed=True)) == 3
    folder = archive.office().deployment.copies / done.record
    sealed = orjson.loads((folder / "acta.json").read_bytes())
    trusted = load_trusted([public_path(archive.office().deployment.signing_key)])
    public = trusted[sealed["signature"]["key_id"]]
    assert is_signed(to_canonical(sealed["record"]), sealed["signature"]["value"], public)
    assert [one["account"] for one in sealed["record"]["approvals"]] == ["alucia", "bmartinez"]
    page = (folder / "acta.html").read_text(encoding="utf-8")
    shown = (*expired, "Beatriz Martínez Ejemplo", sealed["record"]["copies"][0]["sha256"])
    assert [name for name in shown if name not in page] == []
    (event,) = archive.office().book.ledger.events_of({DESTROYED})
    assert event.data["record"] == hashlib.sha256((folder / "acta.json").read_bytes()).hexdigest()


def test_second_destruction_changes_nothing(archive: Archive, expired: list[str]) -> None:
    code = archive.approve_twice()
    first = destroy_list(archive.office(), code)
    head = archive.office().book.ledger.head()

    second = destroy_list(archive.office(), code)

    assert second == first
    assert archive.office().book.ledger.head() == head
    assert list_pending(archive.office()) == []


@pytest.mark.parametrize(
    ("account", "name"), [("alucia", "Ana Lucía Prueba"), ("otra", "ANA LUCIA  PRUEBA"), ("alucia", "Otra Persona")]
)
def test_nobody_approves_twice_by_account_or_by_name(
    archive: Archive, expired: list[str], account: str, name: str
) -> None:
    code = archive.code()
    approve_list(archive.office(), code)

    with pytest.raises(BadInput, match="ya la aprobó"):
        approve_list(archive.office(account, name), code)


def test_one_approval_is_not_enough(archive: Archive, expired: list[str]) -> None:
    code = archive.code()
    approve_list(archive.office(), code)
    files = archive.files()

    with pytest.raises(NotReady, match="1 de 2"):
        destroy_list(archive.office(), code)

    assert archive.files() == files


def test_two_agents_without_an_administrator_are_not_enough(archive: Archive, expired: list[str]) -> None:
    code = archive.code()
    approve_list(archive.second, code)
    approve_list(archive.office("c", "Carlos Prueba", Role.AGENT), code)

    with pytest.raises(NotReady, match="administradora"):
        destroy_list(archive.office(), code)


def test_only_an_administrator_destroys_and_an_auditor_approves_nothing(archive: Archive, expired: list[str]) -> None:
    code = archive.approve_twice()

    with pytest.raises(NotAllowed):
        destroy_list(archive.second, code)
    with pytest.raises(NotAllowed):
        approve_list(archive.office("d", "Diego", Role.AUDITOR), code)


@pytest.mark.parametrize("whole", [False, True], ids=["copy", "subject"])
def test_hold_voids_the_approvals(archive: Archive, expired: list[str], *, whole: bool) -> None:
    code = archive.approve_twice()
    given = {"subject": "marta@example.test"} if whole else {"copy": expired[0]}
    hold_copies(archive.office(), **given, reason="Proceso disciplinario 4")

    with pytest.raises(NotReady, match="Proceso disciplinario 4"):
        destroy_list(archive.office(), code)

    assert read_list(archive.office(), code).approvals == ()
    assert archive.code() != code


def test_approval_ends_after_its_days(archive: Archive, expired: list[str]) -> None:
    code = archive.approve_twice()

    later = read_list(archive.office(), code, now=datetime.now(BOGOTA) + timedelta(days=31))

    assert later.approvals == ()
    assert "venció" in later.missing


def test_list_of_another_day_is_another_list(archive: Archive, expired: list[str]) -> None:
    code = archive.code()
    archive.add(date(TODAY.year - 8, 1, 1))

    with pytest.raises(BadInput, match="código"):
        approve_list(archive.office(), code)


def test_approved_list_stays_the_same_while_others_expire(archive: Archive, expired: list[str]) -> None:
    code = archive.code()
    approve_list(archive.office(), code)
    archive.add(date(TODAY.year - 8, 1, 1))
    approve_list(archive.second, code)

    assert destroy_list(archive.office(), code).removed == expired


def test_list_that_was_changed_on_disk_is_refused(archive: Archive, expired: list[str]) -> None:
    code = archive.approve_twice()
    path = archive.folder / "state" / "retention" / "lists" / f"{code}.json"
    path.write_bytes(path.read_bytes().replace(b"-100", b"-102"))

    with pytest.raises(Altered):
        destroy_list(archive.office(), code)


def test_package_that_moved_since_it_was_approved_is_not_told_as_gone(archive: Archive, expired: list[str]) -> None:
    code, office = archive.approve_twice(), archive.office()
    (moved, *_) = archive.plan().removable
    office.book.record(moved.package.case, "copy.moved", {"copy": moved.package.copy, "from": "nas", "store": "otra"})

    with pytest.raises(NotReady, match="está en otro destino"):
        destroy_list(office, code[:12])

    assert {one.package.copy for one in archive.plan().removable} == set(expired)


def test_newest_proven_package_of_an_account_never_expires(archive: Archive) -> None:
    only = archive.add(date(TODAY.year - 20, 1, 1))

    plan = archive.plan()

    assert plan.removable == ()
    (kept,) = plan.protected
    assert (kept.package.copy, kept.floors) == (only, ("es la copia probada más nueva de marta@example.test",))


def test_store_that_dies_in_the_middle_is_gone_on_with(archive: Archive, expired: list[str]) -> None:
    code = archive.approve_twice()
    hidden = archive.packages.with_name("away")
    first = archive.office()
    real = first.open_store("nas")

    class Dying:
        """The store, whose link goes down before the last file of the first package."""

        def __getattr__(self, name: str) -> t.Any:
            return getattr(real, name)

        def remove(self, name: str) -> None:
            if name.endswith("100.zip"):
                archive.packages.rename(hidden)
            real.remove(name)

    first.open_store = lambda _: t.cast("t.Any", Dying())  # type: ignore[method-assign]
    with pytest.raises((StoreUnavailable, NotReady)):
        destroy_list(first, code)
    hidden.rename(archive.packages)

    done = destroy_list(archive.office(), code)

    assert done.removed == expired
    assert not any(name.startswith(("100", "101")) for name in archive.files())


def test_hold_in_the_middle_stops_the_rest_and_the_record_says_so(archive: Archive, expired: list[str]) -> None:
    code = archive.approve_twice()
    office = archive.office()
    real = office.open_store("nas")

    class Watching:
        """The store; somebody holds both packages while the first one goes."""

        def __getattr__(self, name: str) -> t.Any:
            return getattr(real, name)

        def remove(self, name: str) -> None:
            if name.endswith("100.zip"):
                for copy in expired:
                    hold_copies(archive.second, copy=copy, reason="Requerimiento de la Contraloría")
            real.remove(name)

    office.open_store = lambda _: t.cast("t.Any", Watching())  # type: ignore[method-assign]

    done = destroy_list(office, code)

    assert (done.removed, done.left) == (expired[:1], expired[1:])
    assert "Contraloría" in done.why
    assert "101.zip" in archive.files()
    page = (archive.office().deployment.copies / done.record / "acta.html").read_text(encoding="utf-8")
    assert "1 copia de la lista aprobada no se eliminó" in page
    (finding,) = list_findings(office.book.ledger.events())
    assert (finding.about, "Contraloría" in finding.why) == (expired[0], True)


def test_store_clock_a_year_ahead_removes_nothing(archive: Archive, expired: list[str]) -> None:
    code = archive.approve_twice()
    office = archive.office()
    real = office.open_store("nas")
    files = archive.files()

    class Ahead:
        """The store of a NAS whose clock is a year ahead."""

        def __getattr__(self, name: str) -> t.Any:
            return getattr(real, name)

        def list_parts(self) -> t.Any:
            for path in archive.packages.rglob("*.part"):
                os.utime(path, (time.time() + 365 * 86_400,) * 2)
            return real.list_parts()

    office.open_store = lambda _: t.cast("t.Any", Ahead())  # type: ignore[method-assign]

    with pytest.raises(NotReady, match="reloj"):
        destroy_list(office, code)

    assert archive.files() == files


def test_second_destruction_at_once_is_refused(archive: Archive, expired: list[str]) -> None:
    code = archive.approve_twice()

    with hold_retention(archive.office()), pytest.raises(AlreadyRunning, match="alucia"):
        destroy_list(archive.office(), code)


@pytest.mark.parametrize(
    "given",
    [{"copy": "no-existe"}, {"subject": "nadie@example.test"}, {}, {"copy": "x", "subject": "y"}],
    ids=["copy", "subject", "none", "both"],
)
def test_hold_of_what_nobody_knows_is_refused(archive: Archive, given: dict[str, str]) -> None:
    with pytest.raises(BadInput):
        hold_copies(archive.office(), **given, reason="x")


def test_hold_without_a_reason_is_refused(archive: Archive, expired: list[str]) -> None:
    with pytest.raises(BadInput, match="motivo"):
        hold_copies(archive.office(), copy=expired[0], reason="  ")


def test_case_of_a_removed_package_says_so_and_has_nothing_to_do_again(archive: Archive, expired: list[str]) -> None:
    destroy_list(archive.office(), archive.approve_twice())

    office = archive.office()
    told = dict(tell_outcome(office.book.story("100")))

    assert told["Eliminada"].startswith("venció el ")
    assert plan_storing(office, "100").changes is False
