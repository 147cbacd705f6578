"""Where the installed command fixes the deployment, who calls it by sudo cannot bring another one."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from copias.cli.app import app


@pytest.mark.parametrize("verb", ["cases", "poll", "audit ledger", "repository recover-state nas"])
def test_another_deployment_is_refused_where_one_is_fixed(tmp_path: Path, verb: str) -> None:
    fixed = {"COPIAS_FIXED": "1", "COPIAS_CONFIG": str(tmp_path / "copias.yml")}

    told = CliRunner().invoke(app, [*verb.split(), "--config", str(tmp_path / "otro.yml")], env=fixed)

    assert told.exit_code == 2
    assert "otro.yml" not in told.output


def test_fixed_deployment_itself_is_read(tmp_path: Path) -> None:
    fixed = {"COPIAS_FIXED": "1", "COPIAS_CONFIG": str(tmp_path / "copias.yml")}

    told = CliRunner().invoke(app, ["cases"], env=fixed)

    assert "no se pudo leer la configuración" in told.output
