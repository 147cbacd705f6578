"""What the documentation of the modules shows, run as it stands."""

from __future__ import annotations

import pytest
import yaml

from tests.integration.ansible import plays
from tests.integration.ansible.modules import NAMES, load


@pytest.fixture
def examples(modules, tmp_path):
    play = {"name": "Run the examples", "hosts": "control", "gather_facts": False, "tasks": []}
    for name in NAMES:
        play["tasks"] += yaml.safe_load(load(name).EXAMPLES)
    path = tmp_path / "examples.yml"
    path.write_text(yaml.safe_dump([play], allow_unicode=True))
    return path


@pytest.mark.slow
def test_examples_attend_a_case_when_they_are_run_in_order(town, examples):
    played = plays.play(town, playbook=examples)

    assert played.code == 0, played.text
    assert town.state() == "resolved"
