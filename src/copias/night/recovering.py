"""Rebuild a lost machine's state from a repository: the ledger, the records of all copies, the people, the reports.

It is for an empty machine that was given the deployment's file and the repository's password from the sealed envelope.
The ledger is put in place last, by a rename: until then nothing counts, and after a power cut the command is repeated.
What such a machine still had of its records, as one whose ledger was damaged, is set aside and never removed.

Event of the installation: ``state.recovered`` (``repository``, ``snapshot``, ``head`` of the ledger that it held,
``missing``: what no repository keeps, and a person must bring).
"""

from __future__ import annotations

import itertools
import shutil
import typing as t
from dataclasses import dataclass
from datetime import UTC

from copias.case.evidence import MANIFEST
from copias.errors import Altered, CopyFailed, NotReady
from copias.files import locked, make_private_directory
from copias.ledger import Ledger
from copias.ledger.witnesses import Witness, gather_witnesses
from copias.night.catalogue import EVENTS, list_night_copies
from copias.night.loss import find_loss, record_loss, require_consent
from copias.night.manifest import NAME as NIGHT_MANIFEST
from copias.night.state_copy import HOST, TAG
from copias.office import Office
from copias.package import public_path
from copias.people import Role, find_actor
from copias.repository.opening import MADE, expected_id, require_id
from copias.repository.pulling import pull_lost
from copias.repository.repository import Repository
from copias.repository.snapshots import list_snapshots
from copias.retention.packages import EVENTS as PACKAGE_EVENTS
from copias.retention.packages import read_packages

if t.TYPE_CHECKING:
    from pathlib import Path

    from copias.config import Deployment
    from copias.errors import BackupError
    from copias.ledger import Head
    from copias.ledger.witnesses import Gathered
    from copias.night.loss import Loss
    from copias.repository.snapshots import Snapshot

RECOVERED: t.Final = "state.recovered"
FOLDERS: t.Final = ("copies", "cases", "reports", "inventories", "retention", "recoveries")
PEOPLE: t.Final = "people.yml"
SECRETS: t.Final = {"password_file": "la contraseña", "identity_file": "la llave SSH", "url_file": "la dirección"}
"""Options of stores and repositories that name a file of a secret, with what it is."""
NAMED: t.Final = 20
"""Copies that a sentence names."""


@dataclass(frozen=True)
class Recovery:
    """What was brought back.

    Args:
        repository: where from.
        snapshot: its full id.
        taken: when the lost machine copied its state, in ISO format.
        head: of the ledger, as the snapshot had it.
        missing: what a person must still bring, each a sentence in Spanish.
        lost: events that came after the copy of the state, in Spanish; empty when none is known of.
        unasked: places that keep heads of the ledger and did not answer, in Spanish: what they keep was not compared.
    """

    repository: str
    snapshot: str
    taken: str
    head: str
    missing: tuple[str, ...]
    lost: str = ""
    unasked: tuple[str, ...] = ()


def recover_state(deployment: Deployment, name: str, *, witness: Head | None = None, accept_loss: str = "") -> Recovery:
    """Bring back the newest state that a repository has, proven by its own chain and by the heads kept outside.

    A mirrored repository whose folder was lost too is brought back from its store first, and can be written to again.

    Args:
        deployment: of the machine that is rebuilt.
        name: of the repository.
        witness: a head of the ledger that was kept elsewhere (a summary mail, the sheet), beside those that are found.
        accept_loss: why the events that came after the copy are given up; see :mod:`copias.night.loss`.

    Raises:
        NotReady: this machine has a ledger already, the repository is another one, or has no state; or events are
            lost and nobody accepted that.
        LedgerBroken: the ledger that came back is not whole, or lacks a head that it should contain.
        NotAllowed: who asks is no administrator by the people file.
        StoreFull, StoreUnavailable: a mirror did not come whole; the next run goes on.
    """
    with locked(make_private_directory(deployment.state) / "recover.lock"):
        _require_empty(deployment)
        spoilt = pull_lost(deployment, name).spoilt
        repository = Repository(name, deployment.repository(name), cache=deployment.state / "repositories" / "cache")
        snapshot = _find_newest(repository)
        office = _open_staged(deployment, repository, snapshot)
        head = office.book.ledger.verify()
        known = expected_id(office.book.ledger.events_of({MADE}), name)
        if known is not None:
            require_id(repository, known)
        gathered = _ask_outside(office, witness)
        loss = find_loss(office.book.ledger, gathered.witnesses, after=head.count)
        if not accept_loss.strip():
            require_consent(loss, taken=f"{snapshot.time.astimezone(UTC):%d/%m/%Y %H:%M} UTC")
        replaced = _put_in_place(deployment, office.deployment.state)
    missing = (*list_missing(deployment), *_list_lost_manifests(deployment), *map(_say_replaced, replaced))
    missing += tuple(f"el espejo de {name} tiene un archivo dañado, que no se trajo: {one}" for one in spoilt)
    lost, unasked = str(loss) if loss.witnesses else "", tuple(map(str, gathered.troubles))
    taken = snapshot.time.astimezone(UTC).isoformat()
    recovery = Recovery(name, snapshot.id, taken, str(head), missing, lost, unasked)
    _record(Office(deployment, office.actor), recovery, loss, accept_loss.strip())
    return recovery


