"""Mirrors of mailboxes go into a repository each night, are read back, age by a rule of their own, and come back."""

from __future__ import annotations

import importlib
import json
import shutil
import typing as t
from datetime import datetime
from pathlib import Path

import pytest
from ansible.module_utils.testing import patch_module_args
from typer.testing import CliRunner

from copias.cli.app import app
from copias.errors import Altered, CopyFailed, NotAllowed, NotReady, StoreUnavailable
from copias.evidence.access import tell_access
from copias.local_time import BOGOTA
from copias.mailbox.mirror import Mirror, MirrorReader, NewMessage
from copias.mailbox.status import mirror_folder
from copias.night import mirrors_copy, mirrors_view
from copias.night.catalogue import REMOVED, VOIDED
from copias.night.checking import CheckPlan
from copias.night.day import night_of
from copias.night.mirror_recovery import RECOVERED, list_mirror_copies, recover_mirror
from copias.night.mirrors_copy import MirrorsPlan, plan_mirrors
from copias.night.mirrors_read import read_back
from copias.night.mirrors_view import frozen_folder
from copias.night.state_copy import KEPT, StatePlan
from copias.repository.opening import open_repository, prepare_repository
from copias.repository.snapshots import forget, list_snapshots
from copias.retention.reading import COPIES, read_copies
from tests.deployment import describe_deployment, office_of, write_deployment

PROJECT = Path(__file__).parents[3]
ANA, LUZ = (f"{name}.prueba@valleclaro.example" for name in ("ana", "luz"))
STANDING = {
    "authoriser": "Mariela Ejemplo",
    "post": "Secretaria General",
    "document": "Resolución 100 de 2026",
    "motive": "Custodia",
    "until": "2099-12-31",
    "accounts": [ANA, LUZ],
}


class Hall:
    """An installation with mirrors and a repository, and neither Google nor a database."""

    def __init__(self, folder: Path, *, standing: dict[str, t.Any] | None = None) -> None:
        self.folder = folder
        password = folder / "password"
        password.write_text("clave de prueba\n")
        password.chmod(0o600)
        mailboxes = {"domains": ["valleclaro.example"], "administrator": ANA, "store": "nas"}
        content = describe_deployment(
            folder,
            repositories={"nas": {"kind": "path", "path": str(folder / "nas"), "password_file": str(password)}},
            mailboxes={**mailboxes, "standing": standing or STANDING},
            night={"mirrors_repository": "nas"},
        )
        self.config = folder / "copias.yml"
        write_deployment(self.config, content)
        self.office = office_of(content, folder)

    def add(self, account: str, *numbers: int) -> None:
        with Mirror.open(self.mirror(account), account=account, segment_bytes=2000) as mirror:
            for number in numbers:
                content = f"Subject: Acta {number}\r\n\r\n".encode() + bytes(number % 256 for _ in range(300))
                mirror.add(
                    NewMessage(f"{number:016x}", f"{number:016x}", ("INBOX",), number, 1_700_000_000_000, content)
                )
            mirror.set_state(history_id=9, messages_total=len(numbers), full=True)
            mirror.commit()

    def mirror(self, account: str) -> Path:
        return mirror_folder(self.office.deployment, account)

    def held(self, account: str) -> dict[str, str]:
        with MirrorReader.open(self.mirror(account)) as reader:
            reader.verify()
            return {row.id: row.sha256 for row in reader.messages()}

    def night(self, *, force: bool = True) -> MirrorsPlan:
        plan = plan_mirrors(self.office, force=force)
        assert plan is not None
        if plan.changes:
            plan.run()
        return plan

    def module(
        self, name: str, capsys: pytest.CaptureFixture[str], *, check: bool = False, **options: t.Any
    ) -> dict[str, t.Any]:
        """Run a module of the collection and return its result."""
        arguments = {"config": str(self.config), **options, "_ansible_check_mode": check}
        capsys.readouterr()
        with patch_module_args(arguments), pytest.raises(SystemExit):
            importlib.import_module(f"ansible_collections.funza.copias.plugins.modules.{name}").main()
        found: dict[str, t.Any] = json.loads(capsys.readouterr().out)
        return found

    def events(self, name: str) -> list[dict[str, t.Any]]:
        return [event.data for event in self.office.book.ledger.events_of({name})]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared place with two mirrors; making a repository takes a second of processor."""
    hall = Hall(tmp_path_factory.mktemp("sala"))
    prepare_repository(hall.office, "nas")
    hall.add(ANA, *range(40))
    hall.add(LUZ, *range(40, 50))
    return hall.folder


@pytest.fixture
def collection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Python know the collection as Ansible does."""
    monkeypatch.syspath_prepend(str(PROJECT / "collections"))


@pytest.fixture
def hall(made: Path, tmp_path: Path) -> Hall:
    shutil.copytree(made, tmp_path / "sala")
    return Hall(tmp_path / "sala")


