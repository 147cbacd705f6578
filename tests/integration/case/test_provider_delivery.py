"""What a provider delivers for a case: taken in and packed as it came, or rejected, kept apart, and awaited again."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import io
import json
import subprocess
import sys
import typing as t
import zipfile
from contextlib import closing
from pathlib import Path

import jsonschema
import pytest

from copias.case.evidence import read_trusted_manifest
from copias.case.result import proven_result
from copias.case.starting import plan_start
from copias.case.states import State
from copias.case.storing import plan_storing
from copias.database.children import child_environment
from copias.database.postgresql.scratch import ScratchServer
from copias.database.postgresql.session import connect, conninfo
from copias.database.postgresql.tools import installed
from copias.errors import Altered, Doubtful
from copias.office import Office
from copias.package import ProofLevel, open_package, public_path, verify_package
from copias.package.schema import PATH
from copias.provider.arrival import look_for_arrival
from copias.provider.asking import plan_request
from copias.provider.packing import plan_package
from copias.provider.proving import plan_proof
from copias.provider.quarantine import quarantine_folder
from copias.provider.waiting import AwaitingProvider, resume_if_arrived
from copias.sinfa.believing import accept_copy
from copias.sinfa.check_settings import LatestDate
from copias.store import part_name
from copias_sandbox.world import PROJECT
from tests.integration.case.conftest import CASE, Desk
from tests.integration.case.remote import ask, end_playbook, provider, remote_office, to_provider

SQL = (
    b"-- MariaDB dump 10.19\n-- Server version\t11.4.2-MariaDB\nCREATE DATABASE `sinfa`;\nUSE `sinfa`;\n"
    b"-- Dump completed on 2026-11-26  1:02:03\n"
)
"""A dump that is recognised and, creating its own database, is never loaded here."""
BAK = b"TAPE" + bytes(2044)
REJECTED = "[Caso 1234] La copia que entregó no se puede usar"


@pytest.fixture
def remote(home: Path, desk: Desk) -> Desk:
    """A desk whose demo case waits for what its provider delivers."""
    desk.office = remote_office(home, desk)
    ask(desk)
    return desk


def drop(desk: Desk) -> Path:
    return desk.config.parent.parent / "entregas" / CASE


def deliver(desk: Desk, name: str, content: bytes) -> Path:
    drop(desk).mkdir(exist_ok=True)
    path = drop(desk) / name
    path.write_bytes(content)
    return path


def make_zip(**files: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def take_in(desk: Desk) -> None:
    """Do the step of module provider_package, in a run that begins because something arrived."""
    story = desk.office.book.story(CASE)
    if story.state is State.ON_HOLD:
        resume_if_arrived(desk.office, story)
        plan_start(desk.office, CASE).run()
        end_playbook(desk)
    plan_package(desk.office, CASE).run()


def finish(desk: Desk) -> None:
    take_in(desk)
    plan_storing(desk.office, CASE).run()
    plan_proof(desk.office, CASE).run()


def rejections(desk: Desk) -> list[dict[str, t.Any]]:
    return [event.data for event in desk.office.book.story(CASE).events if event.event == "provider.rejected"]


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


@pytest.mark.parametrize(("code", "words"), [(1, "Eicar-Test"), (0, "")])
def test_antivirus_rejects_what_it_finds(
    home: Path, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, words: str
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "clamscan").write_text(f'#!/bin/sh\necho "$3: Eicar-Test FOUND"\nexit {code}\n')
    (programs / "clamscan").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin:/usr/sbin")
    place = provider(desk.config.parent.parent)["drop"]
    desk.office = remote_office(home, desk, drop={**place, "scan": True})
    ask(desk)
    deliver(desk, "sinfa.bak", BAK)

    take_in(desk)

    told = [rejection["reason"] for rejection in rejections(desk)]
    assert [words in reason for reason in told] == [True] * code
    assert (desk.office.book.story(CASE).copy is None) == bool(code)


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


# Loaded


@pytest.fixture(scope="session")
def dumps(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A small database as pg_dump writes it: ``plain`` and ``custom``."""
    folder = tmp_path_factory.mktemp("dumps")
    tools = next(one for one in installed() if one.has("pg_dump", "postgres", "initdb"))
    made = {}
    with ScratchServer(tools.major) as server:
        with closing(connect(server.connection)) as session:
            session.execute(
                'CREATE ROLE dueno; CREATE TABLE public.asiento (id int PRIMARY KEY, valor numeric, "con\nsalto" text);'
                "ALTER TABLE public.asiento OWNER TO dueno; GRANT SELECT ON public.asiento TO dueno;"
                "INSERT INTO public.asiento SELECT i, i * 1.10, E'a\\\\b;\\n''c' FROM generate_series(1, 500) i"
            )
        database = conninfo(dataclasses.replace(server.connection, database="postgres"))
        for name in ("plain", "custom"):
            command = [tools["pg_dump"], f"--format={name}", f"--file={folder / name}", f"--dbname={database}"]
            subprocess.run(command, check=True, env=child_environment(), timeout=60)
            made[name] = (folder / name).read_bytes()
    return made


