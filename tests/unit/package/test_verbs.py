"""``copias package`` and ``copias export``, as a person calls them."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from copias.cli.app import app
from copias.ledger import Ledger
from copias.package import generate_key, load_key, public_path
from copias.package.mbox import read_mbox
from copias.people import read_identity
from copias_sandbox import control

DATA = Path(__file__).parent / "data"
CASE = "1235"
OTHER = "1234"


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(autouse=True)
def no_deployment(monkeypatch) -> None:
    monkeypatch.delenv("COPIAS_CONFIG", raising=False)


@pytest.fixture
def packed(pack_mailbox, message):
    return pack_mailbox([message(f"{n:x}", content=b"From x\n" * n) for n in range(9)], split_bytes=300)[0]


def test_sound_package_with_a_key_is_verified(packed, key_file) -> None:
    done = call("package", "verify", packed, "--key", public_path(key_file))

    assert done.exit_code == 0, done.output
    assert "Firma correcta" in done.output
    assert "igual al que se selló" in done.output


def test_without_a_key_the_signature_is_not_checked_and_that_is_no_success(packed) -> None:
    done = call("package", "verify", packed)

    assert done.exit_code == 3
    assert "NO comprobada" in done.output
    assert "igual al que se selló" not in done.output


def test_key_of_somebody_else_is_a_bad_signature(packed, tmp_path) -> None:
    generate_key(tmp_path / "otra.pem")

    done = call("package", "verify", packed, "--key", public_path(tmp_path / "otra.pem"), "--json")

    assert done.exit_code == 1
    assert json.loads(done.stdout)["signature"] == "invalid"


def test_changed_package_is_told_in_words_and_in_json(packed, key_file) -> None:
    content = bytearray(packed.read_bytes())
    content[40] ^= 1
    packed.write_bytes(content)

    words = call("package", "verify", packed, "--key", public_path(key_file))
    data = call("package", "verify", packed, "--key", public_path(key_file), "--query", "intact")

    assert words.exit_code == data.exit_code == 1
    assert "MAL: " in words.output
    assert data.stdout == "false\n"


def test_package_of_a_database_of_version_1_is_verified(tmp_path) -> None:
    shutil.copy(DATA / "sinfa-1234.zip", tmp_path)

    done = call("package", "verify", tmp_path / "sinfa-1234.zip", "--key", DATA / "sinfa-1234.pub")

    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(("content", "code"), [(None, 2), (b"", 1), (b"PK\5\6" + bytes(18), 1), (b"x" * 99, 1)])
def test_what_is_no_package_is_told(tmp_path, content, code) -> None:
    path = tmp_path / "x.zip"
    if content is not None:
        path.write_bytes(content)

    for verb in ("verify", "show"):
        done = call("package", verb, path)
        assert done.exit_code == code, done.output
        assert isinstance(done.exception, SystemExit)


def test_show_tells_the_facts_and_no_message(packed, key_file) -> None:
    words = call("package", "show", packed, "--key", public_path(key_file))
    data = json.loads(call("package", "show", packed, "--json").stdout)

    assert words.exit_code == 0
    for text in ("Alcaldía de Villa Nueva", "ana@villanueva.example", "Mensajes", "correcta"):
        assert text in words.output
    assert "rosalba@villanueva.example" not in words.output + str(data)
    assert data["counts"]["messages"] == 9
    assert data["manifest"]["mailbox"]["account"] == "ana@villanueva.example"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    home = tmp_path_factory.mktemp("sandbox")
    yield control.start(home, cases=120)
    control.stop(home)


@pytest.fixture
def office(sandbox, tmp_path, key_file, monkeypatch):
    """A deployment whose key sealed the package, with a case for its account that nobody authorised yet."""
    settings = {
        "plugin": "funza.copias.workspace",
        "entity": "Alcaldía de Villa Nueva",
        "state": str(tmp_path / "state"),
        "people": str(tmp_path / "people.yml"),
        "google": {"key_file": str(sandbox.key), "endpoint": sandbox.url},
        "help_desk": {
            "spreadsheet": sandbox.spreadsheet,
            "requests_tab": "Solicitudes",
            "responses_tab": "Respuestas",
            "control_spreadsheet": sandbox.control_spreadsheet,
            "control_tab": "Control",
        },
        "stores": {"nas": {"kind": "folder", "path": str(tmp_path / "nas")}},
        "mailboxes": {"domains": ["villanueva.example"], "administrator": "adm@villanueva.example", "store": "nas"},
    }
    people = {"people": {read_identity().account: {"name": "Ana Lucía Prueba", "role": "administrator"}}}
    (tmp_path / "state" / "keys").mkdir(parents=True)
    for file in (key_file, public_path(key_file)):
        shutil.copy(file, tmp_path / "state" / "keys" / file.name)
    (tmp_path / "people.yml").write_text(yaml.safe_dump(people), encoding="utf-8")
    (tmp_path / "copias.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    monkeypatch.setenv("COPIAS_CONFIG", str(tmp_path / "copias.yml"))
    assert load_key(tmp_path / "state" / "keys" / "signing.pem")
    done = call("classify", CASE, "--kind", "mailbox", "--subject", "ana@villanueva.example")
    assert done.exit_code == 0, done.output
    return tmp_path


def told(office: Path) -> list:
    return list(Ledger(office / "state" / "ledger.jsonl").events())


def events(office: Path) -> list:
    return [event for event in told(office) if event.event in {"copy.exported", "copy.opened"}]


def authorise() -> None:
    grant = ("--name", "Hernando Pedraza", "--post", "Secretario", "--document", "Oficio 12", "--motive", "Retiro")
    done = call("authorise", CASE, *grant)
    assert done.exit_code == 0, done.output


def test_the_day_of_retirement_is_given_with_the_classification(office) -> None:
    done = call("classify", CASE, "--kind", "mailbox", "--subject", "ana@villanueva.example", "--retires", "2026-12-31")

    assert done.exit_code == 0, done.output
    assert told(office)[-1].data["retires"] == "2026-12-31"


def test_export_of_an_authorised_case_is_in_the_ledger(office, packed) -> None:
    authorise()

    done = call("export", packed, "--mbox", office / "correo.mbox", "--case", CASE)

    assert done.exit_code == 0, done.output
    with (office / "correo.mbox").open("rb") as stream:
        assert sorted(one.content for one in read_mbox(stream)) == [b"From x\n" * n for n in range(9)]
    opened, event = told(office)[-2:]
    assert (opened.event, opened.data["by"], opened.data["case"]) == ("copy.opened", "copias export", CASE)
    assert (opened.data["copy"], opened.data["to"]) == (packed.name, str(office / "correo.mbox"))
    assert (event.case, event.data["account"], event.data["messages"]) == (CASE, "ana@villanueva.example", 9)
    assert event.actor["name"] == "Ana Lucía Prueba"


@pytest.mark.parametrize("why", ["nobody authorised it", "another account", "another key"])
def test_export_without_leave_makes_nothing(office, packed, tmp_path, why) -> None:
    if why != "nobody authorised it":
        authorise()
    if why == "another account":
        call("classify", CASE, "--kind", "mailbox", "--subject", "eva@villanueva.example")
    if why == "another key":
        for file in (office / "state" / "keys").iterdir():
            file.unlink()
        generate_key(office / "state" / "keys" / "signing.pem")

    done = call("export", packed, "--mbox", office / "correo.mbox", "--case", CASE)

    assert done.exit_code == (1 if why == "another key" else 3), done.output
    assert not list(office.glob("correo.mbox*"))
    assert events(office) == []


def test_export_tells_its_file_in_json_and_by_query(office, packed) -> None:
    authorise()

    whole = call("export", packed, "--mbox", office / "uno.mbox", "--case", CASE, "--json")
    part = call("export", packed, "--mbox", office / "dos.mbox", "--case", CASE, "--query", "[messages, sha256]")

    told = json.loads(whole.stdout)
    assert (whole.exit_code, part.exit_code) == (0, 0), whole.output + part.output
    assert told["file"] == str(office / "uno.mbox")
    assert told["sha256"] == hashlib.sha256((office / "uno.mbox").read_bytes()).hexdigest()
    assert told["bytes"] == (office / "uno.mbox").stat().st_size
    assert json.loads(part.stdout) == [9, told["sha256"]]


@pytest.mark.parametrize("place", ["correo.eml", ".correo.mbox", "state/correo.mbox", "no/está/correo.mbox"])
def test_export_into_a_place_that_is_not_for_mail_makes_nothing(office, packed, place) -> None:
    authorise()

    done = call("export", packed, "--mbox", office / place, "--case", CASE)

    assert done.exit_code == 2, done.output
    assert not (office / place).exists()
    assert events(office) == []


def test_export_never_replaces_what_is_there(office, packed) -> None:
    authorise()
    (office / "correo.mbox").write_bytes(b"otro")

    done = call("export", packed, "--mbox", office / "correo.mbox", "--case", CASE)

    assert done.exit_code == 2, done.output
    assert (office / "correo.mbox").read_bytes() == b"otro"
    assert events(office) == []


def test_export_that_fails_on_its_way_has_opened_the_copy(office, packed) -> None:
    authorise()
    content = bytearray(packed.read_bytes())
    content[40] ^= 1
    packed.write_bytes(content)

    done = call("export", packed, "--mbox", office / "correo.mbox", "--case", CASE)

    assert done.exit_code == 1, done.output
    assert [event.event for event in events(office)] == ["copy.opened"]


def test_show_is_in_the_ledger_of_the_installation_and_a_check_of_the_package_is_not(office, packed) -> None:
    assert call("package", "verify", packed).exit_code == 0
    assert call("package", "show", office / "no-hay.zip").exit_code == 2
    assert events(office) == []

    assert call("package", "show", packed).exit_code == 0

    (opened,) = events(office)
    assert (opened.data["copy"], opened.data["by"]) == (packed.name, "copias package show")
    assert opened.actor["name"] == "Ana Lucía Prueba"


def test_show_that_cannot_be_written_down_shows_nothing(office, packed) -> None:
    (office / "state" / "ledger.jsonl").rename(office / "state" / "aparte.jsonl")
    (office / "state" / "ledger.jsonl").mkdir()

    done = call("package", "show", packed)

    assert done.exit_code == 3, done.output
    assert "no se puede anotar en la bitácora" in done.output
    assert "Entidad" not in done.output


def test_facts_of_a_package_are_chosen_by_query(packed, key_file) -> None:
    done = call("package", "show", packed, "--key", public_path(key_file), "--query", "[kind, subject, signature]")

    assert (done.exit_code, json.loads(done.stdout)) == (0, ["mailbox", "ana@villanueva.example", "valid"])


@pytest.mark.parametrize("verb", ["verify", "show"])
def test_package_is_read_from_any_folder_without_an_installation(packed, key_file, tmp_path, monkeypatch, verb) -> None:
    elsewhere = tmp_path / "usb"
    shutil.copytree(packed.parent, elsewhere)
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("HOME", str(tmp_path / "nadie"))

    done = call("package", verb, packed.name, "--key", public_path(key_file))

    assert done.exit_code == 0, done.output


def test_mailbox_whose_second_part_is_missing_is_not_whole(packed, key_file) -> None:
    parts = sorted(path for path in packed.parent.glob("*.zip") if path != packed)
    parts[0].unlink()

    done = call("package", "verify", packed, "--key", public_path(key_file), "--json")

    assert done.exit_code in {1, 2}, done.output
    assert parts[0].name in done.output