def test_a_lost_mirror_comes_back_message_by_message_and_the_next_round_goes_on_from_it(hall: Hall) -> None:
    before = hall.held(ANA)
    hall.night()
    shutil.rmtree(hall.mirror(ANA))

    done = recover_mirror(hall.office, ANA)

    assert (done.messages, hall.held(ANA)) == (40, before)
    (told,) = hall.events(RECOVERED)
    assert (told["account"], told["messages"], told["leave"]["document"]) == (ANA, 40, "Resolución 100 de 2026")
    (opened,) = tell_access(hall.office, mirrors_view.name_of(told["snapshot"])).openings[:1]
    assert opened.what == f"la abrió con `copias mirror recover`, hacia espejo de {ANA}"
    hall.add(ANA, 90)
    assert len(hall.held(ANA)) == 41


def test_a_second_call_on_the_same_day_changes_nothing_and_looking_makes_no_copy(hall: Hall) -> None:
    looked = plan_mirrors(hall.office)
    hall.night(force=False)

    again = plan_mirrors(hall.office)

    assert looked is not None
    assert again is not None
    assert (looked.changes, again.changes) == (True, False)
    assert len(list_snapshots(open_repository(hall.office, "nas"))) == len(hall.events(mirrors_view.KEPT)) == 1
    assert hall.events(mirrors_view.KEPT)[0]["accounts"] == 2


def test_thirty_nights_read_every_mirror_back(hall: Hall) -> None:
    buckets = {mirrors_view.bucket_of(hall.mirror(account).name) for account in (ANA, LUZ)}
    plan = hall.night()
    kept = hall.events(mirrors_view.KEPT)[0]

    parts = [
        read_back(hall.office, plan.name, snapshot=kept["snapshot"], path=kept["path"], part=part) for part in range(30)
    ]
    assert sum(part["accounts"] for part in parts) == 2
    assert {part["part"] for part in parts if part["bytes"]} == {f"{int(bucket) + 1}/30" for bucket in buckets}


def test_a_snapshot_that_is_not_what_was_frozen_counts_no_more(hall: Hall) -> None:
    plan = hall.night()
    kept = hall.events(mirrors_view.KEPT)[0]
    frozen = frozen_folder(hall.office.deployment, hall.mirror(ANA).name)
    (frozen / "changes.jsonl").write_bytes(b"otra cosa\n")

    with pytest.raises(Altered, match="no es lo que se guardó"):
        read_back(hall.office, plan.name, snapshot=kept["snapshot"], path=kept["path"], part=int(frozen.parent.name))

    assert list_mirror_copies(hall.office) == []
    (copy,) = read_copies(hall.office.book.ledger.events_of(COPIES), "nas")
    assert copy.status == "void"


def test_retention_knows_the_copies_by_a_rule_of_their_own(hall: Hall) -> None:
    hall.night()

    (copy,) = read_copies(hall.office.book.ledger.events_of(COPIES), "nas")

    assert (copy.database, copy.status) == (mirrors_view.HOST, "read")
    schedule = hall.office.deployment.night_schedules[mirrors_view.HOST]
    assert (schedule.daily, schedule.weekly, schedule.monthly, schedule.yearly) == (7, 4, 0, 0)


@pytest.mark.parametrize("of", ["mirrors", "state"])
def test_copy_of_mirrors_or_of_the_state_that_nobody_planned_to_remove_is_missed_by_the_nights_check(
    hall: Hall, of: str
) -> None:
    hall.night()
    StatePlan(hall.office, "nas").run()
    name = mirrors_view.KEPT if of == "mirrors" else KEPT
    (kept,) = hall.events(name)
    forget(open_repository(hall.office, "nas"), [kept["snapshot"]])

    with pytest.raises(Altered, match="faltan copias") as caught:
        CheckPlan(hall.office, "nas").run()

    assert kept["snapshot"][:12] in caught.value.why


def test_nothing_is_recovered_over_a_mirror_that_is_there(hall: Hall) -> None:
    hall.night()
    hall.add(ANA, 77)

    with pytest.raises(NotReady, match="no se reemplaza"):
        recover_mirror(hall.office, ANA)

    assert len(hall.held(ANA)) == 41


def test_nothing_is_recovered_without_somebodys_leave(hall: Hall) -> None:
    hall.night()
    shutil.rmtree(hall.mirror(ANA))
    other = Hall(hall.folder, standing={**STANDING, "accounts": [LUZ]})

    with pytest.raises(NotAllowed):
        recover_mirror(other.office, ANA)

    assert not hall.mirror(ANA).exists()


def test_an_account_that_no_copy_has_is_told_and_leaves_nothing_behind(hall: Hall) -> None:
    shutil.rmtree(hall.mirror(ANA))
    hall.night()

    with pytest.raises(NotReady, match="ninguna copia"):
        recover_mirror(hall.office, ANA)

    assert not hall.mirror(ANA).exists()


def test_a_mirror_that_cannot_be_frozen_stops_no_other_and_is_named(hall: Hall) -> None:
    (hall.mirror(LUZ) / "segments" / "000001.gz.seg").write_bytes(b"")

    with pytest.raises(CopyFailed, match="1 de ellos") as told:
        hall.night()

    assert LUZ in told.value.why
    shutil.rmtree(hall.mirror(ANA))
    assert recover_mirror(hall.office, ANA).messages == 40


