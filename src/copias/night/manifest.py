"""The signed manifest of a nightly copy: what it is of, what it holds, where it lies. Without it there is no copy.

It is kept in the copy's folder of the state, and with the state in the repository itself (see
:mod:`copias.night.state_copy`), so that a repository alone tells what its snapshots are.
"""

from __future__ import annotations

import os
import typing as t
from datetime import UTC, datetime

import orjson

from copias import __version__
from copias.errors import Altered
from copias.package.canonical import to_canonical
from copias.package.signing import ALGORITHM, is_signed, load_key, load_trusted, public_path

if t.TYPE_CHECKING:
    from copias.authorisation import Authorisation
    from copias.case.copy_folder import CopyFolder
    from copias.database.contract import DumpRecord
    from copias.night.catalogue import NightCopy
    from copias.office import Office

NAME: t.Final = "night.json"
FORMAT: t.Final = "copias-night-1"


def seal_manifest(
    office: Office, copy: NightCopy, record: DumpRecord, *, leave: Authorisation, repository_id: str
) -> bytes:
    """Return the signed manifest of a copy, as JSON.

    Raises:
        BadConfiguration: the signing key cannot be used.
    """
    procedure = office.deployment.procedure
    content = {
        "format": FORMAT,
        "entity": office.deployment.entity,
        "copy": copy.to_event(),
        "repository_id": repository_id,
        "dump": record.to_dict(),
        "authorisation": {
            "authoriser": leave.authoriser,
            "post": leave.post,
            "document": leave.document,
            "motive": leave.motive,
        },
        "versions": {
            "tool": f"copias {__version__}",
            "procedure": f"{procedure.code} v{procedure.version}",
            "work_instruction": procedure.work_instructions.get("sinfa", ""),
        },
        "agent": office.actor.to_event(),
        "run": os.environ.get("COPIAS_RUN", ""),
        "sealed": datetime.now(UTC).isoformat(timespec="seconds"),
        "previous_ledger_hash": office.book.ledger.head().sha256,
    }
    key = load_key(office.deployment.signing_key)
    signature = {"algorithm": ALGORITHM, "key_id": key.key_id, "value": key.sign(to_canonical(content))}
    return orjson.dumps({"manifest": content, "signature": signature}, option=orjson.OPT_INDENT_2)


def read_manifest(office: Office, folder: CopyFolder) -> dict[str, t.Any]:
    """Return a copy's manifest once its signature is found good.

    Raises:
        Altered: it is missing, or not what this installation signed.
    """
    trusted = load_trusted([public_path(office.deployment.signing_key)])
    try:
        sealed = folder.read(NAME)
        content, signature = sealed["manifest"], sealed["signature"]
        public = trusted[signature["key_id"]]
        good = is_signed(to_canonical(content), signature["value"], public)
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise _not_ours(folder, repr(error)) from error
    if not good:
        raise _not_ours(folder, "la firma no corresponde")
    return dict(content)


def _not_ours(folder: CopyFolder, why: str) -> Altered:
    return Altered(
        "el manifiesto de la copia nocturna no es el que se firmó",
        whose=folder.path.name,
        why=why,
        repair="tráigalo de la copia del estado que hay en el repositorio",
    )
