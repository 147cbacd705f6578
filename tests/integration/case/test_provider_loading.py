"""A provider's dump of an engine that is ours: loaded into a server of its own, whatever is written in it."""

from __future__ import annotations

import dataclasses
import hashlib
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from copias.case.result import proven_result
from copias.database.children import child_environment
from copias.database.postgresql.scratch import ScratchServer
from copias.database.postgresql.session import connect, conninfo
from copias.database.postgresql.tools import installed
from copias.errors import Doubtful
from copias.office import Office
from copias.package import ProofLevel
from copias.provider.proving import plan_proof
from copias.sinfa.believing import accept_copy
from copias.sinfa.check_settings import LatestDate
from tests.integration.case.conftest import CASE, Desk
from tests.integration.case.delivering import BAK, deliver, finish, rejections, take_in
from tests.integration.case.remote import ask, remote_office
from tests.unit.provider.archives import make_zip


@pytest.fixture
def remote(home: Path, desk: Desk) -> Desk:
    """A desk whose demo case waits for what its provider delivers."""
    desk.office = remote_office(home, desk)
    ask(desk)
    return desk


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


def test_file_that_came_for_another_case_waits_for_a_person(remote: Desk) -> None:
    actor = remote.office.actor.to_event()
    earlier = {
        "copy": "sinfa-hacienda-1201",
        "kind": "sinfa",
        "subject": "hacienda",
        "delivered_by": "nube_sur",
        "delivered_sha256": hashlib.sha256(BAK).hexdigest(),
        "format": "mssql_bak",
        "bytes": len(BAK),
        "finished": "2026-10-02T03:00:00+00:00",
    }
    with remote.office.book.ledger.transaction(actor) as page:
        page.append("copy.made", earlier, case="1201")
    deliver(remote, "sinfa.bak", BAK)

    with pytest.raises(Doubtful, match="byte por byte, la que se entregó para hacienda en el caso 1201"):
        finish(remote)
    accept_copy(remote.office, CASE, reason="la base está cerrada y no cambia")
    plan_proof(remote.office, CASE).run()

    copy = remote.office.book.story(CASE).copy
    assert copy is not None
    assert copy.status == "verified"
