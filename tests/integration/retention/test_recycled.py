"""A NAS whose recycle bin keeps what is removed: nothing is called destroyed until the bin is empty."""

from __future__ import annotations

import shutil
import typing as t
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from copias.errors import CopyFailed
from copias.office import Office
from copias.package.signing import generate_key
from copias.retention.destruction import REMOVED, destroy_list
from tests.integration.retention.test_packages import TODAY, Archive
from tests.integration.store.nas import Nas


class OnNas(Archive):
    """The same, with its packages on an emulated QNAP."""

    nas: Nas

    def office(self, *arguments: t.Any, **options: t.Any) -> Office:
        """Return an office whose store lies on the NAS."""
        made = super().office(*arguments, **options)
        stores = {"nas": self.nas.settings(least_free=0)}
        return Office(made.deployment.model_copy(update={"stores": stores}), made.actor)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[OnNas]:
    """Two packages of long ago and one of now, on a NAS."""
    archive = OnNas(tmp_path)
    archive.nas = Nas(tmp_path / "qnap")
    key = archive.office().deployment.signing_key
    key.parent.mkdir(parents=True, mode=0o700)
    generate_key(key)
    archive.office().open_store("nas").prepare()
    for years in (7, 6, 0):
        archive.add(TODAY - timedelta(days=366 * years))
    yield archive
    archive.nas.server.close()


def test_what_lies_in_the_recycle_bin_is_not_called_destroyed(archive: OnNas) -> None:
    archive.nas.quirks.recycle_bin = True
    code = archive.approve_twice()

    with pytest.raises(CopyFailed, match="papelera"):
        destroy_list(archive.office(), code[:12])

    office = archive.office()
    assert list(office.book.ledger.events_of({REMOVED})) == []
    shutil.rmtree(archive.nas.shares / "Copias" / "@Recycle")
    archive.nas.quirks.recycle_bin = False

    done = destroy_list(archive.office(), code[:12])

    assert len(done.removed) == 2
    assert done.left == []
