"""What an evidence pack promises: whole, checkable by anybody, and of nobody else."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv
import zipfile
from datetime import datetime
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from copias.case.copy_folder import CopyFolder
from copias.case.mail_folder import MailFolder
from copias.cli.app import app
from copias.errors import BadInput, LedgerBroken
from copias.evidence.pack import PACKED, Pack, Scope, make_pack
from copias.local_time import BOGOTA
from copias.office import Office
from copias.package import generate_key, public_path
from tests.unit.evidence.conftest import OTHER, sign

CASE = Scope(cases=("1234",))


@pytest.fixture(scope="session")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Python without a single package, as an auditor has."""
    home = tmp_path_factory.mktemp("bare")
    venv.create(home, with_pip=False)
    return str(home / "bin" / "python")


@pytest.fixture
def pack(office: Office, tmp_path: Path) -> Pack:
    return make_pack(office, CASE, tmp_path / "evidencia.zip")


def extract(pack: Pack, folder: Path) -> Path:
    with zipfile.ZipFile(pack.path) as archive:
        archive.extractall(folder)
    return folder


def verify(python: str, folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [python, "-I", str(folder / "verificar.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd="/", check=False)


def test_pack_is_checked_by_a_python_without_this_product(pack: Pack, tmp_path: Path, bare_python: str) -> None:
    done = verify(bare_python, extract(pack, tmp_path / "out"))

    assert (done.returncode, done.stderr) == (0, "")
    assert "2 firmas" in done.stdout
    assert "BIEN" in done.stdout


def test_a_file_that_was_put_beside_the_script_is_no_part_of_it(pack: Pack, tmp_path: Path, bare_python: str) -> None:
    folder = extract(pack, tmp_path / "out")
    (folder / "json.py").write_text("import sys\nprint('BIEN')\nsys.exit(0)\n", encoding="utf-8")
    (folder / "index.html").write_text("otra cosa", encoding="utf-8")

    command = [bare_python, str(folder / "verificar.py")]  # without -I, as people do
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=folder, check=False)

    assert (done.returncode, "MAL: " in done.stderr) == (1, True)


def test_what_nobody_signed_in_the_record_is_refused(pack: Pack, tmp_path: Path, bare_python: str) -> None:
    folder = extract(pack, tmp_path / "out")
    sealed = orjson.loads((folder / "evidencia.json").read_bytes())
    (folder / "evidencia.json").write_bytes(orjson.dumps({**sealed, "nota": "todo en orden"}))

    assert verify(bare_python, folder).returncode == 1


def test_pack_holds_story_authorisation_manifest_mail_and_page(pack: Pack, office: Office) -> None:
    with zipfile.ZipFile(pack.path) as archive:
        names = set(archive.namelist())
        page = archive.read("index.html").decode()
        grants = orjson.loads(archive.read("casos/1234/autorizaciones.json"))

    expected = {"casos/1234/historia.json", "casos/1234/copias/copia-1234/manifest.json"}
    assert expected | {"casos/1234/correos/enviado-1.eml", "bitacora/extracto.jsonl", "llave-publica.pem"} <= names
    assert grants[0]["data"]["authorisation"]["authoriser"] == "Mariela Ejemplo Rincón"
    assert "Alcaldía de &lt;Valle&gt; Claro" in page
    assert pack.missing == ()


def test_page_says_state_class_and_proof_in_the_words_of_who_reads_it(pack: Pack) -> None:
    with zipfile.ZipFile(pack.path) as archive:
        page = archive.read("index.html").decode()
        (case,) = orjson.loads(archive.read("evidencia.json"))["record"]["cases"]

    assert (case["state"], case["kind"], case["copies"][0]["status"]) == ("resolved", "mailbox", "verified")
    assert "<td>Solucionado</td><td>correo</td>" in page
    assert "copia-1234: " in page
    assert not [word for word in ("resolved", "mailbox", "verified") if f">{word}<" in page or f": {word}<" in page]


def test_nothing_of_another_case_leaves(pack: Pack, tmp_path: Path) -> None:
    folder = extract(pack, tmp_path / "out")

    content = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())

    assert OTHER.encode() not in content
    assert b"copia-1235" not in content


@pytest.mark.parametrize("name", ["casos/1234/historia.json", "index.html", "bitacora/extracto.jsonl"])
def test_changed_file_is_named(pack: Pack, tmp_path: Path, name: str) -> None:
    folder = extract(pack, tmp_path / "out")
    (folder / name).write_bytes((folder / name).read_bytes().replace(b"1234", b"9234"))

    done = verify(sys.executable, folder)

    assert done.returncode == 1
    assert name in done.stderr


def test_added_and_removed_files_are_named(pack: Pack, tmp_path: Path) -> None:
    folder = extract(pack, tmp_path / "out")
    (folder / "otro.txt").write_text("x")
    (folder / "casos/1234/correos/enviado-1.eml").unlink()

    done = verify(sys.executable, folder)

    assert "'otro.txt' sobra" in done.stderr
    assert "enviado-1.eml' falta" in done.stderr


def test_pack_of_another_key_is_found(pack: Pack, tmp_path: Path) -> None:
    generate_key(tmp_path / "otra.pem")

    done = verify(sys.executable, extract(pack, tmp_path / "out"), "--key", public_path(tmp_path / "otra.pem"))

    assert done.returncode == 1
    assert "la firma no corresponde" in done.stderr


def test_whole_ledger_proves_what_the_excerpt_cannot(pack: Pack, office: Office, tmp_path: Path) -> None:
    folder, ledger = extract(pack, tmp_path / "out"), office.deployment.ledger
    assert "iguales a las de la bitácora completa" in verify(sys.executable, folder, "--ledger", ledger).stdout
    ledger.write_bytes(ledger.read_bytes().replace(b"caso 1235", b"caso 9999"))

    done = verify(sys.executable, folder, "--ledger", ledger)

    assert done.returncode == 1


def test_each_pack_names_the_one_before(pack: Pack, office: Office, tmp_path: Path) -> None:
    second = make_pack(office, Scope(cases=("1235",)), tmp_path / "segundo.zip")

    folder = extract(second, tmp_path / "out")

    packed = [event.data for event in office.book.ledger.events_of({PACKED})]
    assert [one["sha256"] for one in packed] == [pack.sha256, hashlib.sha256(second.path.read_bytes()).hexdigest()]
    assert packed[1]["previous"]["sha256"] == pack.sha256
    assert verify(sys.executable, folder, "--previous", pack.path).returncode == 0
    assert verify(sys.executable, folder, "--previous", second.path).returncode == 1


def test_same_ledger_makes_the_same_bytes(office: Office, tmp_path: Path) -> None:
    before = office.deployment.ledger.read_bytes()
    first = make_pack(office, CASE, tmp_path / "uno.zip")
    office.deployment.ledger.write_bytes(before)

    second = make_pack(office, CASE, tmp_path / "dos.zip")

    assert first.path.read_bytes() == second.path.read_bytes()


def test_sums_are_those_that_windows_and_linux_make(pack: Pack, tmp_path: Path) -> None:
    folder = extract(pack, tmp_path / "out")

    done = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, text=True, check=False)

    lines = (folder / "comprobar-windows.txt").read_text("utf-8-sig").splitlines()
    mail = hashlib.sha256((folder / "casos/1234/correos/enviado-1.eml").read_bytes()).hexdigest()
    place = lines.index('certutil -hashfile "casos\\1234\\correos\\enviado-1.eml" SHA256')
    assert done.returncode == 0, done.stderr
    assert lines[place + 1].strip() == mail


