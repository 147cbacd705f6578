"""What a message says is in the mirror and in the package, and nowhere else: no log, artifact, sheet, mail or error."""

from __future__ import annotations

import base64
import zipfile
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path

import pytest

from copias_sandbox.seed.cases import MAILBOX_CASE
from copias_sandbox.seed.people import demo_requester
from copias_sandbox.world import STORE
from tests.e2e.town import CONTROL, REQUESTS, RESPONSES, Town

pytestmark = pytest.mark.slow

CASE = str(MAILBOX_CASE)
ACCOUNT = demo_requester().email
SUBJECT, SENDER, BODY, FILE = (
    "SECRETO-asunto-7f3a",
    "SECRETO-remite-7f3a",
    "SECRETO-cuerpo-7f3a",
    "SECRETO-archivo-7f3a",
)
PLANTED = (SUBJECT, SENDER, BODY, FILE)
MESSAGE = (
    f"From: {SENDER} <{SENDER}@correo.example>\r\nTo: {ACCOUNT}\r\nSubject: {SUBJECT}\r\n"
    f'Content-Type: text/plain; name="{FILE}.txt"\r\n\r\nhola {BODY}\r\n'
).encode()
FORMS = [
    form for text in PLANTED for form in (text.encode(), base64.b64encode(text.encode())[:-4], text.lower().encode())
]


@pytest.fixture
def planted(town: Town) -> str:
    """A mailbox with one message whose every part can be recognised; its id."""
    town.hurry(mailboxes__store=STORE)
    town.admin.mailbox(ACCOUNT, count=12, seed=5)
    raw = base64.b64encode(MESSAGE).decode()
    return town.admin.deliver(ACCOUNT, raw=raw, labels=["INBOX"])[0]


def traces(town: Town) -> list[str]:
    """Every place but mirror and package where the planted message can be read."""
    home = town.world.home
    found = [f"{path.relative_to(home)}" for path in files_to_search(town) if says_something(path.read_bytes())]
    for tab in (REQUESTS, RESPONSES, CONTROL):
        found += [f"tab {tab}" for row in town.rows(tab) if says_something(repr(row).encode())]
    found += [f"mail {subject}" for subject in read_notices(town)]
    return found


def files_to_search(town: Town) -> Iterator[Path]:
    for root in (town.world.state, town.temporary, town.world.nas):
        for path in root.rglob("*"):
            place = path.relative_to(root).parts
            packed = path.suffix == ".zip" or place[0] in {"mirrors", "spool"}
            if path.is_file() and not packed:
                yield path


def says_something(content: bytes) -> bool:
    return any(form in content for form in FORMS)


def read_notices(town: Town) -> Iterator[str]:
    """Read all mail that the product sent: whatever is in a mailbox and was not planted or seeded there."""
    from copias_sandbox.rooms.gmail.mailboxes import Mailboxes
    from copias_sandbox.state import State

    state = State(town.world.home / "google" / "state.sqlite")
    boxes = Mailboxes(state)
    try:
        for email in boxes.made():
            box = boxes.open(email)
            for mail in box.select("kind = ''"):
                content = box.content(mail)
                if content != MESSAGE and says_something(content):
                    yield str(message_from_bytes(content)["Subject"])
    finally:
        state.connection.close()


def test_a_resolved_case_says_nothing_of_what_the_messages_say(town: Town, planted: str) -> None:
    done = town.run_case(CASE, "--json")
    told = [town.copias(*verb) for verb in (["show", CASE], ["show", CASE, "--json"], ["follow", CASE], ["cases"])]
    told += [town.copias("mirror", "status", ACCOUNT, *more) for more in ([], ["--json"])]
    told += [town.copias("mirror", "verify", ACCOUNT), town.copias("copies", "--json")]

    assert done.code == 0, done.text
    (package,) = town.stored("*.zip")
    with zipfile.ZipFile(package) as archive:
        assert MESSAGE in [archive.read(name) for name in archive.namelist() if name.endswith(".eml")]
    shown = [
        town.copias("package", verb, str(package), *more) for verb in ("show", "verify") for more in ([], ["--json"])
    ]
    assert [call.text for call in [done, *told, *shown] if says_something(call.text.encode())] == []
    assert traces(town) == []
    (index,) = (town.world.state / "mirrors").rglob("index.sqlite")
    assert says_something(index.read_bytes()), "a search that finds nothing there finds nothing anywhere"
