"""Module store_verify by itself: it says what it would read, reads it, and finds it done."""

from __future__ import annotations

import importlib
import json
import sys
import typing as t

import pytest
from ansible.module_utils.testing import patch_module_args

from copias.keeping.verifying import CHECKED
from copias_sandbox.world import PROJECT
from tests.integration.keeping.conftest import Place


@pytest.fixture
def verify(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> t.Callable[..., dict[str, t.Any]]:
    """The module, run in this process as Ansible would in one of its own."""
    monkeypatch.setattr(sys, "path", [*sys.path, str(PROJECT / "collections")])
    module = importlib.import_module("ansible_collections.funza.copias.plugins.modules.store_verify")

    def run(*, check: bool = False) -> dict[str, t.Any]:
        arguments = {"config": str(place.config), "everything": True, "_ansible_check_mode": check}
        with patch_module_args(arguments), pytest.raises(SystemExit):
            module.main()
        return json.loads(capsys.readouterr().out)

    return run


def test_module_says_what_it_would_read_reads_it_and_finds_it_done(
    place: Place, verify: t.Callable[..., dict[str, t.Any]]
) -> None:
    looked = verify(check=True)
    before = place.events(CHECKED)
    done = verify()
    again = verify()

    assert (looked["changed"], looked["due"], before) == (True, [place.copy.copy_id], [])
    assert (done["changed"], done["verified"]["good"]) == (True, [place.copy.copy_id]), done
    assert looked["diff"] == done["diff"]
    assert (again["changed"], again["due"]) == (False, [])


def test_module_warns_of_an_altered_copy_and_does_not_fail(
    place: Place, verify: t.Callable[..., dict[str, t.Any]]
) -> None:
    name = place.copy.copy_id
    (place.old / place.copy.package).unlink()

    done = verify()

    assert not done.get("failed"), done
    assert name in json.dumps(done["warnings"])
    assert list(done["verified"]["altered"]) == [name]
