"""What the command line says of mirrors, and that an account's name never leads anywhere else."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from copias.cli.app import app
from copias.config import Deployment, load_deployment
from copias.errors import BadInput
from copias.mailbox.mirror import Mirror, MirrorReader, NewMessage
from copias.mailbox.status import describe_mirrors, mirror_folder, mirrors_folder

MARTA, JOSE = "marta@example.test", "jose@example.test"
CONFIGURATION = """
plugin: funza.copias.workspace
entity: Alcaldía de ejemplo
state: state
people: people.yml
google: {key_file: key.json}
help_desk: {spreadsheet: abc, requests_tab: Solicitudes}
stores: {nas: {kind: folder, path: nas}}
mailboxes: {domains: [example.test], administrator: admin@example.test, store: nas}
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A deployment whose administrator runs the tests."""
    monkeypatch.delenv("SUDO_UID", raising=False)
    (tmp_path / "copias.yml").write_text(CONFIGURATION, encoding="utf-8")
    as_role(tmp_path, "administrator")
    return tmp_path / "copias.yml"


def as_role(folder: Path, role: str) -> None:
    accounts = {pwd.getpwuid(os.getuid()).pw_name, login_name()}
    lines = "".join(f"  {account}: {{name: Ana, role: {role}}}\n" for account in accounts)
    (folder / "people.yml").write_text(f"people:\n{lines}", encoding="utf-8")


def login_name() -> str:
    from copias.people import read_identity

    return read_identity().account


@pytest.fixture
def deployment(config: Path) -> Deployment:
    return load_deployment(config)


def make_mirror(deployment: Deployment, account: str, messages: int) -> Path:
    folder = mirror_folder(deployment, account)
    with Mirror.open(folder, account=account) as mirror:
        for number in range(messages):
            content = f"Subject: secreto {number}\r\n\r\n".encode()
            mirror.add(NewMessage(f"{number:x}", "1", ("INBOX",), number, 1_700_000_000_000 + number * 1000, content))
        if messages:
            mirror.mark_deleted("0", 5.0)
        mirror.set_labels({"INBOX": ("INBOX", "system")})
        mirror.set_state(history_id=99, messages_total=messages, full=True, when=1_795_000_000.0)
        mirror.commit()
    return folder


def call(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["mirror", *arguments, "--config", str(config)])


def test_the_status_of_a_mirror_is_said_in_json_and_in_words(config: Path, deployment: Deployment) -> None:
    make_mirror(deployment, MARTA, 3)

    said = call(config, "status", MARTA, "--json")
    words = call(config, "status", MARTA)

    status = orjson.loads(said.stdout)
    assert status.pop("packed") > 0
    assert status == {
        "account": MARTA,
        "messages": 3,
        "deleted": 1,
        "bytes": 3 * len("Subject: secreto 0\r\n\r\n"),
        "first": "2023-11-14T22:13:20+00:00",
        "last": "2023-11-14T22:13:22+00:00",
        "labels": 1,
        "history_id": 99,
        "synced_at": "2026-11-18T11:06:40+00:00",
        "listed_at": "2026-11-18T11:06:40+00:00",
    }
    assert "14/11/2023 17:13" in words.stdout
    assert "secreto" not in said.stdout + words.stdout


def test_all_mirrors_are_listed_and_a_damaged_one_fails_without_hiding_the_others(
    config: Path, deployment: Deployment
) -> None:
    assert call(config, "status").exit_code == 0
    make_mirror(deployment, MARTA, 3)
    make_mirror(deployment, JOSE, 0)
    listed = call(config, "status", "--query", "mirrors[].[account, messages, first]")
    assert (listed.exit_code, orjson.loads(listed.stdout)) == (
        0,
        [[JOSE, 0, None], [MARTA, 3, "2023-11-14T22:13:20+00:00"]],
    )

    (mirror_folder(deployment, JOSE) / "index.sqlite").write_bytes(b"x" * 5000)

    assert [status.account for status in describe_mirrors(deployment)[0]] == [MARTA]
    broken = call(config, "status")
    assert broken.exit_code == 1
    assert MARTA in broken.stdout
    assert "copias mirror rebuild" in broken.output


def test_a_mirror_is_verified_by_command(config: Path, deployment: Deployment) -> None:
    folder = make_mirror(deployment, MARTA, 3)

    assert "3 mensajes releídos" in call(config, "verify", MARTA).stdout
    assert orjson.loads(call(config, "verify", MARTA, "--sample", "2", "--json").stdout)["verified"] == 2

    segment = folder / "segments" / "000001.gz.seg"
    segment.write_bytes(segment.read_bytes()[:-1] + b"\xff")
    damaged = call(config, "verify", MARTA)
    assert damaged.exit_code == 1
    assert "1 de 3 mensajes" in damaged.output


def test_the_index_is_made_anew_by_an_administrator_only(config: Path, deployment: Deployment) -> None:
    folder = make_mirror(deployment, MARTA, 3)
    (folder / "index.sqlite").unlink()
    as_role(config.parent, "agent")
    assert call(config, "rebuild", MARTA).exit_code == 3
    as_role(config.parent, "administrator")

    assert "3 mensajes" in call(config, "rebuild", MARTA).stdout

    with MirrorReader.open(folder) as mirror:
        assert mirror.verify() == 3


def test_an_account_without_a_mirror_is_not_ready(config: Path) -> None:
    assert call(config, "status", MARTA).exit_code == 3


@pytest.mark.parametrize(
    "account",
    [
        "../../etc@example.test",
        "a/../b@example.test",
        "Marta@example.test",
        "marta@other.test",
        "",
        "marta",
        "a b@example.test",
    ],
)
def test_what_is_no_account_of_ours_leads_to_no_folder(deployment: Deployment, account: str) -> None:
    with pytest.raises(BadInput, match="no es una cuenta"):
        mirror_folder(deployment, account)


def test_each_account_has_its_own_folder_right_under_the_mirrors(deployment: Deployment) -> None:
    accounts = ["a.b@example.test", "a-b@example.test", "a+b@example.test", "ab@example.test", "con@example.test"]

    folders = [mirror_folder(deployment, account) for account in accounts]

    assert len(set(folders)) == len(accounts)
    assert {folder.parent for folder in folders} == {mirrors_folder(deployment)}
