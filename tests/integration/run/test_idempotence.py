"""The certificate of idempotence names the role that would change something again, and its task."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from copias.cli.app import app
from copias.errors import NotReady
from copias.evidence.idempotence import (
    CERTIFIED,
    LEFT_OUT,
    PROJECT,
    Certificate,
    Ground,
    are_good,
    certify,
    certify_in_sandbox,
    run_twice,
    trend,
)
from copias.evidence.pages import render
from copias_sandbox.certify import ALL
from tests.unit.audit.conftest import make_place
from tests.unit.evidence.conftest import make_office

ROLE = """
- name: Decir sin cambiar
  ansible.builtin.debug: {{msg: hola}}
- name: Escribir la hora
  ansible.builtin.debug: {{msg: hora}}
  changed_when: {changed}
"""


def make_playbook(folder: Path, *, changed: str) -> Path:
    """Write a playbook with one role of its own, whose second task may change something each time."""
    tasks = folder / "roles" / "inquieto" / "tasks"
    tasks.mkdir(parents=True, exist_ok=True)
    (tasks / "main.yml").write_text(ROLE.format(changed=changed))
    playbook = folder / "prueba.yml"
    playbook.write_text("- name: Prueba\n  hosts: all\n  gather_facts: false\n  roles: [inquieto]\n")
    inventory = folder / "inventory"
    inventory.mkdir(exist_ok=True)
    (inventory / "hosts.yml").write_text(
        "all: {hosts: {hacienda: {ansible_connection: local, "
        "ansible_python_interpreter: '{{ ansible_playbook_python }}'}}}\n"
    )
    return playbook


def test_role_that_changes_something_each_time_is_named_until_it_is_mended(tmp_path: Path) -> None:
    office, config = make_office(tmp_path), tmp_path / "inventory" / "hosts.yml"

    (bad,) = certify(office, [make_playbook(tmp_path, changed="true")], config=config)
    (good,) = certify(office, [make_playbook(tmp_path, changed="false")], config=config)

    assert (bad.good, bad.roles) == (False, {"inquieto": {"Escribir la hora": 1}})
    assert (good.good, good.tasks, good.roles) == (True, 2, {})
    assert [(one["where"], one["changed"]) for one in trend(office)["prueba.yml"]] == [
        ("installation", 1),
        ("installation", 0),
    ]
    assert len(list(office.book.ledger.events_of({CERTIFIED}))) == 2
    assert not list(office.deployment.state.glob("idempotence-*"))


def test_playbook_that_fails_gets_no_certificate(tmp_path: Path) -> None:
    office, config = make_office(tmp_path), tmp_path / "inventory" / "hosts.yml"
    playbook = make_playbook(tmp_path, changed="'{{ no_hay }}'")

    (done,) = certify(office, [playbook], config=config)

    assert not done.good
    assert done.why == "inquieto · Escribir la hora"


WRITES = """
- name: Escribir una vez
  ansible.builtin.copy: {{content: hola, dest: '{folder}/hecho'}}
"""


def test_playbook_that_is_really_run_twice_is_judged_by_the_second_run(tmp_path: Path) -> None:
    playbook = make_playbook(tmp_path, changed="false")
    (tmp_path / "roles" / "inquieto" / "tasks" / "main.yml").write_text(WRITES.format(folder=tmp_path))

    done = run_twice(playbook, Ground(config=tmp_path / "inventory" / "hosts.yml", state=tmp_path))

    assert (done.way, done.first, done.changed, done.good) == ("again", 1, 0, True)
    assert (tmp_path / "hecho").read_text() == "hola"


def test_first_run_that_fails_gets_no_certificate(tmp_path: Path) -> None:
    playbook = make_playbook(tmp_path, changed="'{{ no_hay }}'")

    done = run_twice(playbook, Ground(config=tmp_path / "inventory" / "hosts.yml", state=tmp_path))

    assert (done.good, done.status) == (False, "first: failed")


def test_sandbox_runs_a_playbook_of_the_product_twice_and_the_ledger_here_keeps_what_came_of_it(tmp_path: Path) -> None:
    office = make_office(tmp_path)

    (done,) = certify_in_sandbox(office, ["audit"])

    assert (done.good, done.way, done.first, done.changed) == (True, "again", 2, 0)
    assert [one["where"] for one in trend(office)["audit.yml"]] == ["sandbox"]


def test_playbook_that_the_sandbox_cannot_run_is_refused_and_nothing_is_recorded(tmp_path: Path) -> None:
    office = make_office(tmp_path)

    with pytest.raises(NotReady, match="se certifican: attend_case"):
        certify_in_sandbox(office, ["otro"])

    assert trend(office) == {}


def test_every_playbook_of_the_product_is_certified_in_the_sandbox() -> None:
    assert sorted(ALL) == sorted(path.stem for path in (PROJECT / "playbooks").glob("*.yml"))


def test_playbook_that_was_left_out_is_told_with_its_reason_and_certifies_nothing() -> None:
    left = Certificate("site.yml", way="again", status=LEFT_OUT, why="hace falta <root>")
    good = Certificate("audit.yml", way="again", status="successful", first=2, tasks=3)
    told = {"entity": "", "made_at": "2026-11-26T10:00:00+00:00", "made_by": "", "where": "", "head": "", "trend": {}}

    page = render("idempotence.html.j2", good=True, certificates=[good, left], **told)

    assert Certificate.from_dict(left.to_dict()) == left
    assert [are_good(done) for done in ([good, left], [left], [replace(good, status="failed"), left])] == [
        True,
        False,
        False,
    ]
    assert "No se corrió: hace falta &lt;root&gt;" in page
    assert "Nada cambia al repetir lo que se corrió" in page


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("successful", "terminó bien"),
        ("first: failed", "la primera vez falló"),
        ("starting", "no se pudo correr (starting)"),
    ],
)
def test_end_of_a_playbook_is_told_in_spanish(status: str, said: str) -> None:
    certificate = Certificate("audit.yml", way="again", status=status, tasks=3)
    moment = "2026-11-26T10:00:00+00:00"
    trend_of = {"audit.yml": [{"time": moment, "where": "sandbox", "status": status, "changed": 0}]}
    told = {"entity": "", "made_at": moment, "made_by": "", "where": "", "head": ""}

    page = render("idempotence.html.j2", good=True, certificates=[certificate], trend=trend_of, **told)

    assert page.count(f"<td>{said}</td>") == 2


def test_certificate_is_a_page_with_its_trend_and_names_stay_text(tmp_path: Path) -> None:
    place = make_place(tmp_path)
    config, page = place.write_config(), tmp_path / "certificado.html"
    told = {"playbook": "<script>x</script>.yml", "status": "successful", "changed": 3, "tasks": 9, "roles": {}}
    place.office.record(CERTIFIED, {"playbooks": [told]})

    done = CliRunner().invoke(app, ["audit", "idempotence", "audit", "--config", str(config), "--html", str(page)])

    text = page.read_text(encoding="utf-8")
    assert done.exit_code == 1  # two tasks have work to do: the page and the snapshot that nobody kept yet
    assert "audit.yml: 3 resultados, 2 cambiarían algo" in done.stdout
    assert "esta instalación" in text
    assert "&lt;script&gt;" in text
    assert "<script>" not in text
