"""The playbooks of a whole machine, ``site`` and ``rebuild``, run twice on bare machines in namespaces. Needs root.

``rebuild`` gets what it brings back from another machine, set up by ``site``, which kept its state in a repository and
is then lost. Nothing is installed by these runs: the programs are those of the machine that all of it runs on.
"""

from __future__ import annotations

import os
import sys
import typing as t
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson
import yaml

from copias.errors import CopyFailed
from copias.evidence.idempotence import Certificate, Ground, run_twice
from copias.files import make_private_directory
from copias.people import read_identity
from copias.variables import expand
from copias_sandbox import bare_machine, world

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from copias_sandbox.bare_machine import BareMachine

SITE, REBUILD = "site", "rebuild"
MACHINES: t.Final[Mapping[str, tuple[str, ...]]] = {
    SITE: (),
    REBUILD: ("-e", "control_rebuild_repository=nas_noches"),
}
"""What each playbook is called with."""
SERVICE, PROGRAM = "copias", "/usr/local/bin/copias"
STATE, KEYS = Path("/var/lib/copias"), Path("/etc/copias/keys")
SIGNING: t.Final = ("signing.pem", "signing.pem.pub")


@dataclass(frozen=True)
class Town:
    """What outlives a machine: the deployment's file, a repository, and the sealed envelope with people and keys.

    Args:
        home: folder of all that is made.
        place: the help desk and the database server.
    """

    home: Path
    place: world.World

    @property
    def inventory(self) -> Path:
        """Return the deployment's file."""
        return self.home / "machine-inventory" / "copias.yml"

    @property
    def repository(self) -> Path:
        """Return the folder of the repository that has the state."""
        return self.home / "machine-nights"

    def write_inventory(self) -> None:
        """Write the sandbox's deployment as a machine of its own has it."""
        content = expand(yaml.safe_load(world.CONFIG.read_text()))
        content |= {"state": str(STATE), "people": "/etc/copias/people.yml"}
        content["google"] |= {"key_file": str(KEYS / "google.json"), "consents": str(STATE / "consents")}
        content["databases"]["hacienda"]["password_file"] = str(KEYS / "sinfa.password")
        repository = {"path": str(self.repository), "password_file": str(KEYS / world.NIGHTS_KEY_FILE)}
        content["repositories"]["nas_noches"] |= repository
        machine = {
            "control_node_install": False,  # the packages' registry is not asked for a certificate
            "control_node_secrets": [str(KEYS / name) for name in self.envelope if name not in SIGNING],
        }
        variables = make_private_directory(self.inventory.parent / "host_vars" / "control")
        self.inventory.write_text(yaml.safe_dump(content, allow_unicode=True))
        (variables / "main.yml").write_text(yaml.safe_dump(machine))

    @property
    def envelope(self) -> dict[str, Path]:
        """Return the secrets that a person brings: the name of each, and where it is now."""
        environment = self.place.environment
        return {
            "google.json": Path(environment["COPIAS_GOOGLE_KEY"]),
            "sinfa.password": Path(environment["COPIAS_SINFA_PASSWORD_FILE"]),
            world.NIGHTS_KEY_FILE: self.place.home / world.NIGHTS_KEY_FILE,
            **{name: self.place.state / "keys" / name for name in SIGNING},
        }

    @contextmanager
    def machine(self, name: str) -> Iterator[BareMachine]:
        """Start a machine, to which a person brings the secrets, and end it."""
        machine = bare_machine.start(self.home / f"machine-{name}", name=name)
        try:
            self._bring_secrets(machine)
            yield machine
        finally:
            machine.stop()

    def _bring_secrets(self, machine: BareMachine) -> None:
        account = ("--system", "--user-group", "--no-create-home", f"--home-dir={STATE}", "--shell=/usr/sbin/nologin")
        do(machine, "useradd", *account, SERVICE)
        owner = (f"--owner={SERVICE}", f"--group={SERVICE}")
        do(machine, "install", "-d", *owner, "--mode=0700", str(KEYS), str(STATE), str(STATE / "keys"))
        do(machine, "install", "-d", *owner, "--mode=0700", str(self.repository))
        for name, path in self.envelope.items():
            folder = STATE / "keys" if name in SIGNING else KEYS
            do(machine, "install", *owner, "--mode=0600", str(path), str(folder / name))

    def bring_people(self, machine: BareMachine) -> None:
        """Bring the people file: whoever runs this administers it, and the account of the jobs."""
        person = {"name": "Ana Lucía Prueba", "role": "administrator"}
        people = {"people": {SERVICE: person, read_identity().account: person}}
        path = self.home / "machine-people.yml"
        path.write_text(yaml.safe_dump(people, allow_unicode=True))
        do(machine, "install", f"--group={SERVICE}", "--mode=0640", str(path), "/etc/copias/people.yml")


def certify_machines(home: Path, place: world.World, names: Sequence[str]) -> list[Certificate]:
    """Set bare machines up, and one that is lost, twice each.

    Args:
        home: folder of this certificate's own, which every account may pass through.
        place: the help desk and the database server.
        names: of :data:`MACHINES`.

    Raises:
        NotReady: no machine starts here.
        CopyFailed: one of the steps between the playbooks failed.
    """
    town, done = Town(home, place), []
    os.environ.update(place.environment)
    town.write_inventory()
    with town.machine("primera") as machine:
        town.bring_people(machine)
        done.append(_certify_on(machine, SITE, town))
        if REBUILD in names and done[0].status == "successful":
            _keep_state(machine)
    if REBUILD in names:
        # Another machine, with nothing of the first but the secrets.
        with town.machine("segunda") as machine:
            done.append(_certify_on(machine, REBUILD, town))
    return [one for one in done if one.playbook.removesuffix(".yml") in names]


def _keep_state(machine: BareMachine) -> None:
    """Work on the machine as its people do, until its state is in the repository."""
    for order in (("repository", "init", "nas_noches"), ("nightly", "--only", "nas_noches-state")):
        do(machine, "runuser", "-u", SERVICE, "--", PROGRAM, *order)


def _certify_on(machine: BareMachine, name: str, town: Town) -> Certificate:
    done = do(machine, sys.executable, "-m", __name__, name, str(town.inventory), str(town.home / "runner"))
    return Certificate.from_dict(orjson.loads(done))


def do(machine: BareMachine, *command: str) -> bytes:
    """Run a command on a machine, and return what it says.

    Raises:
        CopyFailed: it failed; the message has the end of what it said.
    """
    done = machine.run(*command)
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip()
        raise CopyFailed(f"falló {' '.join(command[:6])}", whose="la máquina de prueba", why=said[-600:])
    return done.stdout


def main(arguments: Sequence[str]) -> int:
    """Run a playbook twice where this process is: on the machine. Print its certificate."""
    name, config, state = arguments
    ground = Ground(config=Path(config), state=make_private_directory(Path(state)))
    done = run_twice(world.PROJECT / "playbooks" / f"{name}.yml", ground, *MACHINES[name])
    sys.stdout.buffer.write(orjson.dumps(done.to_dict()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
