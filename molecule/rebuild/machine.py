"""What a person brings to a machine: the deployment's file with its variables, and the sealed envelope.

Both lie in the folder of the scenario, beside the help desk that place.py started: ``inventory`` and ``envelope``.
"""

from __future__ import annotations

import shutil
import sys
import typing as t
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "_case"))

from deployment import KEYS, RUN
from place import Place

from copias.files import make_private_directory
from copias.people import read_identity

ON_MACHINE = Path("/etc/copias/keys")
STATE = Path("/var/lib/copias")
ENVELOPE = {
    "copias": KEYS / "copias",
    "copias.password": KEYS / "copias.password",
    "known_hosts": RUN / "known_hosts",
}
"""Secrets that the hosts gave, by the name that they have on the machine."""


def main() -> None:
    """Write them."""
    place = Place("rebuild")
    content = yaml.safe_load(place.config.read_text(encoding="utf-8"))
    _fill_envelope(place.home / "envelope", Path(content["google"]["key_file"]))
    inventory = make_private_directory(place.home / "inventory")
    variables = make_private_directory(inventory / "host_vars" / "control") / "main.yml"
    (inventory / "copias.yml").write_text(_describe(content), encoding="utf-8")
    # The hosts have no network but their own, from which no package comes.
    secrets = [str(ON_MACHINE / name) for name in (*ENVELOPE, "google.json")]
    variables.write_text(yaml.safe_dump({"control_node_install": False, "control_node_secrets": secrets}))


def _describe(content: dict[str, t.Any]) -> str:
    """Return the deployment of place.py with the paths of a machine, and a cache as a real one has it."""
    content |= {"state": str(STATE), "people": "/etc/copias/people.yml"}
    content |= {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(STATE / "inventory")}
    content["deliveries"]["folder"] = str(STATE / "entregas")
    content["google"]["key_file"] = str(ON_MACHINE / "google.json")
    text = yaml.safe_dump(content, allow_unicode=True)
    for name, path in ENVELOPE.items():
        text = text.replace(f"{path}\n", f"{ON_MACHINE / name}\n")
    return text


def _fill_envelope(envelope: Path, google: Path) -> None:
    make_private_directory(envelope)
    for name, path in {**ENVELOPE, "google.json": google}.items():
        shutil.copyfile(path, envelope / name)
    people = {
        "ana": {"name": "Ana Lucía Prueba", "role": "administrator"},
        "copias": {"name": "Cuenta de servicio", "role": "agent"},
    }
    # Where a person logged in to run the scenarios, that login is who acts, whatever the machine.
    people.setdefault(read_identity().account, people["ana"])
    (envelope / "people.yml").write_text(yaml.safe_dump({"people": people}, allow_unicode=True))


if __name__ == "__main__":
    main()
