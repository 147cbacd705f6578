"""An office with a proven copy on its store, and a second store that may take its place."""

from __future__ import annotations

import shutil
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from copias.case.catalogue import CataloguedCopy, list_copies
from copias.keeping.files import name_files
from copias.office import Office, open_office
from copias.retention.destruction import REMOVED
from copias_sandbox import control
from tests.integration.case.conftest import make_office
from tests.integration.recovery.conftest import MARTA, copy_mailbox


@dataclass
class Place:
    """An office, and the folders of its two stores."""

    office: Office
    config: Path

    @property
    def old(self) -> Path:
        return self.config.parent.parent / "nas"

    @property
    def new(self) -> Path:
        return self.config.parent.parent / "nas-nueva"

    @property
    def copy(self) -> CataloguedCopy:
        (copy,) = list_copies(self.office)
        return copy

    def events(self, name: str) -> list[dict[str, t.Any]]:
        return [event.data for event in self.office.book.ledger.events() if event.event == name]

    def destroy(self, copy: CataloguedCopy) -> None:
        """Let a copy be gone from its store and from the ledger, as one whose time was over."""
        (record,) = (one for one in self.office.book.story(copy.case).copies if one.copy_id == copy.copy_id)
        store = self.office.open_store(record.store)
        for name in name_files(self.office, record):
            store.remove(name)
        self.office.book.record(copy.case, REMOVED, {"copy": copy.copy_id, "why": "de prueba"})

    def use(self, store: str) -> None:
        """Send what is copied from now on to a store, as an administrator does in copias.yml."""
        self.configure(mailboxes={"store": store})

    def configure(self, **changes: dict[str, t.Any]) -> None:
        """Change keys of copias.yml, each by what is added to it."""
        content = yaml.safe_load(self.config.read_text(encoding="utf-8"))
        for key, change in changes.items():
            content[key] = {**content[key], **change}
        self.config.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
        self.office = open_office(self.config)


@pytest.fixture(scope="session")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an office that has copied a mailbox; tests work on copies of it."""
    folder, home = tmp_path_factory.mktemp("office"), tmp_path_factory.mktemp("sandbox")
    running = control.start(home, cases=300)
    control.admin(home).mailbox(MARTA, count=12, mean_bytes=3000, seed=3)
    copy_mailbox(make_office(running, folder / "place" / "inventory" / "copias.yml", notices=None))
    control.stop(home)
    return folder / "place"


@pytest.fixture
def place(copied: Path, tmp_path: Path) -> Place:
    """An office of a town whose help desk does not even answer: what is kept does not need it."""
    shutil.copytree(copied, tmp_path / "place", symlinks=True)
    config = tmp_path / "place" / "inventory" / "copias.yml"
    text = config.read_text(encoding="utf-8").replace(str(copied), str(tmp_path / "place"))
    config.write_text(text, encoding="utf-8")
    place = Place(open_office(config), config)
    place.configure(stores={"nueva": {"kind": "folder", "path": str(place.new), "least_free": 0}})
    place.office.open_store("nueva").prepare()
    return place
