"""What a provider delivers for a case: taken in and packed as it came, or rejected, kept apart, and awaited again."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import jsonschema
import pytest

from copias.case.deciding import decide
from copias.case.evidence import read_trusted_manifest
from copias.case.result import proven_result
from copias.case.starting import plan_start
from copias.case.states import State
from copias.case.storing import plan_storing
from copias.database.scratch_settings import ScratchSettings
from copias.errors import Altered, NotReady
from copias.office import Office
from copias.package import ProofLevel, open_package, public_path, verify_package
from copias.package.schema import PATH
from copias.provider import scanning
from copias.provider.arrival import look_for_arrival
from copias.provider.asking import plan_request
from copias.provider.packing import plan_package
from copias.provider.proving import plan_proof
from copias.provider.quarantine import quarantine_folder
from copias.provider.waiting import AwaitingProvider, resume_if_arrived
from copias.store import part_name
from copias_sandbox.world import PROJECT
from tests.integration.case.conftest import CASE, Desk
from tests.integration.case.delivering import BAK, SQL, deliver, drop, finish, rejections, take_in
from tests.integration.case.remote import ask, end_playbook, provider, remote_office, to_provider
from tests.unit.provider.archives import make_zip


@pytest.fixture
def remote(home: Path, desk: Desk) -> Desk:
    """A desk whose demo case waits for what its provider delivers."""
    desk.office = remote_office(home, desk)
    ask(desk)
    return desk


# What is fit


def test_delivery_is_packed_as_it_came_with_the_mails_and_proven_as_far_as_it_can_be(remote: Desk) -> None:
    deliver(remote, "Copia de octubre.bak", BAK)

    finish(remote)

    story, office = remote.office.book.story(CASE), remote.office
    copy = story.copy
    assert copy is not None
    manifest = read_trusted_manifest(office, copy)
    delivered = manifest.delivered
    assert delivered is not None
    assert (delivered.format, delivered.engine, delivered.load.loaded) == ("mssql_bak", "sqlserver", False)
    assert (delivered.provider, delivered.contract) == ("Nube Sur S.A.S.", "CPS-012-2026")
    assert (copy.status, copy.proof["level"]) == ("verified", ProofLevel.RECEIVED.value)
    assert copy.data["delivered_sha256"] == hashlib.sha256(BAK).hexdigest()
    with zipfile.ZipFile(remote.config.parent.parent / "nas" / copy.package) as package:
        names = package.namelist()
        (kept,) = [name for name in names if name.startswith("entrega/")]
        assert package.read(kept) == BAK
        assert any(name.startswith("correos/enviado-solicitud") for name in names)
        assert "SQL Server" in package.read("LEEME.txt").decode()
    assert "ni que esté completa ni su restauración se pudieron probar" in proven_result(story).proof
    assert drop(remote).joinpath("Copia de octubre.bak").read_bytes() == BAK
    assert not (office.deployment.state / "deliveries" / CASE).exists()


def test_package_of_a_delivery_is_sound_by_itself(remote: Desk) -> None:
    deliver(remote, "sinfa.sql.gz", gzip.compress(SQL))
    finish(remote)
    copy = remote.office.book.story(CASE).copy
    assert copy is not None

    path = remote.config.parent.parent / "nas" / copy.package
    with open_package(path) as (streams, manifest):
        problems = verify_package(streams[0], manifest, None)
    key = public_path(remote.office.deployment.signing_key)
    alone = subprocess.run(
        [sys.executable, PROJECT / "scripts" / "verify_package.py", path, "--key", key], capture_output=True, timeout=60
    )

    assert problems == ()
    assert alone.returncode == 0, alone.stderr
    jsonschema.validate(json.loads(manifest.to_json()), json.loads(PATH.read_text(encoding="utf-8")))
    assert manifest.delivered is not None
    assert manifest.delivered.layers == ("gz",)
    assert manifest.delivered.dump_sha256 == hashlib.sha256(SQL).hexdigest()


def test_what_came_beside_the_dump_in_its_archive_is_told_as_not_looked_at(remote: Desk) -> None:
    deliver(remote, "sinfa.zip", make_zip(**{"sinfa.sql": SQL, "nomina.dat": b"?", "LEEME.txt": b"?"}))

    take_in(remote)

    copy = remote.office.book.story(CASE).copy
    assert copy is not None
    excluded = read_trusted_manifest(remote.office, copy).scope.excluded
    assert any(line.startswith("La revisión de lo que venía junto al volcado (2 archivos)") for line in excluded)


@pytest.mark.parametrize("algorithm", ["sha256", "md5"])
def test_checksum_of_the_provider_must_be_equal(remote: Desk, algorithm: str) -> None:
    digest = hashlib.new(algorithm, BAK, usedforsecurity=False).hexdigest()
    deliver(remote, "sinfa.bak", BAK)
    deliver(remote, f"sinfa.bak.{algorithm}", f"{digest.upper()}  sinfa.bak\r\n".encode())

    take_in(remote)

    assert remote.office.book.story(CASE).events[-2].data["checksum"] == algorithm


# What is not


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("sinfa.bak", b"MZ" + bytes(5000), "un programa de Windows"),
        ("sinfa.zip", make_zip(**{"sinfa.bak": BAK})[:-30], "cortado"),
        ("sinfa.zip", make_zip(**{"sinfa.sql": SQL + bytes(8 << 20)}), "bomba"),
        ("sinfa.zip", make_zip(**{"sinfa.bak": BAK, "leeme.exe": b"MZ" + bytes(90)}), "programa"),
        ("sinfa.sql", SQL[:-50], "cortado"),
        ("sinfa.dmp", b"quien sabe", "no se reconoce"),
    ],
    ids=["program", "truncated zip", "bomb", "program in zip", "truncated dump", "unknown"],
)
def test_wrong_file_is_kept_apart_and_told_and_the_right_one_still_goes_on(
    remote: Desk, name: str, content: bytes, reason: str
) -> None:
    deliver(remote, name, content)

    take_in(remote)
    refused = remote.office.book.story(CASE)
    deliver(remote, "sinfa-2.bak", BAK)
    arrival = look_for_arrival(remote.office, CASE)
    finish(remote)

    (rejection,) = rejections(remote)
    assert reason in rejection["reason"]
    assert (refused.state.value, refused.copy) == ("on_hold", None)
    kept = quarantine_folder(remote.office.deployment, CASE) / rejection["quarantine"]
    assert kept.read_bytes() == content
    assert kept.stat().st_mode & 0o777 == 0o400
    assert rejection["sha256"] == hashlib.sha256(content).hexdigest()
    assert len([subject for subject in to_provider(remote) if "no se" in subject.lower()]) == 1
    assert arrival.ready
    assert arrival.data is not None
    assert arrival.data.name == "sinfa-2.bak"
    assert remote.office.book.story(CASE).state.value == "verified"


def test_nothing_at_all_keeps_the_case_waiting(remote: Desk) -> None:
    with pytest.raises(AwaitingProvider, match="prometida"):
        take_in(remote)

    assert not look_for_arrival(remote.office, CASE).ready
    assert rejections(remote) == []


def test_what_was_rejected_is_not_looked_at_again(remote: Desk) -> None:
    deliver(remote, "sinfa.bak", b"MZ")
    take_in(remote)

    arrival = look_for_arrival(remote.office, CASE)

    assert (arrival.ready, "se rechazó" in arrival.why) == (False, True)


def test_wrong_file_of_a_case_that_is_cancelled_meanwhile_asks_the_provider_for_nothing(remote: Desk) -> None:
    deliver(remote, "sinfa.bak", b"MZ")
    resume_if_arrived(remote.office, remote.office.book.story(CASE))
    plan_start(remote.office, CASE).run()
    step = plan_package(remote.office, CASE)
    decide(remote.office, CASE, "case.cancelled", reason="se pidió dos veces")

    step.run()

    assert len(rejections(remote)) == 1
    assert remote.office.book.story(CASE).state is State.CANCELLED
    assert to_provider(remote)[-1] == "[Caso 1234] Ya no hace falta la copia de seguridad"


def test_several_files_are_refused_unread(remote: Desk) -> None:
    deliver(remote, "a.bak", BAK)
    deliver(remote, "b.bak", BAK)

    take_in(remote)

    (rejection,) = rejections(remote)
    assert "se entregaron 2 archivos" in rejection["reason"]
    assert rejection["quarantine"] == ""
    assert not look_for_arrival(remote.office, CASE).ready


def test_checksum_that_differs_is_refused(remote: Desk) -> None:
    deliver(remote, "sinfa.bak", BAK)
    deliver(remote, "sinfa.bak.sha256", b"0" * 64)

    take_in(remote)

    (rejection,) = rejections(remote)
    assert "no da la suma sha256" in rejection["reason"]


def test_checksum_that_was_put_right_lets_the_same_file_in(remote: Desk) -> None:
    deliver(remote, "copia.bak", BAK)
    deliver(remote, "copia.bak.sha256", b"0" * 64)
    take_in(remote)
    assert not look_for_arrival(remote.office, CASE).ready
    deliver(remote, "copia.bak.sha256", hashlib.sha256(BAK).hexdigest().encode())

    finish(remote)

    copy = remote.office.book.story(CASE).copy
    assert copy is not None
    assert (copy.status, len(rejections(remote))) == ("verified", 1)


def test_file_that_is_too_large_is_not_brought(home: Path, desk: Desk) -> None:
    place = provider(desk.config.parent.parent)["drop"]
    desk.office = remote_office(home, desk, drop={**place, "largest_bytes": 1000})
    ask(desk)
    deliver(desk, "sinfa.bak", BAK)

    take_in(desk)

    assert "se admiten 1000" in rejections(desk)[0]["reason"]
    assert not (desk.office.deployment.state / "deliveries").exists()


def test_quarantine_has_a_size(home: Path, desk: Desk) -> None:
    place = provider(desk.config.parent.parent)["drop"]
    desk.office = remote_office(home, desk, drop={**place, "quarantine_bytes": 10})
    ask(desk)
    deliver(desk, "sinfa.bak", b"MZ" + bytes(100))

    take_in(desk)

    (rejection,) = rejections(desk)
    assert (rejection["quarantine"], rejection["bytes"]) == ("", 102)


@pytest.mark.parametrize(("mark", "found"), [(b"UNA-MARCA", ["Copias.Prueba"]), (b"", [])], ids=["marked", "clean"])
def test_antivirus_rejects_what_it_finds(
    home: Path, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mark: bytes, found: list[str]
) -> None:
    """ClamAV itself, with a signature of this test."""
    (tmp_path / "own.ndb").write_text(f"Copias.Prueba:0:*:{b'UNA-MARCA'.hex()}\n")
    monkeypatch.setattr(scanning, "SIGNATURES", tmp_path / "own.ndb")
    place = provider(desk.config.parent.parent)["drop"]
    desk.office = remote_office(home, desk, drop={**place, "scan": True})
    ask(desk)
    deliver(desk, "sinfa.bak", BAK + mark)

    take_in(desk)

    told = [rejection["reason"] for rejection in rejections(desk)]
    assert [word in reason for word, reason in zip(found, told, strict=True)] == [True] * len(found)
    assert (desk.office.book.story(CASE).copy is None) == bool(found)


@pytest.fixture
def unwalled(remote: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk to which a compressed delivery came, on a machine that lets bubblewrap do nothing."""
    deliver(remote, "sinfa.bak.gz", gzip.compress(BAK))
    resume_if_arrived(remote.office, remote.office.book.story(CASE))
    plan_start(remote.office, CASE).run()
    end_playbook(remote)
    (tmp_path / "bwrap").write_text("#!/bin/sh\necho 'bwrap: No permissions' >&2\nexit 1\n")
    (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin:/usr/sbin")
    return remote


def test_delivery_is_not_read_without_the_walls_that_are_demanded(unwalled: Desk) -> None:
    demanded = {"scratch_servers": ScratchSettings(walls="required")}
    office = Office(unwalled.office.deployment.model_copy(update=demanded), unwalled.office.actor)

    with pytest.raises(NotReady, match="no se puede aislar como esta instalación exige"):
        plan_package(office, CASE).run()

    assert (office.book.story(CASE).copy, rejections(unwalled)) == (None, [])


def test_delivery_that_was_read_without_all_walls_says_so_in_its_manifest(unwalled: Desk) -> None:
    plan_package(unwalled.office, CASE).run()

    copy = unwalled.office.book.story(CASE).copy
    assert copy is not None
    delivered = read_trusted_manifest(unwalled.office, copy).delivered
    assert delivered is not None
    assert "Aislamiento de lo que leyó la entrega: solo Landlock" in delivered.load.text


# Crashes


def test_power_cut_before_the_provider_was_told_tells_it_once(remote: Desk) -> None:
    reason = "el archivo es un programa"
    resume(remote)
    remote.office.book.record(CASE, "provider.rejected", {"reason": reason, "keys": ["x"]})  # and then the power failed

    for _ in range(2):
        plan_request(remote.office, CASE).run()

    assert len([subject for subject in to_provider(remote) if "no se" in subject.lower()]) == 1
    assert remote.office.book.story(CASE).state.value == "on_hold"


def resume(desk: Desk) -> None:
    """Have the case in the run that begins because something arrived."""
    path = deliver(desk, "sinfa.bak", BAK)
    resume_if_arrived(desk.office, desk.office.book.story(CASE))
    plan_start(desk.office, CASE).run()
    end_playbook(desk)
    path.unlink()


def test_power_cut_before_the_copy_was_recorded_makes_one_copy(remote: Desk) -> None:
    deliver(remote, "sinfa.bak", BAK)
    obstacle = remote.office.deployment.copies
    obstacle.parent.mkdir(exist_ok=True)
    obstacle.write_text("en lugar de la carpeta")  # the package is on its store by then

    with pytest.raises(OSError, match="copies"):
        take_in(remote)
    obstacle.unlink()
    finish(remote)

    story = remote.office.book.story(CASE)
    assert (len(story.copies), story.state.value) == (1, "verified")
    assert [event.event for event in story.events].count("provider.arrived") == 1


def test_package_that_was_lost_before_it_was_stored_is_made_again(remote: Desk) -> None:
    deliver(remote, "sinfa.bak", BAK)
    take_in(remote)
    lost = remote.office.book.story(CASE).copy
    assert lost is not None
    (remote.config.parent.parent / "nas" / part_name(lost.package)).unlink()

    assert plan_package(remote.office, CASE).changes
    finish(remote)

    assert [copy.status for copy in remote.office.book.story(CASE).copies] == ["void", "verified"]


def test_stored_package_that_changed_is_never_called_proven(remote: Desk) -> None:
    deliver(remote, "sinfa.bak", BAK)
    take_in(remote)
    plan_storing(remote.office, CASE).run()
    copy = remote.office.book.story(CASE).copy
    assert copy is not None
    package = remote.config.parent.parent / "nas" / copy.package
    content = bytearray(package.read_bytes())
    content[content.index(b"TAPE") + 9] ^= 1
    package.chmod(0o600)
    package.write_bytes(content)

    with pytest.raises(Altered):
        plan_proof(remote.office, CASE).run()

    assert remote.office.book.story(CASE).copies[-1].status == "void"
