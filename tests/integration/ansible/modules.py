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
from tests.integration.ansible.plays import everything

STEPS = ("case_claim", "database_dump", "package_store", "database_verify", "case_close")
"""The modules that change something, in the order of a case."""
NAMES = ("case_info", *STEPS)
OUR_OWN = {"changed", "diff", "invocation"}
"""What every module returns and none documents."""


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

    def prove_idempotence(self, name: str, *, case: str = CASE) -> dict[str, Any]:
        """Foretell, do, foretell and do again: check mode touches nothing, nor does the second time.

        The module that claims a case cannot foretell it a second time. Returns the result of doing it.
        """
        before = everything(self.town)
        predicted = self.run(name, case=case, check=True)
        untouched = everything(self.town)
        done = self.run(name, case=case)
        after = everything(self.town)
        foretold = {"changed": False} if name == "case_claim" else self.run(name, case=case, check=True)
        again = self.run(name, case=case)
        assert predicted["changed"], predicted
        assert done["changed"], done
        assert not foretold["changed"], foretold
        assert not again["changed"], again
        touched = _differing(before, untouched)
        assert not touched, touched
        assert _differing(before, after), done
        changed = _differing(after, everything(self.town))
        assert not changed, changed
        assert predicted["diff"]["before"] == done["diff"]["before"]
        assert predicted["diff"]["before"] != predicted["diff"]["after"]
        assert again["diff"]["before"] == again["diff"]["after"] == done["diff"]["after"]
        return done


def _differing(one: dict[str, Any], other: dict[str, Any]) -> set[str]:
    """Return the names of what is not the same in both."""
    return {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}


def load(name: str) -> Any:
    """Return a module of the collection as Python knows it."""
    return importlib.import_module(f"ansible_collections.funza.copias.plugins.modules.{name}")


def documented(name: str) -> dict[str, Any]:
    """Return what a module says that it returns."""
    return yaml.safe_load(load(name).RETURN)
