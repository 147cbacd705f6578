"""A night as cron runs it, without the directory. One that is stopped, or late, is in tests/chaos/faults."""

from __future__ import annotations

import typing as t
from pathlib import Path

import orjson
import pytest
import yaml

from copias.database import Connection
from copias.night.report import FINISHED, STARTED
from tests.integration.night.conftest import DATABASE, Town
from tests.integration.night.test_playbook import call


@pytest.fixture
def alone(town: Town, big_database: Connection) -> Town:
    """An installation whose dump can be caught in the middle, and whose store is prepared."""
    content = yaml.safe_load(town.config.read_text())
    content["directory"] = False
    content["databases"][DATABASE]["database"] = big_database.database
    content["databases"][DATABASE]["user"] = big_database.user
    content["databases"][DATABASE]["password_file"] = str(big_database.password_file)
    Path(content["stores"]["nas"]["path"]).mkdir()
    town.office.open_store("nas").prepare()
    town.config.write_text(yaml.safe_dump(content, allow_unicode=True))
    return town


@pytest.mark.slow
def test_night_without_the_directory_copies_its_databases_and_tells(alone: Town, tmp_path: Path) -> None:
    content = yaml.safe_load(alone.config.read_text())
    content["directory"] = True
    content["mailboxes"] = {"domains": ["example.test"], "administrator": "admin@example.test", "store": "nas"}
    alone.config.write_text(yaml.safe_dump(content, allow_unicode=True))

    done = call(alone, "copias", "nightly", "--json")

    told: dict[str, t.Any] = orjson.loads(done.stdout)
    assert told["databases"][DATABASE]["status"] == "read", done.stdout + done.stderr
    assert told["steps"]["directory"]["outcome"] == "failed"
    assert done.returncode != 0
    assert alone.events().count(STARTED) == alone.events().count(FINISHED) == 1
