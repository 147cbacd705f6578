"""A case whose copy no server here could prove is told what can be done about it."""

from __future__ import annotations

import pytest

from copias.sinfa.kind import say_how_to_prove


@pytest.mark.parametrize(
    ("engine", "version", "advice"),
    [
        ("postgresql", "16.3", "instale esa versión"),
        ("mariadb", "11.4.2-MariaDB", "instale esa versión"),
        ("mysql", "8.0.36", "copia nocturna"),
        ("mariadb", "5.7.44", "copia nocturna"),
    ],
    ids=["postgresql", "newer-mariadb", "mysql", "mysql-called-mariadb"],
)
def test_nobody_is_told_to_install_what_would_not_help(engine: str, version: str, advice: str) -> None:
    assert advice in say_how_to_prove(engine, version)
