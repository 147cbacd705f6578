"""A good file that was rejected for want of something on our side is looked at again once a person says so."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from copias.case.states import State
from copias.cli.app import app
from copias.errors import BadInput, NotReady
from copias.provider.retrying import retry
from copias.provider.waiting import AwaitingProvider
from tests.integration.case.conftest import CASE, Desk
from tests.integration.case.delivering import SQL, deliver, drop, finish, rejections, take_in
from tests.integration.case.remote import ask, provider, remote_office

PASSWORD = "clave por correo"


@pytest.fixture
def refused(home: Path, desk: Desk) -> Desk:
    """A desk whose provider delivered an encrypted archive, of which nobody here knew the password yet."""
    desk.office = remote_office(home, desk)
    ask(desk)
    dump = deliver(desk, "sinfa.sql", SQL)
    packer = shutil.which("7z")
    assert packer, "install p7zip-full"
    folder = drop(desk)
    subprocess.run(
        [packer, "a", "-bd", f"-p{PASSWORD}", folder / "sinfa.zip", dump], check=True, capture_output=True, timeout=60
    )
    dump.unlink()
    take_in(desk)
    return desk


def test_archive_whose_password_came_later_goes_on(home: Path, refused: Desk, tmp_path: Path) -> None:
    secret = tmp_path / "clave"
    secret.write_text(f"{PASSWORD}\n")
    secret.chmod(0o600)
    settings = provider(refused.config.parent.parent)["drop"]
    refused.office = remote_office(home, refused, drop={**settings, "archive_password_file": str(secret)})
    with pytest.raises(AwaitingProvider, match="se rechazó"):
        take_in(refused)

    call = ["provider", "retry", CASE, "--reason", "llegó la contraseña", "--config", str(refused.config)]
    told = CliRunner().invoke(app, call)
    finish(refused)

    assert (told.exit_code, f"copias run {CASE}" in told.stdout) == (0, True)
    assert ["cifrado" in one["reason"] for one in rejections(refused)] == [True]
    assert refused.office.book.story(CASE).state is State.VERIFIED


def test_file_that_is_still_no_good_is_rejected_once_more_and_told(refused: Desk) -> None:
    retry(refused.office, CASE, reason="otra vez")

    take_in(refused)

    assert len(rejections(refused)) == 2
    with pytest.raises(AwaitingProvider, match="se rechazó"):
        take_in(refused)


def test_retry_needs_a_reason_and_something_that_was_rejected(home: Path, desk: Desk) -> None:
    desk.office = remote_office(home, desk)
    ask(desk)

    with pytest.raises(BadInput, match="motivo"):
        retry(desk.office, CASE, reason="  ")
    with pytest.raises(NotReady, match="no se ha rechazado nada"):
        retry(desk.office, CASE, reason="llegó la contraseña")
