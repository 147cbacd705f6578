"""A store is replaced by another, and no copy is lost, doubled or believed on the way."""

from __future__ import annotations

import shutil
import typing as t
from pathlib import Path

import pytest
import yaml

from copias.case.evidence import read_trusted_manifest
from copias.case.storing import plan_storing
from copias.case.story import SPOILT
from copias.errors import AlreadyRunning, BadConfiguration, BadInput, NotReady, StoreFull
from copias.files import locked
from copias.findings import list_findings
from copias.keeping.files import kept_files
from copias.keeping.moving import hold_move, plan_move, run_move
from copias.office import open_office
from copias.package import open_mailbox
from copias.retention.destruction import destroy_list
from tests.integration.keeping.conftest import Place


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }


def test_every_file_of_every_copy_is_on_the_new_store_and_the_ledger_says_so(place: Place) -> None:
    place.use("nueva")

    outcome = run_move(place.office, plan_move(place.office, "nas", "nueva"))

    assert (outcome.moved, outcome.failed, outcome.released) == ([place.copy.copy_id], {}, True)
    assert contents(place.new) == contents(place.old) != {}
    assert place.copy.store == "nueva"
    assert place.events("store.released") == [{"store": "nas", "to": "nueva"}]


def test_moved_copy_is_used_from_its_new_place_with_the_old_evidence(place: Place) -> None:
    place.use("nueva")
    run_move(place.office, plan_move(place.office, "nas", "nueva"))
    shutil.rmtree(place.old)

    (record,) = place.office.book.story(place.copy.case).copies
    manifest = read_trusted_manifest(place.office, record)

    assert manifest.store == "nas"
    assert plan_storing(place.office, place.copy.case).changes is False
    with open_mailbox(place.new / record.package) as package:
        assert len(list(package.messages())) == place.copy.messages


def test_second_move_finds_nothing_to_do(place: Place) -> None:
    place.use("nueva")
    run_move(place.office, plan_move(place.office, "nas", "nueva"))
    before = len(place.events("copy.moved"))

    plan = plan_move(place.office, "nas", "nueva")

    assert (plan.copies, plan.blocking) == ((), ())
    assert len(place.events("copy.moved")) == before == 1


def test_plan_changes_nothing(place: Place) -> None:
    count = place.office.book.ledger.head().count

    plan = plan_move(place.office, "nas", "nueva")

    assert [copy.record.copy_id for copy in plan.copies] == [place.copy.copy_id]
    assert plan.bytes == sum(map(len, contents(place.old).values()))
    assert contents(place.new) == {}
    assert place.office.book.ledger.head().count == count


def test_store_that_the_configuration_still_names_is_not_released(place: Place) -> None:
    outcome = run_move(place.office, plan_move(place.office, "nas", "nueva"))

    assert place.copy.store == "nueva"
    assert outcome.released is False
    assert place.events("store.released") == []
    assert "los buzones" in plan_move(place.office, "nas", "nueva").blocking[0]


def test_store_that_keeps_the_mirror_of_a_repository_is_not_released(place: Place) -> None:
    place.use("nueva")
    mirrored = {"kind": "path", "path": "/backup", "password_file": "key", "mirror": {"store": "nas"}}
    content = yaml.safe_load(place.config.read_text(encoding="utf-8"))
    content["repositories"] = {"noches": mirrored}
    place.config.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")

    outcome = run_move(open_office(place.config), plan_move(open_office(place.config), "nas", "nueva"))

    assert outcome.released is False
    assert place.events("store.released") == []


