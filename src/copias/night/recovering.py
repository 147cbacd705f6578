"""Rebuild a lost machine's state from a repository: the ledger, the records of all copies, the people, the reports.

It is for an empty machine that was given the deployment's file and the repository's password from the sealed envelope.
The ledger is put in place last, by a rename: until then nothing counts, and after a power cut the command is repeated.

Event of the installation: ``state.recovered`` (``repository``, ``snapshot``, ``head`` of the ledger that it held,
``missing``: what no repository keeps, and a person must bring).
"""

from __future__ import annotations

import shutil
import typing as t
from dataclasses import dataclass

from copias.errors import NotReady
from copias.files import locked, make_private_directory
from copias.ledger import Ledger
from copias.night.state_copy import HOST, TAG
from copias.people import Role, find_actor
from copias.repository.opening import MADE, expected_id, require_id
from copias.repository.repository import Repository
from copias.repository.snapshots import list_snapshots

if t.TYPE_CHECKING:
    from pathlib import Path

    from copias.config import Deployment
    from copias.ledger import Head
    from copias.people import Actor
    from copias.repository.snapshots import Snapshot

RECOVERED: t.Final = "state.recovered"
FOLDERS: t.Final = ("copies", "cases", "reports", "inventories", "retention")


@dataclass(frozen=True)
class Recovery:
    """What was brought back.

    Args:
        repository: where from.
        snapshot: its full id.
        taken: when the lost machine copied its state, in ISO format.
        head: of the ledger, as the snapshot had it.
        missing: what a person must still bring, each a sentence in Spanish.
    """

    repository: str
    snapshot: str
    taken: str
    head: str
    missing: tuple[str, ...]


def recover_state(deployment: Deployment, name: str, *, witness: Head | None = None) -> Recovery:
    """Bring back the newest state that a repository has, proven by its own chain.

    Args:
        deployment: of the machine that is rebuilt.
        name: of the repository.
        witness: a head of the ledger that was kept elsewhere (a summary mail, the sheet); the ledger must contain it.

    Raises:
        NotReady: this machine has a ledger already, the repository is another one, or has no state.
        LedgerBroken: the ledger that came back is not whole, or does not contain the witness.
        NotAllowed: who asks is no administrator by the people file.
    """
    with locked(make_private_directory(deployment.state) / "recover.lock"):
        _require_empty(deployment)
        repository = Repository(name, deployment.repository(name), cache=deployment.state / "repositories" / "cache")
        snapshot = _find_newest(repository)
        staged = deployment.state / "recovering.part"
        shutil.rmtree(staged, ignore_errors=True)
        make_private_directory(staged)
        command = ["restore", f"{snapshot.id}:{snapshot.paths[0]}", f"--target={staged}"]
        repository.run(command, doing="recuperar el estado")
        ledger = Ledger(staged / "ledger.jsonl")
        head = ledger.verify(witness)
        known = expected_id(ledger.events_of({MADE}), name)
        if known is not None:
            require_id(repository, known)
        people = deployment.people if deployment.people.exists() else staged / "people.yml"
        actor = find_actor(people)
        actor.require(Role.ADMINISTRATOR, "recuperar el estado")
        _put_in_place(deployment, staged)
    missing = tuple(list_missing(deployment))
    recovery = Recovery(name, snapshot.id, snapshot.time.isoformat(), str(head), missing)
    _record(deployment, actor, recovery)
    return recovery


def list_missing(deployment: Deployment) -> list[str]:
    """Return what no repository keeps and this machine does not have: keys come from the sealed envelope."""
    files: dict[str, Path | None] = {"la llave que firma los manifiestos": deployment.signing_key}
    files["la llave de Google"] = deployment.google.key_file
    for name, database in deployment.databases.items():
        files[f"la contraseña de {name}"] = database.password_file
    return [f"falta {what}: {path}" for what, path in files.items() if path is not None and not path.is_file()]


def _require_empty(deployment: Deployment) -> None:
    if deployment.ledger.exists() and deployment.ledger.stat().st_size:
        raise NotReady(
            "esta máquina ya tiene una bitácora, y no se reemplaza",
            whose=str(deployment.ledger),
            why="recuperar es para una máquina vacía: se perdería lo anotado después de la copia",
            repair="verifíquela con `copias audit ledger`; si está dañada, apártela con otro nombre y repita",
        )


def _find_newest(repository: Repository) -> Snapshot:
    states = [one for one in list_snapshots(repository) if one.host == HOST and TAG in one.tags and one.paths]
    if not states:
        raise NotReady(
            "el repositorio no tiene ninguna copia del estado",
            whose=repository.name,
            repair="pruebe con otro repositorio de copias.yml",
        )
    return states[-1]


def _put_in_place(deployment: Deployment, staged: Path) -> None:
    """Move what came back to its place, the ledger last; what a run that died had moved already is moved again."""
    for name in FOLDERS:
        if (staged / name).is_dir():
            shutil.rmtree(deployment.state / name, ignore_errors=True)
            (staged / name).rename(deployment.state / name)
    if not deployment.people.exists() and (staged / "people.yml").exists():
        shutil.copyfile(staged / "people.yml", deployment.people)
    (staged / "ledger.jsonl").rename(deployment.ledger)
    shutil.rmtree(staged, ignore_errors=True)


def _record(deployment: Deployment, actor: Actor, recovery: Recovery) -> None:
    facts = {"repository": recovery.repository, "snapshot": recovery.snapshot, "head": recovery.head}
    with Ledger(deployment.ledger).transaction(actor.to_event()) as page:
        page.append(RECOVERED, {**facts, "missing": list(recovery.missing)})
