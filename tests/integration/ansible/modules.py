"""The modules of the collection, run one by one."""

from __future__ import annotations

import importlib
import json
from dataclasses import dataclass
from typing import Any

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args

from tests.e2e.town import CASE, Town

STEPS = ("case_claim", "database_dump", "package_store", "database_verify", "case_close")
"""The modules that change something, in the order of a case."""
NAMES = ("case_info", *STEPS)


@dataclass(frozen=True)
class Modules:
    """Runs modules on the present installation."""

    town: Town
    capsys: pytest.CaptureFixture[str]

    def run(self, name: str, *, case: str = CASE, check: bool = False, **options: Any) -> dict[str, Any]:
        """Run a module and return its result, which is a failure when it has ``failed``.

        A module that is of no case is given ``options`` instead.
        """
        given = options or {"case": case}
        arguments = {"config": str(self.town.config), **given, "_ansible_check_mode": check}
        module = load(name)
        self.capsys.readouterr()
        with patch_module_args(arguments), pytest.raises(SystemExit):
            module.main()
        return json.loads(self.capsys.readouterr().out)

    def do(self, *names: str) -> None:
        """Run modules that are expected to change something."""
        for name in names:
            result = self.run(name)
            assert result.get("changed"), result


def load(name: str) -> Any:
    """Return a module of the collection as Python knows it."""
    return importlib.import_module(f"ansible_collections.funza.copias.plugins.modules.{name}")


def documented(name: str) -> dict[str, Any]:
    """Return what a module says that it returns."""
    return yaml.safe_load(load(name).RETURN)
