"""Who acts is the account; the role says what it may do."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from copias.errors import BadConfiguration, NotAllowed
from copias.people import Actor, Identity, Person, Role, find_actor, load_people, read_identity


def write_people(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_the_account_of_this_process_is_found(tmp_path: Path) -> None:
    account = read_identity().account
    people = write_people(tmp_path / "people.yml", f"people: {{{account}: {{name: Ana, role: agent}}}}")

    actor = find_actor(people)

    assert actor.person.name == "Ana"
    assert actor.to_event()["account"] == account
    assert actor.to_event()["proof"]


def test_a_stranger_is_refused_and_named(tmp_path: Path) -> None:
    people = write_people(tmp_path / "people.yml", "people: {nadie-de-aqui: {name: Ana, role: agent}}")

    with pytest.raises(NotAllowed, match=read_identity().account):
        find_actor(people)


@pytest.mark.parametrize(
    "text",
    ["people: [", "people: {ana: {name: Ana, role: jefe}}", "gente: {}", "people: {ana: {role: agent}}", "- 1", ""],
)
def test_a_malformed_file_is_said_to_be(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadConfiguration, match=r"people\.yml"):
        load_people(write_people(tmp_path / "people.yml", text))


@pytest.mark.parametrize(
    ("role", "least", "allowed"),
    [
        (Role.AUDITOR, Role.AGENT, False),
        (Role.AGENT, Role.AGENT, True),
        (Role.AGENT, Role.ADMINISTRATOR, False),
        (Role.ADMINISTRATOR, Role.AGENT, True),
        (Role.AUDITOR, Role.AUDITOR, True),
    ],
)
def test_roles_include_those_below(role: Role, least: Role, allowed: bool) -> None:
    assert role.allows(least) is allowed


def test_a_refusal_says_who_can() -> None:
    actor = Actor(Identity("ana", "test"), Person(name="Ana", role=Role.AGENT))

    with pytest.raises(NotAllowed, match="administrador"):
        actor.require(Role.ADMINISTRATOR, "cancelar casos")


def test_the_sudo_variable_is_not_believed_about_ourselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_UID", str(os.getuid()))

    assert read_identity().proof != "sudo"


@pytest.mark.skipif(Path("/proc/self/loginuid").read_text() != "4294967295", reason="a login session proves more")
def test_sudo_names_the_person_behind_the_service_account(monkeypatch: pytest.MonkeyPatch) -> None:
    other = next(entry for entry in pwd.getpwall() if entry.pw_uid != os.getuid())
    monkeypatch.setenv("SUDO_UID", str(other.pw_uid))

    assert read_identity() == Identity(other.pw_name, "sudo")
