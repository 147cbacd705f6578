"""``index.html`` of a mailbox: nothing that a message says can run, and what is searched is found."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "]]>\u2028\u2029",
    '"><img src=x onerror=alert(1)>',
    "{{ 7*7 }} {% include 'x' %}",
    "<!-- datos -->",
    "acta\u202egpj.exe",
]
BLOCK = re.compile(r'<script type="application/json" (?:class|id)="(\w+)">(.*?)</script>', re.DOTALL)


@pytest.fixture
def page(pack_mailbox, tmp_path):
    """Pack messages and return the page's text; it is also in the test's folder."""

    def make(messages, **options) -> str:
        path, _ = pack_mailbox(messages, **options)
        with zipfile.ZipFile(path) as package:
            (tmp_path / "index.html").write_bytes(package.read("index.html"))
        return (tmp_path / "index.html").read_text(encoding="utf-8")

    return make


def test_only_our_script_may_run(page, message) -> None:
    text = page([message()])

    script = text[text.rindex("<script>") + 8 : text.rindex("</script>")]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert text.count("<script>") == 1


def test_page_needs_no_network_and_holds_no_body(page, message) -> None:
    text = page([message(content=b"Subject: x\r\n\r\nel secreto del cuerpo")])

    assert not re.search(r"https?:|//[a-z]|\bsrc=|@import|url\(", re.sub(r"(?m)^ *// .*|; // .*", "", text))
    assert "secreto" not in text


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_data(page, message, text) -> None:
    hostile = message("a1", subject=text, sender=text, recipients=text, labels=(text,), content=b"")

    content = page([hostile, message("b2")])

    assert content.count("<script") == 4
    assert content.count("<!--") == 0
    assert "<img" not in content
    blocks = {name: json.loads(data) for name, data in BLOCK.findall(content)}
    assert set(blocks) == {"personas", "etiquetas", "mensajes"}
    assert len(blocks["mensajes"]["subjects"]) == 2


def browse(path: Path, *searches: dict) -> dict:
    if not shutil.which("node"):
        pytest.skip("node is not installed")
    stub = Path(__file__).with_name("page_stub.js")
    done = subprocess.run(["node", stub, path, json.dumps(searches)], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_messages_are_found_by_sender_subject_date_and_label(page, message, tmp_path) -> None:
    page(
        [
            message("1", subject="Nómina de enero", internal_date=1_704_085_200_000, labels=("INBOX", "Año, 2024")),
            message("2", subject="Acta", sender="Eva Ñáñez <eva@x.example>", internal_date=1_704_085_199_000),
            message(
                "3", subject="", recipients="Todos <todos@x.example>", deleted_at=5.0, internal_date=1_720_000_000_000
            ),
        ]
    )

    seen = browse(
        tmp_path / "index.html",
        {},
        {"asunto": "NOMINA"},
        {"remitente": "nanez"},
        {"destinatario": "todos"},
        {"desde": "2024-01-01", "hasta": "2024-01-01"},
        {"desde": "1/2/2024"},
        {"etiqueta": "Año, 2024"},
        {"orden": "antiguos"},
        {"asunto": "nada"},
        {},
    )

    first, *others = [[row[0].split("-")[-1] for row in result["rows"]] for result in seen["results"]]
    assert first == ["3.eml", "1.eml", "2.eml"]
    assert others[:-1] == [
        ["1.eml"],
        ["2.eml"],
        ["3.eml"],
        ["1.eml"],
        ["3.eml"],
        ["1.eml"],
        first[1:][::-1] + first[:1],
        [],
    ]
    assert seen["results"][1]["said"] == "1 de 3 mensajes"
    assert seen["results"][0]["rows"][0][1:3] == ["(sin asunto)", "03/07/2024 04:46"]
    assert "ya borrado en el buzón" in seen["results"][0]["rows"][0][4]
    assert (seen["focused"], seen["printed"]) == (3, 3)


def test_links_are_the_names_of_the_entries(page, message, tmp_path) -> None:
    moments = [0, -(2**60), 2**60, 1_795_000_000_999, 951_782_400_000, 4_102_444_799_999]
    page([message(f"{n:x}", internal_date=moment, subject="Ñ #1? 100%") for n, moment in enumerate(moments)])

    seen = browse(tmp_path / "index.html", {})

    with zipfile.ZipFile(tmp_path / "correo-ana-1234.zip") as package:
        names = {name for name in package.namelist() if name.endswith(".eml")}
    assert {row[0] for row in seen["results"][0]["rows"]} == names


def test_only_the_rows_in_sight_are_drawn(page, message, tmp_path) -> None:
    page([message(f"{n:x}", internal_date=n * 1000) for n in range(5000)], split_bytes=300_000)

    seen = browse(tmp_path / "index.html", {"orden": "antiguos"}, {})

    assert seen["results"][0]["said"] == "5.000 de 5.000 mensajes"
    assert len(seen["results"][0]["rows"]) < 40
    assert "parte 2" in seen["results"][1]["rows"][0][4]
    assert seen["printed"] == 1000
