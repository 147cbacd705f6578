"""Module outbox_deliver by itself: what it says that it would deliver is what it delivers, letters of no case too."""

from __future__ import annotations

import importlib
import json
import sys
import typing as t

import pytest
from ansible.module_utils.testing import patch_module_args

from copias.letters import Draft, list_waiting_letters, queue_letter
from copias_sandbox.world import PROJECT
from tests.integration.case.conftest import ADMINISTRATOR, Desk

Deliver: t.TypeAlias = t.Callable[..., dict[str, t.Any]]


@pytest.fixture
def deliver(desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Deliver:
    """The module, run in this process as Ansible would in one of its own."""
    monkeypatch.setattr(sys, "path", [*sys.path, str(PROJECT / "collections")])
    module = importlib.import_module("ansible_collections.funza.copias.plugins.modules.outbox_deliver")

    def run(*, check: bool = False) -> dict[str, t.Any]:
        arguments = {"config": str(desk.config), "_ansible_check_mode": check}
        with patch_module_args(arguments), pytest.raises(SystemExit):
            module.main()
        return json.loads(capsys.readouterr().out)

    return run


def test_letter_of_no_case_is_predicted_delivered_and_then_nothing_is_left(desk: Desk, deliver: Deliver) -> None:
    queue_letter(desk.office, "alarma-disco", Draft("[copias] Alarma", "Está casi lleno.\n"), to=[ADMINISTRATOR])
    (key,) = list_waiting_letters(desk.office)

    predicted = deliver(check=True)
    untouched = desk.mails(ADMINISTRATOR)
    done, again = deliver(), deliver()

    assert (predicted["changed"], untouched, len(desk.mails(ADMINISTRATOR))) == (True, [], 1)
    assert (done["changed"], done["delivered"], done["cases"]) == (True, 1, [])
    assert done["diff"] == predicted["diff"] == {"before": f"{key}\n", "after": ""}
    assert (again["changed"], again["diff"]["before"]) == (False, "")