def test_dump_of_an_engine_of_ours_is_loaded_and_counted(remote: Desk, dumps: dict[str, bytes]) -> None:
    deliver(remote, "copia.zip", make_zip(**{"carpeta/copia.dat": dumps["plain"], "LEEME.txt": b"hola"}))

    finish(remote)

    story = remote.office.book.story(CASE)
    copy = story.copy
    assert copy is not None
    assert copy.proof["level"] == ProofLevel.LOADED.value
    assert (copy.proof["tables"], copy.proof["rows"]) == (1, 500)
    assert "cargada en un servidor de prueba, sin comparar con el origen" in proven_result(story).proof


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        (b"\\! touch {marker}", "que ningún volcado lleva"),
        (b"SELECT 1 \\! touch {marker}\n;", "42601"),
        (b"COPY public.asiento (valor) FROM stdin;\nx\n\\.\n", "22P02"),
    ],
    ids=["shell command", "within a line", "bad row"],
)
def test_hostile_or_broken_sql_runs_nothing_here_and_is_rejected(
    remote: Desk, dumps: dict[str, bytes], tmp_path: Path, extra: bytes, reason: str
) -> None:
    marker = tmp_path / "owned"
    end = b"--\n-- PostgreSQL database dump complete"
    added = extra.replace(b"{marker}", str(marker).encode())
    deliver(remote, "copia.sql", dumps["plain"].replace(end, added + b"\n" + end))

    take_in(remote)

    (rejection,) = rejections(remote)
    assert reason in rejection["reason"]
    assert not marker.exists()


def test_what_the_server_lets_nobody_do_is_not_done_and_leaves_the_dump_unproven(
    remote: Desk, dumps: dict[str, bytes], tmp_path: Path
) -> None:
    marker = tmp_path / "owned"
    end = b"--\n-- PostgreSQL database dump complete"
    added = f"COPY (SELECT 1) TO PROGRAM 'touch {marker}';\n".encode()
    deliver(remote, "copia.sql", dumps["plain"].replace(end, added + end))

    finish(remote)

    copy = remote.office.book.story(CASE).copy
    assert copy is not None
    assert copy.proof["level"] == ProofLevel.INTACT.value
    assert not marker.exists()


@pytest.mark.parametrize("cut_at", [200, -700])
def test_truncated_archive_of_pg_dump_is_rejected(remote: Desk, dumps: dict[str, bytes], cut_at: int) -> None:
    deliver(remote, "copia.dump", dumps["custom"][:cut_at])

    take_in(remote)

    assert "cortado o dañado" in rejections(remote)[0]["reason"]


def test_dump_of_last_year_waits_for_a_person(remote: Desk, dumps: dict[str, bytes]) -> None:
    deployment = remote.office.deployment
    check = LatestDate(name="último asiento", kind="latest_date", sql="SELECT date '2020-01-01'", days=5)
    database = deployment.databases["hacienda"].model_copy(update={"checks": (check,)})
    changed = deployment.model_copy(update={"databases": {"hacienda": database}})
    remote.office = Office(changed, remote.office.actor)
    deliver(remote, "copia.dump", dumps["custom"])

    with pytest.raises(Doubtful, match="último asiento"):
        finish(remote)
    accept_copy(remote.office, CASE, reason="es la de cierre")
    plan_proof(remote.office, CASE).run()

    copy = remote.office.book.story(CASE).copy
    assert copy is not None
    assert (copy.status, copy.proof["accepted"]) == ("verified", "es la de cierre")
