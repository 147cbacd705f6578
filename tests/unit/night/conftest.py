"""An office whose ledger is written by hand: two databases, a repository, a store, and nothing that is asked."""

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from copias.night.catalogue import MADE, VERIFIED
from copias.office import Office
from tests.deployment import describe_deployment, office_of

LEAVE = {
    "authoriser": "Mariela Ejemplo Rincón",
    "post": "Secretaria General",
    "document": "Resolución 100 de 2026",
    "motive": "Continuidad",
}


def describe(folder: Path, **more: t.Any) -> dict[str, t.Any]:
    """Return what the deployment's file says."""
    database = {
        "engine": "postgresql",
        "host": "sinfa.example",
        "database": "sinfa",
        "user": "copias",
        "department": "Secretaría de Hacienda",
        "record_series": "200-15",
        "repository": "principal",
        "authorisation": LEAVE,
    }
    place = {"kind": "path", "path": str(folder / "r"), "password_file": str(folder / "p")}
    databases = {"hacienda": database, "nomina": database}
    return describe_deployment(folder, **{"repositories": {"principal": place}, "databases": databases, **more})


def open_forged(folder: Path, **more: t.Any) -> Office:
    """Return an office of this account, an administrator."""
    return office_of(describe(folder, **more), folder)


def forge_copy(office: Office, database: str, finished: datetime, *, seconds: float = 60, verified: bool = True) -> str:
    """Write into the ledger that a copy was made, and return its name."""
    name = f"noche-{database}-{finished:%Y%m%dT%H%M%SZ}"
    facts = {"copy": name, "database": database, "repository": "principal", "snapshot": "0" * 64, "bytes": 10}
    facts |= {"path": f"/{database}.dump", "sha256": "0" * 64, "tables": 1, "rows": 1}
    started = finished - timedelta(seconds=seconds)
    office.record(MADE, {**facts, "started": started.isoformat(), "finished": finished.isoformat()})
    if verified:
        office.record(VERIFIED, {"copy": name, "level": "read", "seconds": 1.0})
    return name


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """An office without any copy."""
    return open_forged(tmp_path)
