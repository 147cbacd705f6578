"""What restic stored of a folder that it could not read whole is no copy of anything, and does not stay."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from copias.errors import CopyFailed
from copias.night.catalogue import VOIDED
from copias.night.mirrors_view import KEPT
from copias.night.state_copy import StatePlan
from copias.office import Office
from copias.repository.opening import open_repository, prepare_repository
from copias.repository.program import find_restic
from copias.repository.snapshots import list_snapshots
from tests.integration.night.test_mirrors_copy import ANA, Hall


@pytest.fixture
def hall(tmp_path: Path) -> Hall:
    """A hall whose restic says at the end of each backup that it could not read all, as of a disk that fails."""
    hall = Hall(tmp_path)
    prepare_repository(hall.office, "nas")
    hall.add(ANA, 1, 2)
    program = tmp_path / "restic"
    program.write_text(
        f'#!/bin/sh\n{find_restic()} "$@" || exit $?\ncase " $* " in *" backup "*) exit 3 ;; esac\n', encoding="utf-8"
    )
    program.chmod(0o755)
    deployment = hall.office.deployment
    settings = deployment.repositories["nas"].model_copy(update={"restic": program})
    hall.office = Office(deployment.model_copy(update={"repositories": {"nas": settings}}), hall.office.actor)
    return hall


def refuse(hall: Hall, act: t.Callable[[], object]) -> list[dict[str, t.Any]]:
    """Fail, and return what the ledger says is void."""
    with pytest.raises(CopyFailed, match="por completo"):
        act()
    return hall.events(VOIDED)


def test_mirrors_that_were_not_read_whole_leave_no_mail_behind(hall: Hall) -> None:
    (void,) = refuse(hall, hall.night)

    assert void["repository"] == "nas"
    assert hall.events(KEPT) == []
    assert list_snapshots(open_repository(hall.office, "nas")) == ()


def test_state_that_was_not_read_whole_is_never_what_a_rebuilt_machine_gets(hall: Hall) -> None:
    (void,) = refuse(hall, StatePlan(hall.office, "nas").run)

    assert void["copy"].startswith("estado-")
    assert list_snapshots(open_repository(hall.office, "nas")) == ()
