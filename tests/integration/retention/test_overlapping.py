"""Two lists that have packages in common: each record tells only of what went by its own list and its approvals."""

from __future__ import annotations

from datetime import date

import orjson
import pytest

from copias.errors import NotReady
from copias.retention.approval import approve_list, list_pending
from copias.retention.destruction import DESTROYED, destroy_list
from tests.integration.retention.test_packages import TODAY, Archive, archive, expired

__all__ = ["archive", "expired"]


def test_list_whose_packages_went_by_another_has_no_record_of_its_own(archive: Archive, expired: list[str]) -> None:
    first = archive.code()
    approve_list(archive.office(), first)
    later = archive.add(date(TODAY.year - 8, 1, 1))
    destroyed = destroy_list(archive.office(), archive.approve_twice())
    assert sorted(destroyed.removed) == sorted([*expired, later])

    with pytest.raises(NotReady, match="con otra lista"):
        destroy_list(archive.office(), first)

    assert len(list(archive.office().book.ledger.events_of({DESTROYED}))) == 1
    assert list_pending(archive.office()) == []


def test_record_leaves_out_what_went_by_another_list(archive: Archive, expired: list[str]) -> None:
    first = archive.approve_twice()
    later = archive.add(date(TODAY.year - 8, 1, 1))
    approve_list(archive.office(), archive.code())
    second = archive.code()
    approve_list(archive.second, second)
    destroy_list(archive.office(), first)

    done = destroy_list(archive.office(), second)

    assert (done.removed, done.left) == ([later], [])
    record = orjson.loads((archive.office().deployment.copies / done.record / "acta.json").read_bytes())["record"]
    assert [one["copy"] for one in record["copies"]] == [later]
    assert (record["left"], record["elsewhere"], record["why"]) == (0, 2, "")
    page = (archive.office().deployment.copies / done.record / "acta.html").read_text(encoding="utf-8")
    assert "2 copias de la lista aprobada ya se habían eliminado con otra lista" in page
    assert destroy_list(archive.office(), second) == done
    assert list_pending(archive.office()) == []


def test_list_that_was_lost_hides_no_other_and_says_so(archive: Archive, expired: list[str]) -> None:
    lost = archive.code()
    approve_list(archive.office(), lost)
    archive.add(date(TODAY.year - 8, 1, 1))
    other = archive.approve_twice()
    (archive.folder / "state" / "retention" / "lists" / f"{lost}.json").unlink()

    first, second = list_pending(archive.office())

    assert (first.code, first.approvals, "no está la lista" in first.missing) == (lost, (), True)
    assert (second.code, second.missing) == (other, "")