def test_altered_mail_and_lost_manifest_are_told(office: Office, tmp_path: Path) -> None:
    MailFolder(office.deployment, "1234").file("enviado-1.eml").write_bytes(b"otra cosa")
    (office.deployment.copies / "copia-1234" / "manifest.json").unlink()

    pack = make_pack(office, CASE, tmp_path / "evidencia.zip")

    assert [one["what"] for one in pack.missing] == ["el manifiesto de la copia", "un correo"]
    assert "faltaba" in verify(sys.executable, extract(pack, tmp_path / "out")).stdout


def test_name_of_a_copy_that_leaves_the_folder_is_not_followed(office: Office, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("secreto")
    made = {"kind": "mailbox", "subject": "x", "package": "p.zip", "store": "nas", "bytes": 1, "sha256": "0" * 64}
    office.book.record("1236", "case.assigned", {})
    office.book.record("1236", "case.started", {"authorisation": {"authoriser": "X"}})
    office.book.record("1236", "copy.made", {**made, "copy": "../..", "finished": "2026-11-26T10:00:00+00:00"})

    pack = make_pack(office, Scope(cases=("1236",)), tmp_path / "evidencia.zip")

    with zipfile.ZipFile(pack.path) as archive:
        assert not any(".." in name for name in archive.namelist())
    assert len(pack.missing) == 1


def test_copy_of_a_mailbox_whose_name_holds_the_address_is_in_the_pack(office: Office, tmp_path: Path) -> None:
    copy = f"correo-{OTHER}-1236"
    made = {"copy": copy, "kind": "mailbox", "subject": OTHER, "package": f"{copy}.zip", "store": "nas", "bytes": 1}
    office.book.record("1236", "case.assigned", {})
    office.book.record("1236", "copy.made", {**made, "sha256": "0" * 64, "finished": "2026-11-26T10:00:00+00:00"})
    CopyFolder(office.deployment, copy).write("manifest.json", sign(office, {"case": "1236"}))

    pack = make_pack(office, Scope(cases=("1236",)), tmp_path / "evidencia.zip")

    assert pack.missing == ()
    with zipfile.ZipFile(pack.path) as archive:
        assert f"casos/1236/copias/{copy}/manifest.json" in archive.namelist()


def test_period_takes_its_cases_and_leaves_out_accounts_of_mirrors(office: Office, tmp_path: Path) -> None:
    today = datetime.now(BOGOTA).date()
    office.record("finding.opened", {"finding": "H-1", "about": "otra.persona@valleclaro.example", "what": "x"})
    office.record("night.finished", {"run": "night-1", "failed": ["otra.persona@valleclaro.example"]})
    office.record("drill.passed", {"database": "hacienda"})

    pack = make_pack(office, Scope(first=today, last=today), tmp_path / "evidencia.zip")

    extract(pack, tmp_path / "out")
    lines = (tmp_path / "out" / "bitacora" / "extracto.jsonl").read_bytes()
    assert pack.cases == ("1234", "1235")
    assert b"drill.passed" in lines
    assert b"mirror.synced" not in lines
    assert b"otra.persona" not in b"".join(
        path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()
    )


def test_broken_ledger_is_not_packed(office: Office, tmp_path: Path) -> None:
    ledger = office.deployment.ledger
    ledger.write_bytes(ledger.read_bytes().replace(b"caso 1235", b"caso 9999"))

    with pytest.raises(LedgerBroken, match="línea"):
        make_pack(office, CASE, tmp_path / "evidencia.zip")

    assert not list(tmp_path.glob("evidencia*"))


def test_file_that_is_there_is_never_replaced(pack: Pack, office: Office) -> None:
    before = pack.path.read_bytes()

    with pytest.raises(BadInput, match="no se puede escribir"):
        make_pack(office, CASE, pack.path)

    assert pack.path.read_bytes() == before


def test_unknown_case_makes_no_pack_and_no_event(office: Office, tmp_path: Path) -> None:
    before = office.book.ledger.head()

    with pytest.raises(BadInput, match="no está en la bitácora"):
        make_pack(office, Scope(cases=("77",)), tmp_path / "evidencia.zip")

    assert office.book.ledger.head() == before


def test_verb_needs_cases_or_a_whole_period() -> None:
    done = CliRunner().invoke(app, ["audit", "pack", "--from", "01/11/2026"])

    assert done.exit_code == 2
