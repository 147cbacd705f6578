"""Playbooks run twice in an installation of their own: ``python -m copias_sandbox.certify [PLAYBOOK]...``.

What the second run of each changed is printed as JSON; :mod:`copias.evidence.idempotence` records it. Everything lies
in one temporary folder, which goes at the end. Without names all are certified, and one that needs what this machine
does not give is told, and why.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import typing as t
from pathlib import Path

import orjson
import yaml

from copias.errors import BackupError, NotReady
from copias.evidence.idempotence import LEFT_OUT, Certificate, Ground, run_twice
from copias.files import make_private_directory
from copias.office import open_office
from copias.sinfa.recovery import draft_recovery
from copias_sandbox import control, world
from copias_sandbox.certify_machine import MACHINES, certify_machines
from copias_sandbox.seed import cases
from copias_sandbox.seed.people import demo_requester

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CASE: t.Final = str(cases.DEMO_CASE)
RECOVERY: t.Final = str(cases.MAILBOX_CASE)
"""A case of the sheet that is taken for one that asks for the database back."""
ARGUMENTS: t.Final[Mapping[str, tuple[str, ...]]] = {
    "attend_case": ("-e", f"case={CASE}"),
    "restore": ("-e", f"case={RECOVERY}"),
    "nightly": (),
    "drill": (),
    "retention": (),
    "mirror": (),
    "reconcile": (),
    "audit": (),
}
"""Playbooks of an installation that any account may run, in this order, and what each is called with."""
ALL: t.Final = (*ARGUMENTS, *MACHINES)
REPOSITORY: t.Final = "nas_noches"
NIGHTS: t.Final = frozenset({"nightly", "drill", "retention"})
"""Playbooks that work with its copies."""
MEGABYTES: t.Final = 1
SEEDED: t.Final = "seeded"


def main(arguments: Sequence[str]) -> int:
    """Certify the playbooks that are named, or all; return the exit code."""
    strange = [name for name in arguments if name not in ALL]
    if strange:
        sys.stderr.write(f"en el entorno de prueba se certifican: {', '.join(ALL)}\n")
        return 2
    home = Path(tempfile.mkdtemp(prefix="copias-idempotencia-"))
    home.chmod(0o711)  # the database server is another account when we are root
    try:
        done = certify(home, arguments)
    except BackupError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    finally:
        world.stop(home)
        shutil.rmtree(home, ignore_errors=True)
    sys.stdout.buffer.write(orjson.dumps([one.to_dict() for one in done]))
    return 0


def certify(home: Path, names: Sequence[str]) -> list[Certificate]:
    """Start an installation in a folder and run playbooks twice in it.

    Args:
        home: a folder of its own.
        names: of :data:`ALL`; all when empty.

    Raises:
        NotReady: one that was named needs root, which we are not.
    """
    place = world.start(home, cases=20, megabytes=MEGABYTES)
    control.admin(home / "google").snapshot(SEEDED)
    os.environ.update(place.environment)
    config = _write_config(home, place)
    os.environ["COPIAS_CONFIG"] = str(config)
    wanted = [name for name in ARGUMENTS if not names or name in names]
    if not NIGHTS.isdisjoint(wanted):
        _copias("repository", "init", REPOSITORY)
    ground = Ground(config=config, state=make_private_directory(home / "runner"))
    done = []
    for name in wanted:
        if name == "restore":
            _order_recovery(config)
        done.append(run_twice(world.PROJECT / "playbooks" / f"{name}.yml", ground, *ARGUMENTS[name]))
    return [*done, *_certify_machines(home, place, names)]


def _certify_machines(home: Path, place: world.World, names: Sequence[str]) -> list[Certificate]:
    """Certify the playbooks of a whole machine; leave them out where none was named and none can be run."""
    wanted = [name for name in MACHINES if not names or name in names]
    # In the sheet are witnesses of the other installation's ledger, which that of a machine cannot have.
    control.admin(home / "google").restore(SEEDED)
    try:
        return certify_machines(home, place, wanted) if wanted else []
    except NotReady as error:
        if names:
            raise
        return [Certificate(f"{name}.yml", way="again", status=LEFT_OUT, why=str(error)) for name in wanted]


def _order_recovery(config: Path) -> None:
    """Copy the database by a case, and decide in another, as people do, that it comes back beside the one in use."""
    leave = ("--name", "Mariela Ejemplo", "--post", "Secretaria", "--document", "Oficio 9", "--motive", "Certificado")
    _copias("run", CASE, "--yes")
    _copias("classify", RECOVERY, "--kind", "recovery", "--subject", "hacienda")
    _copias("authorise", RECOVERY, *leave)
    copy = f"sinfa-hacienda-{CASE}"
    draft_recovery(
        open_office(config), RECOVERY, copy_id=copy, to="hacienda_certificado", motive="Certificado"
    ).record()


def _copias(*order: str) -> None:
    """Give an order, and end when it fails, with what it says on standard error."""
    program = Path(sys.executable).with_name("copias")
    subprocess.run([program, *order], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)


def _write_config(home: Path, place: world.World) -> Path:
    """Write the sandbox's deployment with a mailbox that an act orders to be mirrored, and a server to restore on."""
    content = yaml.safe_load(world.CONFIG.read_text())
    account, server = demo_requester().email, place.sinfa.administrator
    content["account_filter"] = f"email={account}"
    content["mailboxes"]["standing"] = {
        "authoriser": "Mariela Ejemplo Rincón",
        "post": "Secretaria General",
        "document": "Resolución 100 de 2026",
        "motive": "Certificado de idempotencia",
        "until": "2099-12-31",
        "accounts": [account],
    }
    content["databases"]["hacienda"]["restore"] = {
        "host": server.host,
        "port": server.port,
        "user": server.user,
        "password_file": str(server.password_file),
    }
    config = make_private_directory(home / "inventory") / "copias.yml"
    config.write_text(yaml.safe_dump(content, allow_unicode=True))
    return config


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