def test_a_mirror_that_was_not_frozen_is_copied_by_the_next_call_once_it_is_mended(hall: Hall) -> None:
    broken = hall.mirror(LUZ) / "segments" / "000001.gz.seg"
    whole = broken.read_bytes()
    broken.write_bytes(b"")
    for _ in range(2):
        with pytest.raises(CopyFailed, match="1 de ellos"):
            hall.night(force=False)
    broken.write_bytes(whole)

    hall.night(force=False)

    assert list_mirror_copies(hall.office)[0].failed == ()
    again = plan_mirrors(hall.office)
    assert again is not None
    assert not again.changes


@pytest.mark.parametrize("gone", [VOIDED, REMOVED])
def test_a_copy_that_counts_no_more_is_made_anew_on_the_same_day(hall: Hall, gone: str) -> None:
    hall.night()
    (kept,) = hall.events(mirrors_view.KEPT)
    hall.office.record(gone, {"copy": mirrors_view.name_of(kept["snapshot"]), "why": "prueba"})

    hall.night(force=False)

    (copy,) = list_mirror_copies(hall.office)
    assert copy.snapshot != kept["snapshot"]


def test_a_copy_after_midnight_is_of_the_night_before(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirrors_copy, "tonight", lambda: night_of(datetime(2026, 11, 25, 0, 30, tzinfo=BOGOTA)))
    hall.night(force=False)
    same = plan_mirrors(hall.office)

    monkeypatch.setattr(mirrors_copy, "tonight", lambda: night_of(datetime(2026, 11, 25, 22, 0, tzinfo=BOGOTA)))
    following = plan_mirrors(hall.office)

    assert same is not None
    assert following is not None
    assert (same.changes, following.changes) == (False, True)
    assert hall.events(mirrors_view.KEPT)[0]["day"] == "2026-11-24"


def test_a_mirror_that_disappears_is_told_and_what_was_frozen_of_it_is_copied_on(hall: Hall) -> None:
    hall.night()
    shutil.rmtree(hall.mirror(LUZ))

    with pytest.raises(CopyFailed, match="1 de ellos"):
        hall.night()

    newest = list_mirror_copies(hall.office)[0]
    words = f"mirror recover {LUZ} --snapshot {newest.snapshot} --query messages --config {hall.config}"
    assert CliRunner().invoke(app, words).stdout == "10\n"


def test_a_mirror_that_disappeared_comes_back_from_a_later_copy_once_the_earlier_ones_are_gone(hall: Hall) -> None:
    hall.night()
    first = hall.events(mirrors_view.KEPT)[0]
    shutil.rmtree(hall.mirror(LUZ))
    with pytest.raises(CopyFailed):
        hall.night()
    hall.office.record("night.removed", {"copy": mirrors_view.name_of(first["snapshot"]), "why": "su plazo"})

    assert recover_mirror(hall.office, LUZ).messages == 10


def test_a_view_that_cannot_be_written_is_told_and_the_mirror_is_untouched(hall: Hall) -> None:
    before = hall.held(ANA)
    folder = frozen_folder(hall.office.deployment, hall.mirror(ANA).name)
    folder.parent.mkdir(parents=True)
    folder.symlink_to("/dev/full")

    with pytest.raises(CopyFailed, match="1 de ellos"):
        hall.night()

    assert hall.held(ANA) == before


def test_a_repository_that_is_away_leaves_no_event_and_the_next_call_makes_the_copy(hall: Hall) -> None:
    (hall.folder / "nas").rename(hall.folder / "away")

    with pytest.raises((NotReady, StoreUnavailable)):
        hall.night(force=False)

    assert hall.events(mirrors_view.KEPT) == []
    (hall.folder / "away").rename(hall.folder / "nas")
    assert hall.night(force=False).name == "nas"
    assert len(hall.events(mirrors_view.READ)) == 1


@pytest.mark.usefixtures("collection")
def test_module_looks_does_and_does_nothing_again(hall: Hall, capsys: pytest.CaptureFixture[str]) -> None:
    looked = hall.module("mirrors_snapshot", capsys, check=True)
    before = hall.events(mirrors_view.KEPT)

    done, again = (hall.module("mirrors_snapshot", capsys) for _ in range(2))

    assert (looked["changed"], before) == (True, [])
    assert (done.get("changed"), again.get("changed")) == (True, False), done
    assert done["repository"] == "nas"
    assert len(hall.events(mirrors_view.KEPT)) == 1


@pytest.mark.usefixtures("collection")
def test_module_of_disposal_leaves_what_is_covered(hall: Hall, capsys: pytest.CaptureFixture[str]) -> None:
    looked = hall.module("mirror_disposal", capsys, check=True)
    done = hall.module("mirror_disposal", capsys)

    assert (looked["changed"], done["changed"], done["disposed"]) == (False, False, [])
    assert hall.held(ANA)
