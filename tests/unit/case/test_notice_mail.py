"""A notice is one plain mail to one address, whatever names, reasons and facts are made of."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copias.case.notice_mail import KEY_HEADER, Letter, clean_name, write_letter
from copias.case.notice_settings import NoticeSettings, is_address
from copias.case.notices import NOTICE_WORDS, What
from copias.config import Deployment

SETTINGS = NoticeSettings(sender="mesa.ayuda@alcaldia.example", reply_to="mesa.ayuda@alcaldia.example")
MOMENT = datetime(2026, 11, 3, 15, 4, 5, tzinfo=UTC).isoformat()
HEADERS = {
    *("From", "To", "Reply-To", "Subject", "Message-ID", KEY_HEADER, "Auto-Submitted"),
    *("Content-Type", "Content-Transfer-Encoding", "MIME-Version"),
}
FACTS: dict[str, dict[str, t.Any]] = {
    "received": {"name": "Marta Ejemplo", "kind": "correo", "subject": "marta@alcaldia.example", "agent": "Ana"},
    "on_hold": {"name": "Marta Ejemplo", "reason": "falta el acta"},
    "resolved": {
        "name": "Marta Ejemplo",
        "done": "Copia hecha",
        "proof": "igual",
        "package": "a/b.zip",
        "store": "nas",
        "bytes": 1_600_000,
        "sha256": "ab" * 32,
    },
    "recovered": {
        "name": "Marta Ejemplo",
        "done": "Correo devuelto",
        "proof": "igual",
        "messages": 3,
        "place": "etiqueta «Recuperado»",
        "sha256": "ab" * 32,
    },
    "recovering": {"name": "Marta Ejemplo", "kind": "correo", "subject": "marta@alcaldia.example", "agent": "Ana"},
    "unrecovered": {"name": "Marta Ejemplo", "happened": "Google no respondió"},
    "restoring": {"name": "Marta Ejemplo", "kind": "recuperación", "subject": "hacienda", "agent": "Ana"},
    "restored": {
        "name": "Marta Ejemplo",
        "done": "Base restaurada",
        "proof": "iguales",
        "place": "la base nueva hacienda_caso",
        "made_at": "26/11/2026 00:00",
        "sha256": "ab" * 32,
    },
    "unrestored": {"name": "Marta Ejemplo", "happened": "el servidor no respondió"},
    "failed": {"name": "Marta Ejemplo", "happened": "Google no respondió"},
    "suspended": {"account": "marta@alcaldia.example"},
    "released": {"account": "marta@alcaldia.example"},
    "deleted": {
        "account": "marta@alcaldia.example",
        "days": 15,
        "left": "5 días",
        "recorded": False,
        "deleted_at": "01/11/2026",
    },
    "provider_request": {
        "name": "Luisa Proveedora",
        "contract": "CPS-12",
        "database": "sinfa",
        "department": "Hacienda",
        "promised": "04/11/2026 10:00",
        "hours": "8",
        "place": "la carpeta 1234",
        "encrypted": False,
    },
    "provider_reminder": {
        "name": "Luisa Proveedora",
        "database": "sinfa",
        "late": True,
        "requested": "01/11/2026 10:00",
        "promised": "04/11/2026 10:00",
        "place": "la carpeta 1234",
    },
    "provider_rejected": {
        "name": "Luisa Proveedora",
        "database": "sinfa",
        "reason": "está truncada",
        "promised": "04/11/2026 10:00",
        "place": "la carpeta 1234",
    },
    "provider_thanks": {"name": "Luisa Proveedora", "database": "sinfa", "sha256": "ab" * 32, "restored": False},
    "provider_cancelled": {"name": "Luisa Proveedora", "database": "sinfa", "requested": "01/11/2026 10:00"},
    "provider_late": {
        "company": "Nube Sur",
        "contract": "CPS-12",
        "contact": "Luisa Proveedora",
        "database": "sinfa",
        "requested": "01/11/2026 10:00",
        "promised": "04/11/2026 10:00",
        "reminders": 2,
    },
}
BAD = [
    "\r\nBcc: malo@example.test\r\n",
    "\n\nHola",
    "\u202e gnp.exe",
    "\x00",
    '"; <x@y>',
    "\u2028",
    "=?utf-8?q?x?=",
    "\ud800",
]
TEXT = st.one_of(st.text(max_size=400), st.lists(st.sampled_from(BAD)).map("".join))


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return deploy(tmp_path_factory.mktemp("state"))


def deploy(folder: Path, *, entity: str = "Alcaldía de Valle Claro") -> Deployment:
    return Deployment.model_validate(
        {
            "plugin": "funza.copias.workspace",
            "entity": entity,
            "state": folder,
            "people": folder / "people.yml",
            "google": {"key_file": folder / "key.json"},
            "help_desk": {"spreadsheet": "hoja", "requests_tab": "Solicitudes"},
            "stores": {},
        },
        context={"folder": folder},
    )


def queued(what: str, **facts: t.Any) -> dict[str, t.Any]:
    return {
        "key": f"copias-7-1-notice-{what}",
        "kind": "notice",
        "what": what,
        "number": "7",
        "to": "marta@alcaldia.example",
        "moment": MOMENT,
        "facts": {**FACTS[what], **facts},
    }


def read(letter: Letter) -> EmailMessage:
    return t.cast("EmailMessage", message_from_bytes(letter.content, policy=SMTP))


def require_plain(letter: Letter) -> EmailMessage:
    """Fail unless a letter is what we send: our headers, each once, one line of text each, one recipient, one part."""
    message = read(letter)
    assert sorted(message.keys()) == sorted(HEADERS)
    assert message["To"] == "marta@alcaldia.example"
    assert message.get_content_type() == "text/plain"
    assert all(line.isascii() for line in letter.content.splitlines())
    assert "\n" not in message["Subject"]
    assert not message.defects
    assert not any(value.defects for value in message.values())
    return message


def test_no_template_is_left_out_here() -> None:
    assert set(FACTS) == set(t.get_args(What)) == set(NOTICE_WORDS)


@pytest.mark.parametrize("what", FACTS)
def test_each_notice_is_plain_mail_that_names_its_case(deployment: Deployment, what: str) -> None:
    message = require_plain(write_letter(deployment, SETTINGS, queued(what)))

    # What goes to a provider has brackets, by which its answers are found.
    external = what.startswith("provider_") and what != "provider_late"
    assert message["Subject"].startswith("[Caso 7] " if external else "Caso 7: ")
    assert message["From"] == "Alcaldía de Valle Claro <mesa.ayuda@alcaldia.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert "Caso 7. Este aviso lo envía" in message.get_content()


@given(what=st.sampled_from(sorted(FACTS)), data=st.data())
def test_no_fact_gets_into_the_headers(deployment: Deployment, what: str, data: st.DataObject) -> None:
    texts = [name for name, value in FACTS[what].items() if isinstance(value, str) and name != "account"]
    hostile = {name: data.draw(TEXT, label=name) for name in texts}

    message = require_plain(write_letter(deployment, SETTINGS, queued(what, **hostile)))

    assert message["Subject"] == read(write_letter(deployment, SETTINGS, queued(what)))["Subject"]


@given(entity=st.text(min_size=1, max_size=400))
def test_no_name_of_a_town_hall_gets_into_other_headers(tmp_path_factory: pytest.TempPathFactory, entity: str) -> None:
    letter = write_letter(deploy(Path("/nada"), entity=entity), SETTINGS, queued("failed"))

    message = require_plain(letter)

    assert [address.addr_spec for address in message["From"].addresses] == ["mesa.ayuda@alcaldia.example"]


@given(name=TEXT)
def test_a_name_brings_nothing_but_a_name(name: str) -> None:
    said = clean_name(name)

    assert len(said) <= 80
    assert not set(said) & set('\r\n@/:<>"\\0123456789\u202e\x00')


@pytest.mark.parametrize("name", ["Marta Cecilia Ejemplo", "José Ñuño D’Ávila", "Ana-María O'Neil", "Dr. Pérez"])
def test_people_s_names_stay_as_they_are(name: str) -> None:
    assert clean_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "Gane en https://malo.example",
        "Marta <b>Ejemplo</b>",
        "Llame al 601 555",
        "M" * 300,
        "\u202egnp.atraM\u202c!",
        "Su clave vence: entre a malo.example",
    ],
)
def test_a_name_that_is_more_than_a_name_greets_nobody(deployment: Deployment, name: str) -> None:
    text = read(write_letter(deployment, SETTINGS, queued("failed", name=name))).get_content()

    assert text.splitlines()[0] == "Buen día:"


@given(text=st.one_of(st.emails(), st.text(max_size=300), st.from_regex(r"[^@]+@[^@]+\.[a-z]+", fullmatch=True)))
def test_an_address_that_is_taken_is_one_address_of_a_header(text: str) -> None:
    if not is_address(text):
        return

    message = EmailMessage(policy=SMTP)
    message["To"] = text

    assert [address.addr_spec for address in message["To"].addresses] == [text]
    assert not message["To"].defects


@pytest.mark.parametrize(
    "text",
    [
        *("", "marta", "marta@", "@alcaldia.example", "Marta@alcaldia.example", "a b@alcaldia.example"),
        *("a@b@alcaldia.example", "marta@alcaldia.example\n", "marta@alcaldia.example, otra@malo.example"),
        *('"marta"@alcaldia.example', "marta@alcaldia.example>", "márta@alcaldia.example", "marta@alcaldia"),
        *("a" * 65 + "@alcaldia.example", "marta@" + "a" * 250 + ".example", "a..b@alcaldia.example"),
    ],
)
def test_what_is_no_plain_address_is_not_taken(text: str) -> None:
    assert not is_address(text)


def test_the_same_row_is_always_the_same_letter(deployment: Deployment) -> None:
    first, again = (write_letter(deployment, SETTINGS, queued("resolved")) for _ in range(2))

    assert first == again
    assert first.message_id == f"<{first.mark}@alcaldia.example>"


def test_two_rows_are_never_one_letter(deployment: Deployment) -> None:
    rows = [queued("failed"), {**queued("failed"), "moment": "2026-11-04T00:00:00+00:00"}, queued("on_hold")]

    assert len({write_letter(deployment, SETTINGS, row).message_id for row in rows}) == len(rows)
