"""Playbooks run twice in an installation of their own: ``python -m copias_sandbox.certify [PLAYBOOK]...``.

What the second run of each changed is printed as JSON; :mod:`copias.evidence.idempotence` records it. Everything lies
in one temporary folder, which goes at the end.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import typing as t
from pathlib import Path

import orjson
import yaml

from copias.evidence.idempotence import Ground, run_twice
from copias.files import make_private_directory
from copias_sandbox import world
from copias_sandbox.seed import cases
from copias_sandbox.seed.people import demo_requester

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from copias.evidence.idempotence import Certificate

ARGUMENTS: t.Final[dict[str, tuple[str, ...]]] = {
    "attend_case": ("-e", f"case={cases.DEMO_CASE}"),
    "nightly": (),
    "drill": (),
    "retention": (),
    "mirror": (),
    "reconcile": (),
    "audit": (),
}
"""Playbooks that can be run here, in this order. ``restore`` needs a decision of a person, ``site`` is root's."""
REPOSITORY: t.Final = "nas_noches"
NIGHTS: t.Final = frozenset({"nightly", "drill", "retention"})
"""Playbooks that work with its copies."""
MEGABYTES: t.Final = 1


def main(arguments: Sequence[str]) -> int:
    """Certify the playbooks that are named, or all; return the exit code."""
    strange = [name for name in arguments if name not in ARGUMENTS]
    if strange:
        sys.stderr.write(f"en el entorno de prueba se certifican: {', '.join(ARGUMENTS)}\n")
        return 2
    home = Path(tempfile.mkdtemp(prefix="copias-idempotencia-"))
    home.chmod(0o711)  # the database server is another account when we are root
    try:
        done = certify(home, [name for name in ARGUMENTS if not arguments or name in arguments])
    finally:
        world.stop(home)
        shutil.rmtree(home, ignore_errors=True)
    sys.stdout.buffer.write(orjson.dumps([one.to_dict() for one in done]))
    return 0


def certify(home: Path, names: Sequence[str]) -> list[Certificate]:
    """Start an installation in a folder and run playbooks twice in it."""
    place = world.start(home, cases=20, megabytes=MEGABYTES)
    config = _write_config(home)
    environment = {**place.environment, "COPIAS_CONFIG": str(config)}
    if not NIGHTS.isdisjoint(names):
        _make_repository({**world.environment_of(place), **environment})
    ground = Ground(config=config, state=make_private_directory(home / "runner"), environment=environment)
    return [run_twice(world.PROJECT / "playbooks" / f"{name}.yml", ground, *ARGUMENTS[name]) for name in names]


def _make_repository(environment: dict[str, str]) -> None:
    program = Path(sys.executable).with_name("copias")
    command = [str(program), "repository", "init", REPOSITORY]
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)


def _write_config(home: Path) -> Path:
    """Write the sandbox's deployment with one mailbox that an act orders to be mirrored."""
    content = yaml.safe_load(world.CONFIG.read_text())
    account = demo_requester().email
    content["account_filter"] = f"email={account}"
    content["mailboxes"]["standing"] = {
        "authoriser": "Mariela Ejemplo Rincón",
        "post": "Secretaria General",
        "document": "Resolución 100 de 2026",
        "motive": "Certificado de idempotencia",
        "until": "2099-12-31",
        "accounts": [account],
    }
    config = make_private_directory(home / "inventory") / "copias.yml"
    config.write_text(yaml.safe_dump(content, allow_unicode=True))
    return config


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
