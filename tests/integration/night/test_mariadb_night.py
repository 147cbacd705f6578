"""A night of a MariaDB database: the same steps, and a proof from what the repository gives back."""

from __future__ import annotations

import tempfile
from pathlib import Path

from copias.case.copy_folder import CopyFolder
from copias.database import driver_for, verify
from copias.night.catalogue import list_night_copies
from copias.progress import ignore
from copias.repository.fetching import fetch_dump
from copias.sinfa.records import read_dump
from copias_sandbox import sinfa_mariadb
from tests.integration.night.conftest import make_town


def test_night_of_mariadb_is_kept_and_proved(tmp_path: Path, new_repository: tuple[Path, str]) -> None:
    with tempfile.TemporaryDirectory(prefix="copias-noche-") as home:
        Path(home).chmod(0o755)
        with sinfa_mariadb.serve(Path(home) / "sinfa", megabytes=1) as server:
            town = make_town(tmp_path, server.reader)
            town.change(engine="mariadb")
            town.take_repository(*new_repository)
            town.night()

    (copy,) = list_night_copies(town.office.book.ledger.events())
    record = read_dump(CopyFolder(town.office.deployment, copy.copy))
    fetch_dump(town.office, copy, tmp_path / "dump", report=ignore)
    proof = verify(driver_for(record.engine, server.reader), tmp_path / "dump", record)

    assert copy.status == "read"
    assert record.engine == "mariadb"
    assert proof.equal, proof.differences
    assert len(proof.tables) == 14