@pytest.mark.parametrize("spoil", ["altered", "longer", "gone"])
def test_copy_that_is_not_what_was_stored_stays_where_it_is_and_is_a_finding(place: Place, spoil: str) -> None:
    place.use("nueva")
    package = place.old / place.copy.package
    content = bytearray(package.read_bytes())
    if spoil == "gone":
        package.unlink()
    else:
        content[len(content) // 2] ^= 1
        package.write_bytes(bytes(content) if spoil == "altered" else package.read_bytes() + b"x")

    outcome = run_move(place.office, plan_move(place.office, "nas", "nueva"))

    assert list(outcome.failed) == [place.copy.copy_id]
    assert (outcome.released, place.copy.store) == (False, "nas")
    assert contents(place.new) == {}
    (finding,) = list_findings(place.office.book.ledger.events())
    assert finding.about == place.copy.copy_id


def test_move_that_died_in_the_middle_goes_on_and_reads_again_what_it_finds(place: Place) -> None:
    place.use("nueva")
    (copy,) = plan_move(place.office, "nas", "nueva").copies
    first, second = copy.files[:2]
    (place.new / first.name).parent.mkdir(parents=True)
    shutil.copy(place.old / first.name, place.new / first.name)
    (place.new / f"{second.name}.part").write_bytes(b"half")

    outcome = run_move(place.office, plan_move(place.office, "nas", "nueva"))

    assert outcome.released
    assert contents(place.new) == contents(place.old)


def test_file_of_that_name_that_is_not_the_copy_is_never_believed(place: Place) -> None:
    place.use("nueva")
    first = plan_move(place.office, "nas", "nueva").copies[0].files[0]
    (place.new / first.name).parent.mkdir(parents=True)
    (place.new / first.name).write_bytes(b"x" * first.bytes)

    outcome = run_move(place.office, plan_move(place.office, "nas", "nueva"))

    assert list(outcome.failed) == [place.copy.copy_id]
    assert place.copy.store == "nas"
    assert (place.new / first.name).read_bytes() == b"x" * first.bytes


def test_too_small_store_gets_nothing(place: Place) -> None:
    place.configure(stores={"nueva": {"kind": "folder", "path": str(place.new), "least_free": 1 << 60}})

    with pytest.raises(StoreFull, match="no caben"):
        run_move(place.office, plan_move(place.office, "nas", "nueva"))

    assert contents(place.new) == {}
    assert place.copy.store == "nas"


def test_new_store_that_was_never_prepared_gets_nothing(place: Place) -> None:
    shutil.rmtree(place.new)

    with pytest.raises(NotReady):
        run_move(place.office, plan_move(place.office, "nas", "nueva"))

    assert place.copy.store == "nas"


def test_second_move_at_once_is_refused(place: Place) -> None:
    with locked(place.office.deployment.state / "store-move.lock"), pytest.raises(AlreadyRunning):
        run_move(place.office, plan_move(place.office, "nas", "nueva"))


def test_copy_that_was_destroyed_since_the_plan_is_not_moved_and_is_no_loss(place: Place) -> None:
    place.use("nueva")
    plan, head = plan_move(place.office, "nas", "nueva"), len(place.events("copy.moved"))
    place.destroy(place.copy)

    outcome = run_move(place.office, plan)

    assert (outcome.moved, outcome.failed, len(place.events("copy.moved"))) == ([], {}, head)
    assert list_findings(place.office.book.ledger.events()) == []
    assert contents(place.new) == {}


def test_copy_that_is_spoilt_while_it_is_sent_is_not_registered(place: Place) -> None:
    place.use("nueva")
    plan, copy = plan_move(place.office, "nas", "nueva"), place.copy
    old = place.office.open_store("nas")

    class Reading:
        """The old store; somebody finds the copy spoilt while it is read from there."""

        def __getattr__(self, name: str) -> t.Any:
            return getattr(old, name)

        def open(self, name: str, **options: t.Any) -> t.BinaryIO:
            if name == copy.package:
                place.office.book.record(copy.case, SPOILT, {"copy": copy.copy_id, "why": "de prueba"})
            return old.open(name, **options)

    real = place.office.open_store
    place.office.open_store = (  # type: ignore[method-assign]
        lambda name: t.cast("t.Any", Reading()) if name == "nas" else real(name)
    )

    outcome = run_move(place.office, plan)

    assert (outcome.moved, outcome.failed) == ([], {})
    assert place.events("copy.moved") == []


def test_what_a_cut_move_had_sent_of_a_destroyed_copy_is_taken_back(place: Place) -> None:
    place.use("nueva")
    shutil.copytree(place.old, place.new, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*"))
    (place.new / "ajeno.zip").write_bytes(b"of somebody else")
    place.destroy(place.copy)

    outcome = run_move(place.office, plan_move(place.office, "nas", "nueva"))

    assert outcome.released
    assert contents(place.new) == {"ajeno.zip": b"of somebody else"}


def test_move_and_destruction_are_never_at_once(place: Place) -> None:
    with hold_move(place.office), pytest.raises(AlreadyRunning, match="moviendo"):
        destroy_list(place.office, "0123456789ab")


def test_stores_must_be_two_of_the_inventory(place: Place) -> None:
    with pytest.raises(BadInput, match="el mismo"):
        plan_move(place.office, "nas", "nas")
    with pytest.raises(BadConfiguration, match="inventario"):
        plan_move(place.office, "nas", "otra")


def test_kept_files_are_all_that_lies_on_the_store(place: Place) -> None:
    (record,) = place.office.book.story(place.copy.case).copies

    names = [file.name for file in kept_files(place.office, record)]

    assert sorted(names) == sorted(contents(place.old))
    assert names[0] == record.package
