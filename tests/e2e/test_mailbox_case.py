"""One mailbox case from its row to the proof, looked at from all sides. The run is made once for all tests here."""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
import subprocess
import sys
import zipfile

import pytest

from copias_sandbox import world
from copias_sandbox.seed.cases import MAILBOX_CASE
from copias_sandbox.seed.people import demo_requester
from tests.e2e.town import CONTROL, Town

pytestmark = pytest.mark.slow

CASE = str(MAILBOX_CASE)
ACCOUNT = demo_requester().email
COPY = f"correo-{ACCOUNT}-{CASE}"


@pytest.fixture(scope="module")
def attended(running):
    """A run of the case of a mailbox with one message of each kind, and what it said."""
    running.fresh()
    # No notices: they would come into this very mailbox while it is copied.
    running.configure(notices=None, mailboxes__store=world.DRIVE_STORE)
    running.admin.mailbox(ACCOUNT, kinds="all", count=60)
    running.admin.clear_calls()
    return running, running.run_case(CASE, "--json")


@pytest.fixture
def town(attended) -> Town:
    return attended[0]


@pytest.fixture(scope="module")
def fetched(attended, tmp_path_factory):
    """What the case left on the shared drive, brought to a folder of this machine as a person would."""
    folder, drive = tmp_path_factory.mktemp("unidad"), world.open_drive(attended[0].world)
    for file in drive.list("Correo/"):
        with drive.open(file.name) as stream:
            (folder / file.name.rpartition("/")[2]).write_bytes(stream.read())
    return folder


@pytest.fixture
def package(fetched):
    return fetched / f"{COPY}.zip"


def test_the_case_is_resolved_and_says_how_it_was_proven(attended):
    call = attended[1]

    assert call.code == 0, call.text
    assert call.json["state"] == "resolved"


def test_each_status_is_answered_once_and_the_copy_is_registered_once(town):
    assert town.answers(CASE) == ["En proceso", "Solucionado"]
    assert [row["Archivo"].rpartition("/")[2] for row in town.ours(CONTROL, CASE)] == [f"{COPY}.zip"]


def test_the_package_lies_on_the_shared_drive_with_manifest_proof_and_certificate(town, fetched):
    assert town.stored() == []
    assert sorted(path.name for path in fetched.iterdir()) == [
        f"{COPY}.constancia.html",
        f"{COPY}.prueba.json",
        f"{COPY}.zip",
        f"{COPY}.zip.manifest.json",
    ]


def test_every_message_is_in_the_package_bit_by_bit(town, package):
    theirs = {mail["sha256"] for mail in town.admin.mail(ACCOUNT, digests=True)}

    with zipfile.ZipFile(package) as archive:
        ours = {hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist() if name.endswith(".eml")}

    assert len(theirs) > 40
    assert ours == theirs


def test_the_list_in_the_package_names_every_message_once(town, package):
    with zipfile.ZipFile(package) as archive:
        text = archive.read("indice.csv").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))

    theirs = {mail["id"] for mail in town.admin.mail(ACCOUNT)}
    column = next(name for name in rows[0] if theirs >= {row[name] for row in rows})
    assert sorted(row[column] for row in rows) == sorted(theirs)


def test_each_message_was_read_once_to_copy_it_and_once_to_prove_it(town):
    seen: dict[str, int] = {}
    for call in town.admin.calls("gmail.users.messages.get"):
        key = call["target"].partition("messages/")[2].partition("?")[0]
        seen[key] = seen.get(key, 0) + 1

    drafts = {mail["id"] for mail in town.admin.mail(ACCOUNT) if "DRAFT" in mail["labels"]}
    assert {key: count for key, count in seen.items() if count != (1 if key in drafts else 2)} == {}


@pytest.mark.parametrize("program", [["unzip", "-tqq"], ["7z", "t", "-bso0"], ["bsdtar", "-tf"]])
def test_other_programs_open_the_package(package, program):
    if shutil.which(program[0]) is None:
        pytest.skip(f"{program[0]} is not installed")

    done = subprocess.run([*program, package], capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_package_is_verified_by_a_program_without_this_product(town, package):
    script = world.PROJECT / "scripts" / "verify_package.py"
    trusted = town.world.state / "keys" / "signing.pem.pub"

    done = subprocess.run([sys.executable, script, package, "--key", trusted], capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_package_is_verified_with_nothing_but_itself(town, package):
    call = town.copias("package", "verify", str(package), "--json")

    assert call.code == 0, call.text


def test_nothing_waits_on_this_machine_any_more(town):
    assert list((town.world.state / "spool").iterdir()) == []


def test_the_same_case_again_changes_nothing_and_reads_no_message(town):
    town.admin.clear_calls()

    again = town.run_case(CASE, "--json")

    assert again.code == 0, again.text
    assert again.json["changed"] == 0
    assert town.admin.calls("gmail.users.messages.get") == []
