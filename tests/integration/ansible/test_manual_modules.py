"""The modules of a manual copy: each predicts, does, and finds it done, and returns what it documents."""

from __future__ import annotations

import shutil
import zipfile

import pytest

from copias_sandbox import world
from copias_sandbox.seed.cases import MAILBOX_CASE, demo_requester
from tests.integration.ansible import plays
from tests.integration.ansible.modules import OUR_OWN, documented

CASE = str(MAILBOX_CASE)
STEPS = ("case_claim", "manual_package", "package_store", "manual_verify", "case_close")
MESSAGE = (
    b"From 1828754568043628583@xxx Mon Apr 07 14:31:02 +0000 2025\r\n"
    b"X-GM-THRID: 1828754568043628583\r\nX-Gmail-Labels: Inbox\r\nSubject: acta\r\n\r\nHola\r\n\r\n"
)


@pytest.fixture
def delivered(modules, town):
    """A town that takes deliveries, with one for the case."""
    folder = town.temporary / "entregas" / CASE
    folder.mkdir(parents=True)
    town.configure(
        deliveries={"folder": str(folder.parent), "settle_minutes": 0}, mailboxes__store=world.STORE, notices=None
    )
    with zipfile.ZipFile(folder / "takeout-20261120T101112Z-001.zip", "w") as archive:
        archive.writestr("Takeout/Correo/Todo el correo.mbox", MESSAGE)
    done = town.copias("classify", CASE, "--kind", "manual", "--subject", demo_requester().email)
    assert done.code == 0, done.text
    return modules


def do(modules, *names: str) -> None:
    for name in names:
        result = modules.run(name, case=CASE)
        assert result.get("changed"), result


@pytest.mark.parametrize("name", ["manual_package", "manual_verify"])
def test_module_predicts_does_and_then_finds_it_done(delivered, name) -> None:
    do(delivered, *STEPS[: STEPS.index(name)])

    done = delivered.prove_idempotence(name, case=CASE)

    assert set(done) - OUR_OWN == set(documented(name))
    assert set(done["copy"]) == set(documented(name)["copy"]["contains"])


@pytest.mark.parametrize("name", ["manual_package", "manual_verify"])
def test_step_refuses_a_case_that_nobody_claimed(delivered, town, name) -> None:
    before = plays.everything(town)

    refused = delivered.run(name, case=CASE)

    assert refused["failed"]
    assert "no tiene tomado el caso" in refused["msg"]
    assert plays.everything(town) == before


def test_a_changed_package_is_found_and_never_called_proven(delivered, town) -> None:
    do(delivered, "case_claim", "manual_package", "package_store")
    (package,) = town.stored("*.zip")
    content = bytearray(package.read_bytes())
    content[content.index(b".eml") + 20] ^= 1
    package.write_bytes(content)

    refused = delivered.run("manual_verify", case=CASE)

    assert refused["error"] == "Altered"
    assert [town.count(event, CASE) for event in ("copy.voided", "copy.verified")] == [1, 0]


def test_a_delivery_that_its_sender_removed_too_early_is_proven_by_what_was_brought(delivered, town) -> None:
    do(delivered, "case_claim", "manual_package", "package_store")
    (part,) = (town.temporary / "entregas" / CASE).iterdir()
    part.unlink()

    do(delivered, "manual_verify")

    assert town.count("copy.verified", CASE) == 1


def test_a_delivery_that_was_replaced_and_must_be_brought_again_is_never_called_equal(delivered, town) -> None:
    do(delivered, "case_claim", "manual_package", "package_store")
    shutil.rmtree(town.world.state / "deliveries")
    (part,) = (town.temporary / "entregas" / CASE).iterdir()
    with zipfile.ZipFile(part, "a") as archive:
        archive.writestr("Takeout/Correo/Mas.mbox", MESSAGE.replace(b"583@xxx", b"584@xxx"))

    refused = delivered.run("manual_verify", case=CASE)

    assert refused["error"] == "NotEqual"
    assert "la entrega ya no es la que se empaquetó" in refused["msg"]
    assert town.count("copy.verified", CASE) == 0
