"""A delivered copy is called no more than what was seen of it."""

from __future__ import annotations

from typing import Any

import pytest

from copias.package import DeliveredFacts, LoadFacts, ProofLevel
from copias.provider.proving import find_level

HASH = "ab" * 32


def delivered(**facts: Any) -> DeliveredFacts:
    plain: dict[str, Any] = {
        "provider": "Nube Sur S.A.S.",
        "contract": "CPS-012-2026",
        "name": "copia",
        "bytes": 9,
        "sha256": HASH,
        "checksum": "",
        "format": "mssql_bak",
        "words": "respaldo de SQL Server (.bak)",
        "engine": "sqlserver",
        "version": "",
        "layers": (),
        "dump": "",
        "dump_bytes": 9,
        "dump_sha256": HASH,
        "scan": "off",
        "load": LoadFacts(loaded=False, text="no hay servidor"),
    }
    return DeliveredFacts.model_validate({**plain, **facts})


@pytest.mark.parametrize("known", ["mssql_bak", "oracle_exp", "oracle_datapump", "pg_custom", "gbak"])
def test_file_that_could_be_cut_without_a_trace_is_not_called_whole(known: str) -> None:
    level = find_level(delivered(format=known))

    assert level is ProofLevel.RECEIVED
    assert "íntegra" not in level.text


@pytest.mark.parametrize(
    "facts",
    [{"checksum": "sha256"}, {"layers": ("zip",)}, {"format": "mariadb_sql"}, {"format": "pg_sql"}],
    ids=["checksum", "archive", "mariadb's last line", "postgresql's last line"],
)
def test_file_that_something_shows_to_be_whole_is_called_so(facts: dict[str, Any]) -> None:
    assert find_level(delivered(**facts)) is ProofLevel.INTACT


def test_what_was_loaded_is_called_loaded() -> None:
    load = LoadFacts(loaded=True, text="cargada")

    assert find_level(delivered(format="gbak", load=load)) is ProofLevel.LOADED
