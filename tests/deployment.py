"""The deployment's file of an installation that asks nobody; each suite says what is different in its own."""

from __future__ import annotations

import typing as t
from pathlib import Path

import yaml

from copias.config import Deployment
from copias.office import Office
from copias.people import Actor, Person, Role, read_identity

PERSON: t.Final = Person(name="Ana Lucía Prueba", role=Role.ADMINISTRATOR)


def describe_deployment(folder: Path, **own: t.Any) -> dict[str, t.Any]:
    """Return what the file says: a store in a folder, a Google that is nowhere; ``own`` are whole keys of the file."""
    return {
        "plugin": "funza.copias.workspace",
        "entity": "Alcaldía de Valle Claro",
        "state": str(folder / "state"),
        "people": str(folder / "people.yml"),
        "google": {"key_file": "/nowhere/key.json"},
        "help_desk": {
            "spreadsheet": "s",
            "requests_tab": "Solicitudes",
            "responses_tab": "Respuestas",
            "control_spreadsheet": "c",
            "control_tab": "Control",
        },
        "stores": {"nas": {"kind": "folder", "path": str(folder / "store")}},
        **own,
    }


def office_of(content: dict[str, t.Any], folder: Path, *, person: Person = PERSON) -> Office:
    """Return the office of what a file would say, of the account that runs the tests."""
    deployment = Deployment.model_validate(content, context={"folder": folder})
    return Office(deployment, Actor(read_identity(), person))


def write_deployment(config: Path, content: dict[str, t.Any]) -> None:
    """Write the file, and that of the people: the account that runs the tests administers."""
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    people = {"people": {read_identity().account: {"name": PERSON.name, "role": PERSON.role.value}}}
    Path(content["people"]).write_text(yaml.safe_dump(people, allow_unicode=True), encoding="utf-8")