def list_missing(deployment: Deployment) -> list[str]:
    """Return what no repository keeps and this machine does not have: keys come from the sealed envelope."""
    files: dict[str, Path | None] = {"la llave que firma los manifiestos": deployment.signing_key}
    files["la mitad pública de esa llave"] = public_path(deployment.signing_key)
    files["la llave de Google"] = deployment.google.key_file
    for name, database in deployment.databases.items():
        files[f"la contraseña de {name}"] = database.password_file
    for name, place in (*deployment.stores.items(), *deployment.repositories.items()):
        for option, what in SECRETS.items():
            files[f"{what} de {name}"] = getattr(place, option, None)
    missing = [f"falta {what}: {path}" for what, path in files.items() if path is not None and not path.is_file()]
    if not deployment.people.exists():
        missing.append(f"falta {deployment.people}: póngalo ahí desde {deployment.state / PEOPLE}")
    return missing


def _open_staged(deployment: Deployment, repository: Repository, snapshot: Snapshot) -> Office:
    """Bring a state to a folder beside, and return the office that works with it; for an administrator only."""
    staged = deployment.state / "recovering.part"
    shutil.rmtree(staged, ignore_errors=True)
    make_private_directory(staged)
    command = ["restore", f"{snapshot.id}:{snapshot.paths[0]}", f"--target={staged}"]
    try:
        repository.run(command, doing="recuperar el estado")
    except (Altered, CopyFailed) as error:
        raise _say_unreadable(error, snapshot) from error
    actor = find_actor(deployment.people if deployment.people.exists() else staged / PEOPLE)
    actor.require(Role.ADMINISTRATOR, "recuperar el estado")
    return Office(deployment.model_copy(update={"state": staged}), actor)


def _say_unreadable(error: BackupError, snapshot: Snapshot) -> BackupError:
    """Return what to do of a state that is damaged: an older one is never taken without a person's saying so."""
    repair = (
        "pruebe con otro repositorio de copias.yml; si no hay, guarde aparte una copia de este, quite de él esa copia "
        f"del estado con `restic forget {snapshot.id[:12]}`, y repita: viene la anterior, y se dice lo que falte"
    )
    what = f"la copia del estado del {snapshot.time.astimezone(UTC):%d/%m/%Y %H:%M} UTC no se puede leer"
    return type(error)(what, whose=error.whose, why=error.why, repair=repair)


def _ask_outside(office: Office, witness: Head | None) -> Gathered:
    gathered = gather_witnesses(office)
    if witness is not None:
        gathered.witnesses.append(Witness(witness.count, witness.sha256, "el testigo dado"))
    return gathered


def _list_lost_manifests(deployment: Deployment) -> list[str]:
    """Return what to say of the copies that the ledger names and whose signed manifest did not come back."""
    ledger = Ledger(deployment.ledger)
    wanted = [(copy.copy, NIGHT_MANIFEST) for copy in list_night_copies(ledger.events_of(EVENTS))]
    wanted += [(package.copy, MANIFEST) for package in read_packages(ledger.data_of(PACKAGE_EVENTS))]
    lost = [copy for copy, name in wanted if not (deployment.copies / copy / name).is_file()]
    if not lost:
        return []
    named = ", ".join(lost[:NAMED]) + (", …" if len(lost) > NAMED else "")
    return [f"falta el manifiesto de {len(lost)} copias, búsquelo en una copia del estado más antigua: {named}"]


def _say_replaced(folder: Path) -> str:
    return f"lo que había en esta máquina quedó en {folder}: mire si tiene registros más nuevos, y no lo borre antes"


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


def _put_in_place(deployment: Deployment, staged: Path) -> list[Path]:
    """Move what came back to its place, the ledger last, and return where what was there before is now."""
    replaced: list[Path] = []
    for name in FOLDERS:
        place = deployment.state / name
        if (staged / name).is_dir():
            replaced += [_set_aside(place)] if place.is_dir() and any(place.iterdir()) else []
            shutil.rmtree(place, ignore_errors=True)
            (staged / name).rename(place)
    if not deployment.people.exists() and (staged / PEOPLE).exists():
        _place_people(staged / PEOPLE, deployment)
    (staged / "ledger.jsonl").rename(deployment.ledger)
    shutil.rmtree(staged, ignore_errors=True)
    return replaced


def _set_aside(folder: Path) -> Path:
    """Move a folder to a name that none has, and return it."""
    aside = make_private_directory(folder.parent / "replaced")
    free = next(path for count in itertools.count(1) if not (path := aside / f"{folder.name}-{count}").exists())
    return folder.rename(free)


def _place_people(came: Path, deployment: Deployment) -> None:
    """Put the people file in its place; where this account may not write there, beside, for one that may."""
    try:
        shutil.copyfile(came, deployment.people)
    except OSError:
        shutil.copyfile(came, deployment.state / PEOPLE)


def _record(office: Office, recovery: Recovery, loss: Loss, reason: str) -> None:
    facts = {"repository": recovery.repository, "snapshot": recovery.snapshot, "head": recovery.head}
    office.record(RECOVERED, {**facts, "missing": list(recovery.missing)})
    record_loss(office, loss, reason=reason)
